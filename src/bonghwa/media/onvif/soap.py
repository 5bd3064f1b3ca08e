"""SOAP 1.2 as ONVIF cameras speak it: envelopes with a WS-Security token out, answers of a hostile camera in.

A camera is on the street: whoever takes it down may answer in its place. So an answer is limited in size and time, may hold no DTD and no
entity, is never fetched from elsewhere, and whatever it says is text to be checked.
"""

import asyncio
import base64
import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import httpx
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from bonghwa.media.onvif.port import SteeringFailed

CALL_S = 5.0
LARGEST_ANSWER = 512 * 1024
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_TOKEN = f"{_WSS}-username-token-profile-1.0#PasswordDigest"
_BASE64 = f"{_WSS}-soap-message-security-1.0#Base64Binary"
_SPACES = {
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
}
_PASSWORD_CODES = ("NotAuthorized", "FailedAuthentication", "SenderNotAuthorized", "OperationProhibited")
_UNSUPPORTED_CODES = ("ActionNotSupported", "UnknownAction", "InvalidArgVal", "NoHomePosition", "NoPTZProfile", "PTZNotSupported")


class Credentials:
    """Name and password of one camera, and how far its clock is from ours."""

    __slots__ = ("_password", "_username", "ahead")

    def __init__(self, username: str, password: str) -> None:
        self._username, self._password = username, password
        self.ahead = timedelta()

    def header(self) -> str:
        """A fresh UsernameToken with digest (OASIS UsernameToken Profile 1.0); nothing where no name is set."""
        if not self._username:
            return ""
        nonce = secrets.token_bytes(16)
        created = f"{datetime.now(UTC) + self.ahead:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        digest = hashlib.sha1(nonce + created.encode() + self._password.encode(), usedforsecurity=False).digest()
        return (
            f'<s:Header><w:Security s:mustUnderstand="1" xmlns:w="{_WSS}-wssecurity-secext-1.0.xsd"><w:UsernameToken>'
            f"<w:Username>{escape(self._username)}</w:Username>"
            f'<w:Password Type="{_TOKEN}">{base64.b64encode(digest).decode()}</w:Password>'
            f'<w:Nonce EncodingType="{_BASE64}">{base64.b64encode(nonce).decode()}</w:Nonce>'
            f'<u:Created xmlns:u="{_WSS}-wssecurity-utility-1.0.xsd">{created}</u:Created>'
            "</w:UsernameToken></w:Security></s:Header>"
        )

    def for_http(self) -> httpx.DigestAuth | None:
        """The same for cameras that ask for it in HTTP instead."""
        return httpx.DigestAuth(self._username, self._password) if self._username else None


def envelope(body: str, header: str = "") -> bytes:
    """A request; the body uses the prefixes tds, trt, tptz and tt."""
    spaces = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items())
    inside = f'<s:Envelope xmlns:s="{_SOAP}" {spaces}>{header}<s:Body>{body}</s:Body></s:Envelope>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{inside}'.encode()


async def call(http: httpx.AsyncClient, url: str, body: str, credentials: Credentials | None) -> Element:
    """Ask a camera one thing; the element inside its answer's body. Raises `SteeringFailed`."""
    content = envelope(body, credentials.header() if credentials else "")
    headers = {"Content-Type": "application/soap+xml; charset=utf-8", "Accept-Encoding": "identity"}
    auth = credentials.for_http() if credentials else None
    operation = body[1:].split(">")[0].split(" ")[0].split("/")[0].split(":")[-1]
    try:
        async with asyncio.timeout(CALL_S), http.stream("POST", url, content=content, headers=headers, auth=auth) as answer:
            if answer.status_code == 401:
                raise SteeringFailed("password", f"{operation}: name or password refused")
            if answer.status_code not in (200, 400, 500):
                raise SteeringFailed("unsupported", f"{operation}: answered with HTTP {answer.status_code}; not an ONVIF service")
            return read(await _limited(answer, operation), operation)
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise SteeringFailed("unreachable", f"{operation}: no answer ({type(error).__name__})") from None


async def _limited(answer: httpx.Response, operation: str) -> bytes:
    """The body as it came over the wire: never unpacked, never more than `LARGEST_ANSWER`."""
    whole = bytearray()
    async for part in answer.aiter_raw():
        whole += part
        if len(whole) > LARGEST_ANSWER:
            raise SteeringFailed("unsupported", f"{operation}: the answer is larger than {LARGEST_ANSWER} bytes")
    return bytes(whole)


def read(content: bytes, operation: str) -> Element:
    """The element inside the body of an answer. A fault raises `SteeringFailed` with its kind."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        raise SteeringFailed("unsupported", f"{operation}: the answer is no usable XML") from None
    body = next((part for part in root if local(part) == "Body"), None)
    inside = next(iter(body), None) if body is not None and local(root) == "Envelope" else None
    if inside is None:
        raise SteeringFailed("unsupported", f"{operation}: the answer is no SOAP envelope")
    if local(inside) == "Fault":
        _raise_fault(inside, operation)
    return inside


def _raise_fault(fault: Element, operation: str) -> None:
    codes = [(part.text or "").strip().rpartition(":")[2] for part in fault.iter() if local(part) in ("Value", "faultcode")]
    if any(code in _PASSWORD_CODES for code in codes):
        raise SteeringFailed("password", f"{operation}: name or password refused")
    kind = next((code for code in codes if code in _UNSUPPORTED_CODES), None)
    named = f" ({kind})" if kind else ""
    raise SteeringFailed("unsupported", f"{operation}: the camera refused{named}")


def local(element: Element) -> str:
    """An element's name without its namespace: cameras disagree about those."""
    return str(element.tag).rpartition("}")[2]


def first(element: Element, *path: str) -> Element | None:
    """The first descendant of these names, one inside the other."""
    found: Element | None = element
    for name in path:
        found = None if found is None else next((part for part in found.iter() if part is not found and local(part) == name), None)
    return found


def text(element: Element, *path: str) -> str:
    """Its text, at most 300 letters without control characters; empty where it is not there."""
    found = first(element, *path)
    words = (found.text or "").strip()[:300] if found is not None else ""
    return "".join(letter for letter in words if letter.isprintable())
