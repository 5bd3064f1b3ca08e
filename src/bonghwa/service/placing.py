"""What cameras say of where they look: kept as proposals for their owner, one a camera."""

from bonghwa.domain.pose_proposal import PoseProposal, says_more
from bonghwa.service.ports import City, Tx


def camera_says(tx: Tx, city: City, owners: tuple[str, ...], camera_id: str, lat: float, lon: float, bearing: float | None) -> None:
    """Keep a camera's own word where it says something new. A gateway speaks for the cameras of its own owners only."""
    camera = city.cameras.get(camera_id)
    inside = -90 <= lat <= 90 and -180 <= lon <= 180 and (bearing is None or 0 <= bearing < 360)
    if camera is None or camera.owner not in owners or not inside:
        return
    proposal = PoseProposal(camera.id, lat, lon, bearing, tx.now)
    waiting = tx.proposals.get(camera.id)
    same = waiting is not None and (waiting.lat, waiting.lon, waiting.bearing) == (lat, lon, bearing)
    if same or not says_more(proposal, camera):
        return
    tx.proposals.put(proposal)
    tx.audit("registry:pose_proposed", {"camera": camera.id, "lat": lat, "lon": lon, "bearing": bearing})
