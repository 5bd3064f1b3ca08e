"""Which gateway serves which camera. An owner's gateways share its cameras by hash, so each camera is pulled by one of them."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b


def share(camera: str, gateways: Iterable[str]) -> str:
    """The one of `gateways` that serves a camera (rendezvous hashing: when one comes or goes only its own share moves)."""
    return max(sorted(gateways), key=lambda name: blake2b(f"{name}\n{camera}".encode(), digest_size=8).digest())


class Gateways:
    """Whose cameras each gateway serves."""

    def __init__(self, owners: Mapping[str, Iterable[str]]) -> None:
        self._of: dict[str, tuple[str, ...]] = {}
        for name, served in owners.items():
            for owner in served:
                self._of[owner] = (*self._of.get(owner, ()), name)

    def of(self, owner: str) -> tuple[str, ...]:
        """All gateways of an owner; none where nobody serves its cameras."""
        return self._of.get(owner, ())

    def serving(self, owner: str, camera: str) -> str | None:
        """The gateway that serves this camera of an owner."""
        names = self.of(owner)
        return share(camera, names) if names else None
