"""The registry in memory while the hub runs: cameras by id and their live health."""

from collections.abc import Iterable

from bonghwa.domain.camera import Camera


class RegistryBook:
    """The CameraBook port. Health begins unknown at each start: only a gateway's word makes it more."""

    def __init__(self, cameras: Iterable[Camera]) -> None:
        self._cameras = {camera.id: camera for camera in cameras if not camera.retired}
        self._health: dict[str, tuple[str, int]] = {}

    def get(self, camera: str) -> Camera | None:
        """The camera, or None when it is unknown or retired."""
        return self._cameras.get(camera)

    def all(self) -> list[Camera]:
        """Every camera in use."""
        return list(self._cameras.values())

    def health(self, camera: str) -> str:
        """unknown, ok, late, slow, dead, password, frozen or black."""
        return self._health.get(camera, ("unknown", 0))[0]

    def health_at(self, camera: str) -> int | None:
        """When the health was last told (microseconds), None while unknown."""
        known = self._health.get(camera)
        return known[1] if known else None

    def set_health(self, camera: str, state: str, at: int) -> bool:
        """Remember a camera's health; True when it changed. `idle` says nothing about health and is passed over."""
        if state == "idle":
            return False
        before = self.health(camera)
        self._health[camera] = (state, at)
        return before != state

    def every_health(self) -> dict[str, str]:
        """The states told so far, by camera."""
        return {camera: state for camera, (state, _) in self._health.items()}
