"""The offer of a viewer and our answer (RFC 8829, RFC 8866, RFC 9725): one H.264 video sent, everything else declined."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bonghwa.media.webrtc.ports import Candidate

MAX_SDP = 65_536
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

_MAX_SECTIONS = 32
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}\Z")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}\Z")
_MID = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,32}\Z")
_MEDIA = re.compile(r"m=([a-z]{1,16}) \d{1,5} ([A-Z/]{1,32})((?: [!-~]{1,16}){1,128})\Z")
_FINGERPRINT = re.compile(r"(sha-256|sha-384|sha-512) ((?:[0-9A-F]{2}:)+[0-9A-F]{2})\Z", re.IGNORECASE)


class OfferRefused(ValueError):
    """The offer cannot be answered; the text names what is missing in it."""


@dataclass(frozen=True)
class Codec:
    """An H.264 payload type of the offer, packetization-mode 1."""

    payload_type: int
    profile_level_id: str
    rtx: int | None = None
    """The payload type for what is sent again of it (RFC 4588), where the viewer offered one."""


@dataclass(frozen=True)
class Offer:
    """What of an offer is needed to answer and to serve it."""

    ufrag: str
    fingerprints: tuple[tuple[str, str], ...]
    codecs: tuple[Codec, ...]
    playout_delay_id: int | None
    send_time_id: int | None
    video: int
    sections: tuple[tuple[str, str, str, str], ...]
    """Of each section: kind, protocol, first format, mid."""


@dataclass(frozen=True)
class Answer:
    """What our answer says; `text()` writes it."""

    offer: Offer
    codec: Codec
    ufrag: str
    password: str = field(repr=False)
    fingerprint: str
    candidates: Sequence[Candidate]
    ssrc: int
    rtx_ssrc: int

    def text(self) -> str:
        """The SDP, CRLF-terminated."""
        lines = ["v=0", f"o=- {self.ssrc} 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
        lines += [f"a=group:BUNDLE {self.offer.sections[self.offer.video][3]}", "a=msid-semantic: WMS bonghwa", "a=ice-lite"]
        for index, (kind, protocol, first, mid) in enumerate(self.offer.sections):
            if index == self.offer.video:
                lines += self._video(protocol, mid)
            else:
                lines += [f"m={kind} 0 {protocol} {first}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", "a=inactive"]
        return "\r\n".join(lines) + "\r\n"

    def _video(self, protocol: str, mid: str) -> list[str]:
        number, again = self.codec.payload_type, self.codec.rtx
        best = self.candidates[0]
        formats = f"{number}" if again is None else f"{number} {again}"
        lines = [f"m=video {best.number} {protocol} {formats}", f"c=IN {_family(best.host)} {best.host}", "a=rtcp:9 IN IP4 0.0.0.0"]
        lines += [_candidate(index, each) for index, each in enumerate(self.candidates)]
        lines += ["a=end-of-candidates", f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.password}"]
        lines += [f"a=fingerprint:sha-256 {self.fingerprint}", "a=setup:passive", f"a=mid:{mid}"]
        for extension, uri in ((self.offer.playout_delay_id, PLAYOUT_DELAY), (self.offer.send_time_id, SEND_TIME)):
            if extension is not None:
                lines.append(f"a=extmap:{extension} {uri}")
        lines += ["a=sendonly", "a=msid:bonghwa video", "a=rtcp-mux", "a=rtcp-rsize", f"a=rtpmap:{number} H264/90000"]
        lines += [
            f"a=rtcp-fb:{number} nack",
            f"a=rtcp-fb:{number} nack pli",
            f"a=rtcp-fb:{number} ccm fir",
            f"a=rtcp-fb:{number} goog-remb",
        ]
        lines.append(f"a=fmtp:{number} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={self.codec.profile_level_id}")
        streams = [self.ssrc]
        if again is not None:
            streams.append(self.rtx_ssrc)
            lines += [f"a=rtpmap:{again} rtx/90000", f"a=fmtp:{again} apt={number}", f"a=ssrc-group:FID {self.ssrc} {self.rtx_ssrc}"]
        for ssrc in streams:
            lines += [f"a=ssrc:{ssrc} cname:bonghwa", f"a=ssrc:{ssrc} msid:bonghwa video"]
        return lines


def _candidate(index: int, candidate: Candidate) -> str:
    """UDP before TCP (RFC 6544, 4.2), and as listed within each."""
    tcp = candidate.protocol == "tcp"
    priority = (90 if tcp else 126) << 24 | (65_535 - index) << 8 | 255
    line = f"a=candidate:{index + 1} 1 {candidate.protocol} {priority} {candidate.host} {candidate.number} typ host"
    return line + " tcptype passive" if tcp else line


def _family(address: str) -> str:
    return "IP6" if ":" in address else "IP4"


def read_offer(body: bytes) -> Offer:
    """Read an SDP offer. Raises `OfferRefused` naming what is wrong."""
    if len(body) > MAX_SDP:
        raise OfferRefused("offer: longer than 65536 bytes")
    try:
        lines = body.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise OfferRefused("offer: not UTF-8") from error
    if lines[0] != "v=0":
        raise OfferRefused("offer: does not begin with v=0")
    starts = [index for index, line in enumerate(lines) if line.startswith("m=")]
    if not 1 <= len(starts) <= _MAX_SECTIONS:
        raise OfferRefused("offer: between 1 and 32 media sections are required")
    session = lines[: starts[0]]
    sections = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    video = next((index for index, section in enumerate(sections) if section[0].startswith("m=video ") and _codecs(section)), None)
    if video is None:
        raise OfferRefused("offer: no video section with H264 and packetization-mode=1")
    chosen = sections[video]
    _check_transport(chosen, session)
    return Offer(
        ufrag=_required(chosen, session, "ice-ufrag", _UFRAG),
        fingerprints=_fingerprints(chosen, session),
        codecs=_codecs(chosen),
        playout_delay_id=_extension(chosen, PLAYOUT_DELAY),
        send_time_id=_extension(chosen, SEND_TIME),
        video=video,
        sections=tuple(_shape(section) for section in sections),
    )


def choose_codec(offer: Offer, profile_level_id: str | None) -> Codec:
    """The offered payload type of the camera's profile, else constrained baseline, else the first.

    The answer repeats the offered value: a receiver refuses a profile it did not offer, though its decoder reads every one.
    """
    wanted = [(profile_level_id or "42e01f")[:4], "42e0", "42c0", "4200"]
    for profile in wanted:
        for codec in offer.codecs:
            if codec.profile_level_id[:4] == profile:
                return codec
    return offer.codecs[0]


def _check_transport(section: list[str], session: list[str]) -> None:
    _required(section, session, "ice-pwd", _PASSWORD)
    setup = _attribute(section, "setup") or _attribute(session, "setup") or "actpass"
    if setup not in ("actpass", "active"):
        raise OfferRefused("offer: a=setup must be actpass or active")
    if "a=rtcp-mux" not in section:
        raise OfferRefused("offer: a=rtcp-mux is required")
    if "a=sendonly" in section or "a=inactive" in section:
        raise OfferRefused("offer: the video section does not want to receive")


def _attribute(lines: list[str], name: str) -> str | None:
    prefix = f"a={name}:"
    return next((line[len(prefix) :] for line in lines if line.startswith(prefix)), None)


def _required(section: list[str], session: list[str], name: str, form: re.Pattern[str]) -> str:
    value = _attribute(section, name) or _attribute(session, name) or ""
    if not form.match(value):
        raise OfferRefused(f"offer: a={name} is missing or malformed")
    return value


def _fingerprints(section: list[str], session: list[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for line in [*section, *session]:
        if line.startswith("a=fingerprint:"):
            match = _FINGERPRINT.match(line[len("a=fingerprint:") :])
            if match:
                found.append((match[1].lower(), match[2].upper()))
    if not found:
        raise OfferRefused("offer: a=fingerprint with sha-256 is missing or malformed")
    return tuple(found[:8])


def _codecs(section: list[str]) -> tuple[Codec, ...]:
    numbers = _numbers(section, "H264")
    again = _resending(section)
    found = []
    for line in section:
        match = re.match(r"a=fmtp:(\d{1,3}) (.{1,512})\Z", line)
        if match and int(match[1]) in numbers:
            pairs = (part.partition("=") for part in match[2].split(";"))
            parameters = {name.strip().lower(): value.strip() for name, _, value in pairs}
            profile = parameters.get("profile-level-id", "42001f").lower()
            if parameters.get("packetization-mode") == "1" and re.match(r"[0-9a-f]{6}\Z", profile):
                found.append(Codec(int(match[1]), profile, again.get(int(match[1]))))
    return tuple(found)


def _numbers(section: list[str], encoding: str) -> set[int]:
    """The payload types of an encoding."""
    matches = (re.match(rf"a=rtpmap:(\d{{1,3}}) {encoding}/90000", line, re.IGNORECASE) for line in section)
    return {int(match[1]) for match in matches if match and int(match[1]) < 128}


def _resending(section: list[str]) -> dict[int, int]:
    """Of each payload type that has one, the payload type of what is sent again."""
    numbers = _numbers(section, "rtx")
    matches = (re.match(r"a=fmtp:(\d{1,3}) apt=(\d{1,3})(?:;|\Z)", line) for line in section)
    return {int(match[2]): int(match[1]) for match in matches if match and int(match[1]) in numbers}


def _extension(section: list[str], uri: str) -> int | None:
    for line in section:
        match = re.match(r"a=extmap:(\d{1,2})(?:/[a-z]+)? (\S+)", line)
        if match and match[2] == uri and 1 <= int(match[1]) <= 14:
            return int(match[1])
    return None


def _shape(section: list[str]) -> tuple[str, str, str, str]:
    media = _MEDIA.match(section[0])
    mid = _attribute(section, "mid") or ""
    if not media or not _MID.match(mid):
        raise OfferRefused("offer: a media line or its a=mid is malformed")
    return media[1], media[2], media[3].split()[0], mid
