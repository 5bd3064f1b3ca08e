"""Pictures that fail: a camera without a picture gives way to a spare, a bad one is marked by a person and noted for repair."""

from dataclasses import replace

from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Conflict, NotFound
from bonghwa.domain.incident import Incident
from bonghwa.domain.reason import Reason
from bonghwa.domain.selection import ChosenCamera, Selection
from bonghwa.domain.view import Repair
from bonghwa.service import responders
from bonghwa.service.cutting import end_views
from bonghwa.service.granting import decide_for
from bonghwa.service.incidents import mine
from bonghwa.service.ports import City, Tx
from bonghwa.service.telling import PRIVACY, audience, note

NO_PICTURE = frozenset({"late", "dead", "password"})


def stand_in(selection: Selection, camera: str, state: str, why: Reason) -> Selection:
    """The selection with the camera set aside and the best spare in its place; unchanged when the camera is not shown.

    Without a spare left the camera keeps its place (a late picture is better than none), unless a person said it is bad.
    """
    gone = next((c for c in selection.cameras if c.camera == camera and c.state == "chosen"), None)
    if gone is None:
        return selection
    spare = next((c for c in selection.cameras if c.state == "spare" and c.camera != camera), None)
    if spare is None and state != "bad":
        return selection
    cameras: list[ChosenCamera] = []
    for item in selection.cameras:
        if item is gone:
            cameras.append(replace(gone, state="bad" if state == "bad" else "replaced", why=(why, *gone.why)))
        elif item is spare:
            reason = Reason("stands_for", {"rank": gone.rank})
            cameras.append(replace(spare, state="chosen", spare=False, rank=gone.rank, stands_for=camera, why=(reason, *spare.why)))
        else:
            cameras.append(item)
    return replace(selection, cameras=tuple(cameras))


def camera_state(tx: Tx, city: City, camera: str, state: str) -> None:
    """A gateway says how a camera is. Cameras without a picture give way in every open incident that chose them."""
    changed = city.cameras.set_health(camera, state, tx.now)
    if state in NO_PICTURE:
        for grant in tx.grants.find(state="active"):
            if camera not in grant.cameras:
                continue
            selection = tx.selections.get(f"{grant.incident}:{grant.agency}")
            incident = tx.incidents.get(grant.incident)
            if selection is None or incident is None:
                continue
            after = stand_in(selection, camera, "replaced", Reason("no_picture", {"state": state}))
            if after is not selection:
                tx.selections.put(after)
                tx.emit(
                    "incident.cameras",
                    incident.id,
                    incident.rev,
                    {"incident": incident.id, "camera": camera, "state": state},
                    [grant.agency],
                )
    if changed:
        known = city.cameras.get(camera)
        if known is not None:
            watching = {g.agency for g in tx.grants.find(state="active", owner=known.owner) if camera in g.cameras}
            tx.emit("camera.health", camera, 0, {"camera": camera, "health": state}, sorted(watching | {known.owner, "control_room"}))


def bad_picture(tx: Tx, city: City, caller: Caller, incident_id: str, camera: str, reason: str) -> Incident:
    """A person says that a picture is of no use: the next camera takes its place and the owner gets a repair note."""
    incident = mine(tx, caller, incident_id, open_part=True)
    selection = tx.selections.get(f"{incident.id}:{caller.agency}")
    known = city.cameras.get(camera)
    if selection is None or known is None or camera not in {c.camera for c in selection.cameras}:
        raise NotFound("no_such_camera")
    after = stand_in(selection, camera, "bad", Reason("bad_picture", {"by": caller.name}))
    if after is selection:
        raise Conflict("camera_not_shown")
    repair = Repair(tx.new_id("rpr"), camera, known.owner, caller.agency, caller.name, tx.now, reason, incident.drill)
    tx.repairs.put(repair)
    tx.selections.put(after)
    tx.audit("camera:bad_picture", {"repair": repair.id, "camera": camera, "by": caller.account, "reason": reason}, drill=incident.drill)
    note(tx, incident, "bad_picture", caller.name, agency=caller.agency, camera=known.name, reason=reason)
    if not any(c.state == "chosen" and c.stands_for == camera for c in after.cameras):
        bad = frozenset(c.camera for c in after.cameras if c.state == "bad")
        decide_for(tx, city, incident, caller.agency, exclude=bad)
        responders.follow(tx, city, incident)
    views = [v for v in tx.views.find(camera=camera, incident=incident.id, state="open") if v.agency == caller.agency]
    end_views(tx, city, views, "bad_picture", caller.name)
    tx.emit("incident.cameras", incident.id, incident.rev, {"incident": incident.id, "camera": camera, "state": "bad"}, [caller.agency])
    return incident


def mended(tx: Tx, caller: Caller, repair_id: str, text: str) -> Repair:
    """The owner says that the camera is mended."""
    repair = tx.repairs.get(repair_id)
    if repair is None or not (caller.is_owner and repair.owner in caller.owns):
        raise NotFound("no_such_repair")
    if repair.done_at is not None:
        raise Conflict("repair_done")
    after = replace(repair, done_at=tx.now, note=text)
    tx.repairs.put(after)
    tx.audit("camera:repaired", {"repair": repair.id, "camera": repair.camera, "by": caller.account, "note": text}, drill=repair.drill)
    tx.emit("camera.health", repair.camera, 0, {"camera": repair.camera, "repaired": True}, [repair.owner, repair.agency, PRIVACY])
    return after


def first_picture(tx: Tx, camera: str, ms: float) -> None:
    """A pull gave its first picture: open incidents that wait for it learn how long it took."""
    for grant in tx.grants.find(state="active"):
        if camera not in grant.cameras:
            continue
        incident = tx.incidents.get(grant.incident)
        if incident is not None and "first_picture_ms" not in incident.timing:
            since = (tx.now - incident.opened_at) / 1000
            tx.incidents.put(replace(incident, timing={**incident.timing, "pulled_ms": round(ms, 1), "first_picture_ms": round(since, 1)}))
            tx.emit(
                "incident.cameras",
                incident.id,
                incident.rev,
                {"incident": incident.id, "first_picture_ms": round(since)},
                audience(incident),
            )
