"""RTSP/1.0 on the wire (RFC 2326): responses, interleaved RTP, authentication. No I/O here; every bound is on hostile input."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field

MAX_HEAD = 16_384
MAX_BODY = 65_536
_STATUS_LINE = re.compile(r"RTSP/1\.\d (\d{3})(?: (.*))?\Z")
_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


class RtspMalformed(Exception):
    """The camera's bytes are not RTSP."""


@dataclass(frozen=True)
class Response:
    """A camera's answer; header names in lower case. A header that came twice keeps both, in order."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first header of this name, or an empty text."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True)
class Interleaved:
    """One `$` frame (RFC 2326, 10.12): a channel and its packet."""

    channel: int
    packet: bytes


@dataclass(frozen=True)
class CameraRequest:
    """A request a camera sent to us, such as ANNOUNCE or REDIRECT."""

    cseq: str
    method: str = ""
    location: str = ""


@dataclass
class WireReader:
    """Cuts a byte stream into responses and interleaved packets."""

    _buffer: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> list[Response | Interleaved | CameraRequest]:
        """Take bytes; give what is complete. Raises `RtspMalformed`."""
        buffer = self._buffer
        buffer += data
        out: list[Response | Interleaved | CameraRequest] = []
        at = 0
        while at < len(buffer):
            if buffer[at] == 0x24:
                end = self._interleaved_end(at)
                if end is None:
                    break
                out.append(Interleaved(buffer[at + 1], bytes(buffer[at + 4 : end])))
                at = end
            elif buffer[at] in b"\r\n":
                at += 1
            else:
                message, end = self._message(at)
                if message is None:
                    break
                out.append(message)
                at = end
        del buffer[:at]
        return out

    def _interleaved_end(self, at: int) -> int | None:
        if at + 4 > len(self._buffer):
            return None
        end = at + 4 + int.from_bytes(self._buffer[at + 2 : at + 4], "big")
        return end if end <= len(self._buffer) else None

    def _message(self, at: int) -> tuple[Response | CameraRequest | None, int]:
        head_end = self._buffer.find(b"\r\n\r\n", at, at + MAX_HEAD)
        if head_end < 0:
            if len(self._buffer) - at >= MAX_HEAD:
                raise RtspMalformed("the head of a message is too long")
            return None, at
        first, *lines = self._buffer[at:head_end].decode("latin-1").split("\r\n")
        headers = tuple(_header(line) for line in lines if ":" in line)
        length = _content_length(headers)
        body_at = head_end + 4
        if body_at + length > len(self._buffer):
            return None, at
        body = bytes(self._buffer[body_at : body_at + length])
        status = _STATUS_LINE.match(first)
        if status:
            return Response(int(status[1]), headers, body), body_at + length
        if first.endswith("RTSP/1.0"):
            given = dict(headers)
            return CameraRequest(given.get("cseq", "0")[:10], first.partition(" ")[0], given.get("location", "")), body_at + length
        raise RtspMalformed("neither a response nor a request")


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _content_length(headers: tuple[tuple[str, str], ...]) -> int:
    text = next((value for name, value in headers if name == "content-length"), "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 6) or int(text) > MAX_BODY:
        raise RtspMalformed("Content-Length is not a number up to 65536")
    return int(text)


def request(method: str, url: str, cseq: int, headers: dict[str, str]) -> bytes:
    """The bytes of a request without a body."""
    lines = [f"{method} {url} RTSP/1.0", f"CSeq: {cseq}", "User-Agent: bonghwa"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


class Credentials:
    """Name and password of a camera, answering Digest (RFC 7616, RFC 2617) and Basic (RFC 7617) challenges. Never printed."""

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._challenge: dict[str, str] | None = None
        self._count = 0

    def __repr__(self) -> str:
        return "Credentials(hidden)"

    @property
    def stale(self) -> bool:
        """Whether the camera said that only the nonce was too old."""
        return self._challenge is not None and self._challenge.get("stale", "").lower() == "true"

    def take(self, response: Response) -> bool:
        """Read the challenges of a 401; false when there is none that can be answered."""
        best: dict[str, str] | None = None
        for name, value in response.headers:
            if name == "www-authenticate":
                challenge = _challenge(value)
                if challenge and (best is None or _strength(challenge) > _strength(best)):
                    best = challenge
        self._challenge, self._count = best, 0
        return best is not None

    def header(self, method: str, url: str) -> dict[str, str]:
        """The Authorization header for a request, empty before a challenge came."""
        challenge = self._challenge
        if challenge is None:
            return {}
        if challenge["scheme"] == "basic":
            pair = base64.b64encode(f"{self._username}:{self._password}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        return {"Authorization": self._digest(challenge, method, url)}

    def _digest(self, challenge: dict[str, str], method: str, url: str) -> str:
        algorithm = challenge.get("algorithm", "MD5")
        digest = hashlib.sha256 if algorithm.upper() == "SHA-256" else hashlib.md5

        def hashed(text: str) -> str:
            return digest(text.encode()).hexdigest()

        realm, nonce = challenge.get("realm", ""), challenge.get("nonce", "")
        who = hashed(f"{self._username}:{realm}:{self._password}")
        what = hashed(f"{method}:{url}")
        parts = {"username": self._username, "realm": realm, "nonce": nonce, "uri": url}
        extra = ""
        if "auth" in [each.strip() for each in challenge.get("qop", "").split(",")]:
            self._count += 1
            count, own = f"{self._count:08x}", secrets.token_hex(8)
            parts["response"] = hashed(f"{who}:{nonce}:{count}:{own}:auth:{what}")
            extra = f', qop=auth, nc={count}, cnonce="{own}"'
        else:
            parts["response"] = hashed(f"{who}:{nonce}:{what}")
        if "opaque" in challenge:
            parts["opaque"] = challenge["opaque"]
        quoted = ", ".join(f'{name}="{_quotable(value)}"' for name, value in parts.items())
        named = f", algorithm={algorithm}" if "algorithm" in challenge else ""
        return f"Digest {quoted}{named}{extra}"


def _challenge(value: str) -> dict[str, str] | None:
    scheme, _, rest = value.partition(" ")
    found = {"scheme": scheme.lower()}
    for name, quoted, bare in _PARAMETER.findall(rest):
        found[name.lower()] = quoted or bare
    if found["scheme"] == "basic":
        return found
    known = found.get("algorithm", "MD5").upper() in ("MD5", "SHA-256")
    return found if found["scheme"] == "digest" and "nonce" in found and known else None


def _strength(challenge: dict[str, str]) -> int:
    if challenge["scheme"] == "basic":
        return 0
    return 2 if challenge.get("algorithm", "").upper() == "SHA-256" else 1


def _quotable(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "")
