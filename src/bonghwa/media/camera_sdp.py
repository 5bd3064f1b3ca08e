"""What a camera offers: the answer to DESCRIBE (RFC 8866, RFC 6184, RFC 7798)."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bonghwa.media.depacketise import Codec, Depacketiser, H264Depacketiser, UnshowableStream
from bonghwa.media.depacketise_h265 import H265Depacketiser
from bonghwa.media.h264 import PPS, SPS, MalformedH264, ParameterSets

_MAX_LINES = 500


@dataclass(frozen=True)
class VideoOffer:
    """The camera's first video stream that can be taken. `control` is absolute."""

    control: str
    payload_type: int
    codec: Codec
    parameter_nals: tuple[bytes, ...] = ()

    def depacketiser(self, begin: int = 0) -> Depacketiser:
        """What reads the packets of this stream; its first picture gets the time `begin`."""
        if self.codec == "hevc":
            return H265Depacketiser(self.parameter_nals, self.payload_type, begin)
        return H264Depacketiser(_parameter_sets(self.parameter_nals), self.payload_type, begin)


def read_description(body: bytes, base: str) -> VideoOffer:
    """Find the video in a session description: H.264 before H.265. Raises `UnshowableStream` when there is neither."""
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
    for read in (_h264, _h265):
        for section in videos:
            offer = read(section, _resolve(base, session_control))
            if offer:
                return offer
    codecs = sorted({codec for section in videos for codec in _codecs(section).values()})
    raise UnshowableStream("codec", f"the camera offers {', '.join(codecs)[:80] or 'no video'}, and only H.264 and H.265 can be shown")


def _codecs(section: list[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for line in section:
        if line.startswith("a=rtpmap:"):
            number, _, name = line[len("a=rtpmap:") :].partition(" ")
            if number.isascii() and number.isdigit() and len(number) <= 3:
                found[int(number)] = name.split("/")[0].strip().upper()
    return found


def _h264(section: list[str], base: str) -> VideoOffer | None:
    found = _format(section, "H264")
    if found is None:
        return None
    number, control, parameters = found
    if parameters.get("packetization-mode", "0") not in ("0", "1"):
        raise UnshowableStream("packetization", "the camera interleaves its H.264 packets (packetization-mode 2)")
    return VideoOffer(_resolve(base, control), number, "h264", _nals(parameters.get("sprop-parameter-sets", "")))


def _h265(section: list[str], base: str) -> VideoOffer | None:
    found = _format(section, "H265")
    if found is None:
        return None
    number, control, parameters = found
    if parameters.get("sprop-max-don-diff", "0") != "0":
        raise UnshowableStream("packetization", "the camera interleaves its H.265 packets (sprop-max-don-diff)")
    sets = (parameters.get(f"sprop-{kind}", "") for kind in ("vps", "sps", "pps"))
    return VideoOffer(_resolve(base, control), number, "hevc", tuple(nal for text in sets for nal in _nals(text)))


def _format(section: list[str], name: str) -> tuple[int, str, dict[str, str]] | None:
    """Payload type, control and format parameters of the first format of this name."""
    numbers = [number for number, codec in _codecs(section).items() if codec == name]
    if not numbers:
        return None
    control, parameters = "", {}
    for line in section:
        if line.startswith("a=control:"):
            control = line[len("a=control:") :]
        elif line.startswith(f"a=fmtp:{numbers[0]} "):
            parameters = _format_parameters(line.partition(" ")[2])
    return numbers[0], control, parameters


def _format_parameters(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _nals(text: str) -> tuple[bytes, ...]:
    try:
        return tuple(base64.b64decode(part, validate=True) for part in text.split(",")[:8] if part)
    except (binascii.Error, ValueError):
        return ()


def _parameter_sets(nals: tuple[bytes, ...]) -> ParameterSets | None:
    sps = next((nal for nal in nals if nal and nal[0] & 0x1F == SPS), b"")
    pps = next((nal for nal in nals if nal and nal[0] & 0x1F == PPS), b"")
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
