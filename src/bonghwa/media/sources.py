"""Where the cameras are and their passwords: one encrypted file that only the gateway reads (ChaCha20-Poly1305, RFC 8439)."""

import json
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from bonghwa.media.rtsp import Source

_MAGIC = b"bonghwa-sources-v1\n"
_NONCE = 12
_FIELDS = ("camera", "url", "username", "password")
_OPTIONAL = {
    "small_url": "",
    "transport": "tcp",
    "onvif": "",
}
_TRANSPORTS = ("tcp", "udp", "auto")


class SourcesMalformed(ValueError):
    """A sources file that cannot be taken; the text names the record and field, and never shows an address or password."""


def folder(data_dir: Path, name: str) -> Path:
    """The gateway's own folder. Raises `ValueError` for a name that is no plain word."""
    if not name or not name.isascii() or not all(letter.isalnum() or letter in "-_" for letter in name):
        raise ValueError("name: a gateway's name is letters, digits, - and _")
    return data_dir / "gateways" / name


def read_import(text: str) -> list[Source]:
    """Read the plain import form `{"version": 1, "sources": [{"camera", "url", "username", "password"}]}`.

    A record may also have `small_url` (the camera's second, smaller stream) and `transport` ("tcp", "udp" or "auto").
    A record may hold `onvif` too, the address of the camera's ONVIF device service; name and password are the same.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourcesMalformed(f"line {error.lineno}, column {error.colno}: not JSON") from None
    if not isinstance(document, dict) or document.get("version") != 1:
        raise SourcesMalformed("version: must be 1")
    records = document.get("sources")
    if not isinstance(records, list):
        raise SourcesMalformed("sources: a list is required")
    return read_records(records)


def read_records(records: Iterable[Mapping[str, Any]]) -> list[Source]:
    """Check records of the import form. Raises `SourcesMalformed` naming the field of the first wrong one."""
    found: dict[str, Source] = {}
    for index, record in enumerate(records):
        source = _read_record(record, f"sources[{index}]")
        if source.camera in found:
            raise SourcesMalformed(f"sources[{index}].camera: this camera came before")
        found[source.camera] = source
    return list(found.values())


def _read_record(record: Any, where: str) -> Source:
    if not isinstance(record, Mapping):
        raise SourcesMalformed(f"{where}: an object is required")
    unknown = sorted(set(record) - set(_FIELDS) - set(_OPTIONAL))
    if unknown:
        raise SourcesMalformed(f"{where}.{unknown[0]}: unknown field")
    values = {name: record.get(name, "") for name in _FIELDS} | {name: record.get(name, usual) for name, usual in _OPTIONAL.items()}
    for name, value in values.items():
        if not isinstance(value, str) or len(value) > 2_048 or any(ord(letter) < 32 for letter in value):
            raise SourcesMalformed(f"{where}.{name}: a text without control characters is required")
    if not values["camera"]:
        raise SourcesMalformed(f"{where}.camera: required")
    _check_address(values["url"], ("rtsp",), f"{where}.url")
    if values["small_url"]:
        _check_address(values["small_url"], ("rtsp",), f"{where}.small_url")
        if urlsplit(values["small_url"]).hostname != urlsplit(values["url"]).hostname:
            raise SourcesMalformed(f"{where}.small_url: must be on the same host as url, for it is given the same password")
    if values["transport"] not in _TRANSPORTS:
        raise SourcesMalformed(f"{where}.transport: must be tcp, udp or auto")
    if values["onvif"]:
        _check_address(values["onvif"], ("http", "https"), f"{where}.onvif")
    return Source(**values)


def _check_address(url: str, schemes: tuple[str, ...], where: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or 0 < parts.port < 65_536)
    except ValueError:
        usable, parts = False, None
    if not usable or parts is None or " " in url:
        raise SourcesMalformed(f"{where}: must be {schemes[0]}://host[:port]/path")
    if parts.username is not None or parts.password is not None:
        raise SourcesMalformed(f"{where}: name and password belong into username and password, not into the address")


def import_sources(data_dir: Path, name: str, records: Iterable[Mapping[str, Any]]) -> int:
    """Check records of the import form and store them as `store_sources` does. Raises `SourcesMalformed`."""
    return store_sources(data_dir, name, read_records(records))


def store_sources(data_dir: Path, name: str, sources: Sequence[Source]) -> int:
    """Encrypt and store the sources of gateway `name`, replacing what it had. Gives how many."""
    place = folder(data_dir, name)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = _key(place, create=True)
    plain = json.dumps([{field: getattr(source, field) for field in (*_FIELDS, *_OPTIONAL)} for source in sources]).encode()
    nonce = secrets.token_bytes(_NONCE)
    write_private(place / "sources.enc", _MAGIC + nonce + ChaCha20Poly1305(key).encrypt(nonce, plain, _MAGIC))
    return len(sources)


def load_sources(data_dir: Path, name: str) -> dict[str, Source]:
    """The stored sources by camera; none where nothing was imported. Raises `SourcesMalformed` when file and key do not fit."""
    place = folder(data_dir, name)
    try:
        sealed = (place / "sources.enc").read_bytes()
    except FileNotFoundError:
        return {}
    if not sealed.startswith(_MAGIC):
        raise SourcesMalformed("sources.enc: not a sources file of this version")
    nonce, body = sealed[len(_MAGIC) : len(_MAGIC) + _NONCE], sealed[len(_MAGIC) + _NONCE :]
    try:
        plain = ChaCha20Poly1305(_key(place, create=False)).decrypt(nonce, body, _MAGIC)
    except (InvalidTag, ValueError):
        raise SourcesMalformed("sources.enc: damaged, or sources.key is another file's") from None
    return {source.camera: source for source in read_records(json.loads(plain))}


def _key(place: Path, create: bool) -> bytes:
    path = place / "sources.key"
    if create and not path.exists():
        write_private(path, ChaCha20Poly1305.generate_key())
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise SourcesMalformed("sources.key: missing; import the sources again") from None


def write_private(path: Path, data: bytes) -> None:
    """Write a file only the owner can read, whole or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
