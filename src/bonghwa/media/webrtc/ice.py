"""The lite side of ICE (RFC 8445, 2.5): it answers connectivity checks, and sends none (STUN: RFC 8489)."""

import binascii
import hashlib
import hmac
import ipaddress
import secrets
import struct
from dataclasses import dataclass

MAGIC = 0x2112A442
BINDING_REQUEST, BINDING_SUCCESS, BINDING_ERROR = 0x0001, 0x0101, 0x0111
USERNAME, MESSAGE_INTEGRITY, ERROR_CODE, UNKNOWN_ATTRIBUTES, XOR_MAPPED_ADDRESS = 0x0006, 0x0008, 0x0009, 0x000A, 0x0020
PRIORITY, USE_CANDIDATE, FINGERPRINT, ICE_CONTROLLED, ICE_CONTROLLING = 0x0024, 0x0025, 0x8028, 0x8029, 0x802A

_KNOWN = frozenset({USERNAME, MESSAGE_INTEGRITY, PRIORITY, USE_CANDIDATE})
_HEADER = struct.Struct("!HHI12s")
_MAX_MESSAGE = 2_048

Address = tuple[str, int]


@dataclass(frozen=True)
class Check:
    """A connectivity check: whose (`local` is our user fragment), and whether it nominates."""

    transaction: bytes
    local: str
    remote: str
    nominates: bool
    role_conflict: bool
    unknown: tuple[int, ...]
    _message: bytes
    _integrity_at: int

    def is_from(self, password: str) -> bool:
        """Whether the sender knows our password (RFC 8489, 14.5)."""
        if self._integrity_at < 0:
            return False
        head = bytearray(self._message[: self._integrity_at])
        head[2:4] = (self._integrity_at - 20 + 24).to_bytes(2, "big")
        wanted = hmac.new(password.encode(), bytes(head), hashlib.sha1).digest()
        given = self._message[self._integrity_at + 4 : self._integrity_at + 24]
        return hmac.compare_digest(wanted, given)


def credentials() -> tuple[str, str]:
    """A new user fragment and password, of 48 and 144 random bits."""
    return secrets.token_hex(6), secrets.token_hex(18)


def read_check(data: bytes) -> Check | None:
    """Read a binding request; None for anything else, well formed or not."""
    if not 20 <= len(data) <= _MAX_MESSAGE:
        return None
    kind, length, magic, transaction = _HEADER.unpack_from(data)
    if kind != BINDING_REQUEST or magic != MAGIC or length % 4 or length + 20 != len(data):
        return None
    attributes = _attributes(data)
    if attributes is None:
        return None
    at = {kind: (start, size) for kind, start, size in reversed(attributes)}
    if USERNAME not in at or not _fingerprint_holds(data, at):
        return None
    start, size = at[USERNAME]
    local, colon, remote = data[start : start + size].decode("latin-1").partition(":")
    if not colon:
        return None
    integrity = at.get(MESSAGE_INTEGRITY)
    return Check(
        transaction=transaction,
        local=local,
        remote=remote,
        nominates=USE_CANDIDATE in at,
        role_conflict=ICE_CONTROLLED in at,
        unknown=tuple(kind for kind, _, _ in attributes if kind < 0x8000 and kind not in _KNOWN),
        _message=data,
        _integrity_at=integrity[0] - 4 if integrity and integrity[1] == 20 else -1,
    )


def _attributes(data: bytes) -> list[tuple[int, int, int]] | None:
    found = []
    at = 20
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("!HH", data, at)
        if at + 4 + size > len(data):
            return None
        found.append((kind, at + 4, size))
        at += 4 + (size + 3) // 4 * 4
    return found


def _fingerprint_holds(data: bytes, at: dict[int, tuple[int, int]]) -> bool:
    if FINGERPRINT not in at:
        return True
    start, size = at[FINGERPRINT]
    if size != 4 or start + 4 != len(data):
        return False
    return int.from_bytes(data[start:], "big") == binascii.crc32(data[: start - 4]) ^ 0x5354554E


def accept(check: Check, address: Address, password: str) -> bytes:
    """The success answer, telling the sender its address as we see it."""
    host = ipaddress.ip_address(address[0].partition("%")[0])
    mask = MAGIC.to_bytes(4, "big") + check.transaction
    packed = bytes(one ^ other for one, other in zip(host.packed, mask, strict=False))
    mapped = struct.pack("!BBH", 0, 1 if host.version == 4 else 2, address[1] ^ (MAGIC >> 16)) + packed
    return _signed(BINDING_SUCCESS, check.transaction, [(XOR_MAPPED_ADDRESS, mapped)], password)


def refuse(check: Check, password: str) -> bytes:
    """The error answer: 420 for attributes we must understand and do not, else 487, the roles conflict (a lite agent is controlled)."""
    if check.unknown:
        names = b"".join(kind.to_bytes(2, "big") for kind in check.unknown[:16])
        body = [(ERROR_CODE, b"\0\0\x04\x14Unknown Attribute"), (UNKNOWN_ATTRIBUTES, names)]
    else:
        body = [(ERROR_CODE, b"\0\0\x04\x57Role Conflict")]
    return _signed(BINDING_ERROR, check.transaction, body, password)


def _signed(kind: int, transaction: bytes, attributes: list[tuple[int, bytes]], password: str) -> bytes:
    body = b"".join(_attribute(name, value) for name, value in attributes)
    head = _HEADER.pack(kind, len(body) + 24, MAGIC, transaction) + body
    body += _attribute(MESSAGE_INTEGRITY, hmac.new(password.encode(), head, hashlib.sha1).digest())
    head = _HEADER.pack(kind, len(body) + 8, MAGIC, transaction) + body
    return head + _attribute(FINGERPRINT, (binascii.crc32(head) ^ 0x5354554E).to_bytes(4, "big"))


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)
