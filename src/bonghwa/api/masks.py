"""`/cameras/{id}/mask`: what an owner hides of its own camera."""

from typing import Any

from bonghwa.api import bodies
from bonghwa.api.desk import Owner, Route, TheDesk
from bonghwa.api.forms import instant
from bonghwa.domain.mask import Mask, check_regions
from bonghwa.service import masking


def _shape(mask: Mask | None) -> dict[str, Any]:
    if mask is None:
        return {"regions": [], "reason": None, "by": None, "at": None}
    regions = [[list(point) for point in region] for region in mask.regions]
    return {"regions": regions, "reason": mask.reason, "by": mask.by, "at": instant(mask.at)}


async def get_mask(camera_id: str, caller: Owner, desk: TheDesk) -> dict[str, Any]:
    """The mask of an own camera; no regions where it has none."""
    return _shape(await desk.hub.read(lambda read: masking.own_mask(read, desk.hub.city, caller, camera_id)))


async def set_mask(camera_id: str, body: bodies.SetMask, caller: Owner, desk: TheDesk) -> dict[str, Any]:
    """Hide these regions; answers when the gateway shows them no more, or after 1 s naming it in `unreached`."""
    city, regions = desk.hub.city, check_regions(body.regions)
    mask, told = await desk.hub.change_told(lambda tx: masking.set_mask(tx, city, caller, camera_id, regions, body.reason))
    return {**_shape(mask), "unreached": await desk.control.acknowledged(told)}


async def remove_mask(camera_id: str, body: bodies.Reason, caller: Owner, desk: TheDesk) -> dict[str, Any]:
    """Hide nothing any more."""
    city = desk.hub.city
    mask, told = await desk.hub.change_told(lambda tx: masking.remove_mask(tx, city, caller, camera_id, body.reason))
    return {**_shape(mask), "unreached": await desk.control.acknowledged(told)}


ROUTES: list[Route] = [
    ("GET", "/cameras/{camera_id}/mask", get_mask),
    ("PUT", "/cameras/{camera_id}/mask", set_mask),
    ("DELETE", "/cameras/{camera_id}/mask", remove_mask),
]
