"""Masks: set and removed by the camera's owner, in the ledger, at the gateway before the answer."""

from typing import Any

from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import NotFound
from bonghwa.domain.mask import Mask, Regions
from bonghwa.service.ports import City, Read, Tx
from bonghwa.service.telling import PRIVACY


def own_mask(read: Read, city: City, caller: Caller, camera: str) -> Mask | None:
    """The mask of one of the caller's own cameras. Raises NotFound for any other camera."""
    _owner(city, caller, camera)
    return read.masks.get(camera)


def set_mask(tx: Tx, city: City, caller: Caller, camera: str, regions: Regions, reason: str) -> Mask:
    """Hide these regions from now on."""
    return _put(tx, city, caller, camera, regions, reason, "mask:set")


def remove_mask(tx: Tx, city: City, caller: Caller, camera: str, reason: str) -> Mask:
    """Hide nothing from now on."""
    known = own_mask(tx, city, caller, camera)
    if known is None or not known.regions:
        raise NotFound("no_mask")
    return _put(tx, city, caller, camera, (), reason, "mask:removed")


def told_to(read: Read, owners: tuple[str, ...]) -> dict[str, Any]:
    """What a gateway is told in its welcome of the cameras of these owners; of removed masks too, so that none is brought back."""
    return {
        mask.camera: {"rev": mask.rev, "regions": [[list(point) for point in region] for region in mask.regions]}
        for mask in read.masks.find(owner=owners)
    }


def _put(tx: Tx, city: City, caller: Caller, camera: str, regions: Regions, reason: str, act: str) -> Mask:
    owner = _owner(city, caller, camera)
    mask = Mask(camera, owner, regions, tx.counter("masks"), reason, caller.name, tx.now)
    tx.masks.put(mask)
    views = [view for view in tx.views.find(camera=camera, state="open") if not view.unmasked]
    body = {"camera": camera, "regions": regions, "reason": reason, "by": caller.account, "views": [view.id for view in views]}
    tx.audit(act, body)
    gateway = city.gateways.serving(owner, camera)
    if gateway is not None:
        tx.tell(gateway, {"t": "mask", "camera": camera, **told_to(tx, (owner,))[camera]})
    audience = sorted({owner, PRIVACY, *(view.agency for view in views)})
    tx.emit("camera.mask", camera, mask.rev, {"camera": camera, "masked": bool(regions)}, audience)
    return mask


def _owner(city: City, caller: Caller, camera: str) -> str:
    known = city.cameras.get(camera)
    if known is None or not (caller.is_owner and known.owner in caller.owns):
        raise NotFound("no_such_camera")
    return known.owner
