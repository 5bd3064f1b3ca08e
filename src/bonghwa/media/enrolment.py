"""The keys by which hub and gateway know each other: one Ed25519 pair each, enrolled by hand."""

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from bonghwa.media.sources import folder, write_private


class NotEnrolled(ValueError):
    """A key of the enrolment is missing or unreadable; the text names the file and what mends it."""


def proof_text(side: str, gateway: str, boot: str, gateway_nonce: str, hub_nonce: str) -> bytes:
    """What `side` ("hub" or "gateway") signs; the nonces as they stand in the messages."""
    return f"bonghwa-control-v1 {side}\n".encode() + "\n".join([gateway, boot, gateway_nonce, hub_nonce]).encode()


@dataclass(frozen=True)
class Identity:
    """Who this gateway is to its hub."""

    name: str
    url: str
    hub_url: str
    key: Ed25519PrivateKey = field(repr=False)
    hub: Ed25519PublicKey = field(repr=False)


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64url(text: str) -> bytes:
    """The bytes of `b64url`. Raises `ValueError`."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error


def enrol(data_dir: Path, name: str) -> str:
    """Make the gateway's key if it has none; give its public half (b64url, 32 bytes) for the hub to enrol."""
    place = folder(data_dir, name)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = place / "enrol.key"
    if not path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(path, pem)
    return b64url(own_key(data_dir, name).public_key().public_bytes_raw())


def own_key(data_dir: Path, name: str) -> Ed25519PrivateKey:
    """The gateway's private key. Raises `NotEnrolled`."""
    try:
        key = load_pem_private_key((folder(data_dir, name) / "enrol.key").read_bytes(), None)
    except FileNotFoundError:
        raise NotEnrolled(f"enrol.key: missing; run `bonghwa gateway enrol --name {name}`") from None
    except (ValueError, TypeError):
        raise NotEnrolled("enrol.key: not a PKCS8 PEM key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise NotEnrolled("enrol.key: not an Ed25519 key")
    return key


def hub_key(data_dir: Path, name: str) -> Ed25519PublicKey:
    """The hub's public key, from `hub.pub`. Raises `NotEnrolled`."""
    try:
        text = (folder(data_dir, name) / "hub.pub").read_text("ascii").strip()
        return Ed25519PublicKey.from_public_bytes(from_b64url(text))
    except FileNotFoundError:
        raise NotEnrolled("hub.pub: missing; put the hub's enrolment key (base64url) there") from None
    except ValueError:
        raise NotEnrolled("hub.pub: not 32 bytes in base64url") from None
