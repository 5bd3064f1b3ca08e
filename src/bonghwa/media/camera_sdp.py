"""What a camera offers: the answer to DESCRIBE (RFC 8866, RFC 6184)."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bonghwa.media.depacketise import UnshowableStream
from bonghwa.media.h264 import MalformedH264, ParameterSets

_MAX_LINES = 500


@dataclass(frozen=True)
class VideoOffer:
    """The camera's first H.264 stream. `control` is absolute."""

    control: str
    payload_type: int
    parameter_sets: ParameterSets | None


def read_description(body: bytes, base: str) -> VideoOffer:
    """Find the H.264 video in a session description. Raises `UnshowableStream` when there is none."""
    session_control = ""
    sections: list[list[str]] = []
    for line in body.decode("utf-8", "replace").splitlines()[:_MAX_LINES]:
        line = line.strip()
        if line.startswith("m="):
            sections.append([line])
        elif sections:
            sections[-1].append(line)
        elif line.startswith("a=control:"):
            session_control = line[len("a=control:") :]
    videos = [section for section in sections if section[0].startswith("m=video")]
    for section in videos:
        offer = _h264(section, _resolve(base, session_control))
        if offer:
            return offer
    codecs = sorted({codec for section in videos for codec in _codecs(section).values()})
    raise UnshowableStream("codec", f"the camera offers {', '.join(codecs)[:80] or 'no video'}, and only H.264 can be shown")


def _codecs(section: list[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for line in section:
        if line.startswith("a=rtpmap:"):
            number, _, name = line[len("a=rtpmap:") :].partition(" ")
            if number.isascii() and number.isdigit() and len(number) <= 3:
                found[int(number)] = name.split("/")[0].strip().upper()
    return found


def _h264(section: list[str], base: str) -> VideoOffer | None:
    numbers = [number for number, codec in _codecs(section).items() if codec == "H264"]
    if not numbers:
        return None
    control, parameters = "", {}
    for line in section:
        if line.startswith("a=control:"):
            control = line[len("a=control:") :]
        elif line.startswith(f"a=fmtp:{numbers[0]} "):
            parameters = _format_parameters(line.partition(" ")[2])
    if parameters.get("packetization-mode", "0") not in ("0", "1"):
        raise UnshowableStream("packetization", "the camera interleaves its H.264 packets (packetization-mode 2)")
    return VideoOffer(_resolve(base, control), numbers[0], _sprop(parameters.get("sprop-parameter-sets", "")))


def _format_parameters(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _sprop(text: str) -> ParameterSets | None:
    try:
        nals = [base64.b64decode(part, validate=True) for part in text.split(",")[:8]]
    except (binascii.Error, ValueError):
        return None
    sps = next((nal for nal in nals if nal and nal[0] & 0x1F == 7), b"")
    pps = next((nal for nal in nals if nal and nal[0] & 0x1F == 8), b"")
    try:
        return ParameterSets.parse(sps, pps)
    except MalformedH264:
        return None


def _resolve(base: str, control: str) -> str:
    """The control address; a camera may name another path, never another host (its password would go there)."""
    if control in ("", "*"):
        return base
    if "://" in control:
        try:
            ours, theirs = urlsplit(base), urlsplit(control)
            return control if ours.hostname == theirs.hostname else base
        except ValueError:
            return base
    if not urlsplit(base).query and not control.startswith("/"):
        return base.rstrip("/") + "/" + control
    return urljoin(base, control)
