"""Who may speak to us over WebRTC: the viewers that are expected, and by which ways each has proven to be reached."""

from collections.abc import Sequence
from typing import Any, Protocol

from bonghwa.media.webrtc import ice

Address = tuple[Any, ...]
"""As the socket module gives it: host and port first."""

_MAX_PATHS = 8


class Path(Protocol):
    """A way to one viewer, over a port of ours. Of two ways the one of the higher `rank` is better."""

    rank: int

    def send(self, packets: Sequence[bytes]) -> int:
        """Send all; what there is no room for is dropped and counted, and the viewer asks again. Gives the bytes sent."""

    def close(self) -> None:
        """Take nothing more from there."""


class Peer(Protocol):
    """A viewer as the ports see it."""

    ufrag: str
    password: str

    def checked(self, path: Path, nominated: bool) -> None:
        """An authentic connectivity check came by `path`."""

    def dtls(self, datagram: bytes) -> None:
        """A DTLS datagram came."""

    def rtcp(self, packet: bytes) -> None:
        """An SRTCP packet came."""

    def cut_off(self, path: Path) -> None:
        """`path` is no more."""


class Peers:
    """All viewers of a gateway; its ports share it."""

    def __init__(self) -> None:
        self._expected: dict[str, Peer] = {}
        self._paths: dict[Peer, list[Path]] = {}

    def expect(self, peer: Peer) -> None:
        """From now on take the checks of this viewer."""
        self._expected[peer.ufrag] = peer
        self._paths[peer] = []

    def forget(self, peer: Peer) -> None:
        """Take nothing more from this viewer."""
        self._expected.pop(peer.ufrag, None)
        for path in self._paths.pop(peer, ()):
            path.close()

    def asked(self, data: bytes) -> tuple[Peer, ice.Check] | None:
        """Whose connectivity check this is. None for a check that nobody expected proves to know: the ports tell strangers nothing."""
        check = ice.read_check(data)
        peer = self._expected.get(check.local) if check else None
        if check is None or peer is None or not check.is_from(peer.password):
            return None
        return peer, check

    def answer(self, peer: Peer, check: ice.Check, path: Path, address: Address) -> tuple[bool, bytes]:
        """What to answer a viewer's check that came by `path` from `address`, and whether the path is taken."""
        if check.unknown or check.role_conflict:
            return False, ice.refuse(check, peer.password)
        answer = ice.accept(check, (address[0], address[1]), peer.password)
        paths = self._paths[peer]
        if path not in paths:
            if len(paths) >= _MAX_PATHS:
                return False, answer
            paths.append(path)
        peer.checked(path, check.nominates)
        return True, answer

    def cut_off(self, peer: Peer, path: Path) -> None:
        """A path ended by itself."""
        paths = self._paths.get(peer, [])
        if path in paths:
            paths.remove(path)
            peer.cut_off(path)


def take(peer: Peer, data: bytes) -> None:
    """Hand a viewer its datagram, sorted by the first byte (RFC 7983)."""
    first = data[0]
    if 20 <= first <= 63:
        peer.dtls(data)
    elif 128 <= first <= 191:
        peer.rtcp(data)
