"""What a camera says of where it stands and looks: a proposal, never taken over before somebody of its owner has looked at it."""

from dataclasses import dataclass, replace

from bonghwa.domain.camera import Camera, Pose
from bonghwa.domain.geo import distance_m

SAME_BEARING_DEG = 3.0
FAR_M = 100.0
"""A camera that says it stands farther than this from where the registry has it is taken for mistaken, or for another one."""


@dataclass(frozen=True)
class PoseProposal:
    """A camera's own word (ONVIF GetGeoLocation); `id` is the camera, `at` when it said so first."""

    id: str
    lat: float
    lon: float
    bearing: float | None
    at: int


def off_m(proposal: PoseProposal, camera: Camera) -> float:
    """How far from its place in the registry the camera says that it stands."""
    return distance_m(camera.lat, camera.lon, proposal.lat, proposal.lon)


def says_more(proposal: PoseProposal, camera: Camera) -> bool:
    """Whether it says something the registry does not have: a direction, another direction, or a place that is not its own."""
    if off_m(proposal, camera) > FAR_M:
        return True
    if proposal.bearing is None:
        return False
    known = camera.pose.bearing
    return known is None or abs((proposal.bearing - known + 180) % 360 - 180) > SAME_BEARING_DEG


def pose_of(proposal: PoseProposal, camera: Camera, fov: float | None, range_m: float | None) -> Pose:
    """The camera's pose once the proposal is accepted. The camera does not say how wide it sees: that is kept or given.

    Raises `ValueError` naming what is missing.
    """
    if proposal.bearing is None:
        raise ValueError("bearing: the camera says where it stands, not where it looks")
    width = fov if fov is not None else camera.pose.fov
    if width is None:
        raise ValueError("fov: nobody knows how wide this camera sees; give its degrees")
    reach = range_m if range_m is not None else camera.pose.range_m
    return replace(camera.pose, source="onvif", bearing=proposal.bearing, fov=width, range_m=reach)
