"""What the gateway needs of a camera that can be steered, whatever it speaks."""

from dataclasses import dataclass
from typing import Literal, Protocol

Refused = Literal["unsupported", "unreachable", "password"]
"""Why a camera did not do it, as the control channel says it."""


class SteeringFailed(Exception):
    """The camera did not do it. `refused` says why; the text names what failed and never an address or a password."""

    def __init__(self, refused: Refused, text: str) -> None:
        super().__init__(text)
        self.refused: Refused = refused


@dataclass(frozen=True)
class Location:
    """Where a camera says that it stands, and looks: WGS84 degrees, compass degrees where it knows them."""

    lat: float
    lon: float
    bearing: float | None = None


class Steerable(Protocol):
    """A camera that turns. Every call ends within five seconds and raises `SteeringFailed` where it failed."""

    async def move(self, pan: float, tilt: float, zoom: float, seconds: float) -> None:
        """Turn with these velocities (-1 to 1: right, up, closer); the camera stops by itself after `seconds`."""

    async def stop(self) -> None:
        """Stand still."""

    async def home(self) -> None:
        """Go back to the home view."""

    async def ask_key_picture(self) -> None:
        """Have the camera send an IDR picture now."""

    async def location(self) -> Location | None:
        """Where it says that it is; None when it does not say."""
