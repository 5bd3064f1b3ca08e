"""The registry's cameras in the database, SQLite or PostgreSQL. Plain functions on a connection: the caller owns the transaction."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from bonghwa.domain.camera import HEALTH_STATES, Camera, Pose
from bonghwa.domain.camera_diff import Diff
from bonghwa.storage.sql.schema import metadata

cameras = Table(
    "camera",
    metadata,
    Column("id", String(17), primary_key=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("owner", String(32), nullable=False),
    Column("site_id", String(17), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("address", String, nullable=False),
    Column("address_lot", String, nullable=False),
    Column("purpose", String(60), nullable=False),
    Column("lat", Float(53), nullable=False),
    Column("lon", Float(53), nullable=False),
    Column("pixels", Integer),
    Column("retention_days", Integer),
    Column("installed", String(7)),
    Column("direction_text", String, nullable=False),
    Column("phone", String(40), nullable=False),
    Column("data_date", String(10), nullable=False),
    Column("warnings", String, nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("pose_source", String(20)),
    Column("bearing", Float(53)),
    Column("fov", Float(53)),
    Column("range_m", Float(53), nullable=False),
    Column("ptz", Boolean, nullable=False),
    Column("all_round", Boolean, nullable=False),
    Column("height_m", Float(53)),
    Column("health", String(16)),
    Column("health_at", String(24)),
    Index("camera_place", "lat", "lon"),
    Index("camera_owner", "owner"),
)

_POSE_COLUMNS = ("pose_source", "bearing", "fov", "range_m", "ptz", "all_round", "height_m")
_PLAIN_COLUMNS = tuple(column.name for column in cameras.columns if column.name not in {*_POSE_COLUMNS, "warnings", "health", "health_at"})


def _pose_values(pose: Pose) -> dict[str, Any]:
    return {
        "pose_source": pose.source,
        "bearing": pose.bearing,
        "fov": pose.fov,
        "range_m": pose.range_m,
        "ptz": pose.ptz,
        "all_round": pose.all_round,
        "height_m": pose.height_m,
    }


def _values(camera: Camera) -> dict[str, Any]:
    plain = {name: getattr(camera, name) for name in _PLAIN_COLUMNS}
    return plain | _pose_values(camera.pose) | {"warnings": " ".join(camera.warnings)}


def _camera(values: RowMapping) -> Camera:
    pose = Pose(values["range_m"], values["pose_source"], *(values[name] for name in ("bearing", "fov", "ptz", "all_round", "height_m")))
    plain = {name: values[name] for name in _PLAIN_COLUMNS}
    return Camera(**plain, pose=pose, warnings=tuple(values["warnings"].split()))


def load_all(conn: Connection, retired: bool = True) -> list[Camera]:
    """Every camera in the order of names; without the retired ones on request."""
    query = select(cameras).order_by(cameras.c.owner, cameras.c.name)
    if not retired:
        query = query.where(cameras.c.retired.is_(False))
    return [_camera(row) for row in conn.execute(query).mappings()]


def apply(conn: Connection, diff: Diff) -> None:
    """Store what a plan says. Health is left as it is."""
    if diff.added:
        conn.execute(insert(cameras), [_values(camera) for camera in diff.added])
    moved = [*(after for _, after in diff.changed), *diff.redated, *diff.retired]
    if moved:
        rows = [{f"new_{name}": value for name, value in _values(camera).items()} for camera in moved]
        names = [name for name in _values(moved[0]) if name != "id"]
        change = update(cameras).where(cameras.c.id == bindparam("new_id"))
        conn.execute(change.values({name: bindparam(f"new_{name}") for name in names}), rows)


def get(conn: Connection, camera_id: str) -> Camera | None:
    """One camera by id, None when there is none."""
    row = conn.execute(select(cameras).where(cameras.c.id == camera_id)).mappings().one_or_none()
    return None if row is None else _camera(row)


def by_reference(conn: Connection, references: Iterable[str]) -> dict[str, Camera]:
    """Active cameras by id or by name, for those references that exist."""
    wanted = set(references)
    active = load_all(conn, retired=False)
    return {key: camera for camera in active for key in (camera.id, camera.name) if key in wanted}


def set_pose(conn: Connection, camera_id: str, pose: Pose) -> bool:
    """Store one camera's pose; False when there is no such camera."""
    return set_poses(conn, {camera_id: pose}) == 1


def set_poses(conn: Connection, poses: Mapping[str, Pose]) -> int:
    """Store many poses; how many cameras of these ids exist. A known pose takes the warning `unknown_pose` away."""
    known = {camera.id: camera for camera in load_all(conn) if camera.id in poses}
    rows = []
    for camera_id, camera in known.items():
        pose = poses[camera_id]
        rest = [code for code in camera.warnings if code != "unknown_pose"]
        warnings = rest if pose.known else [*rest, "unknown_pose"]
        values = _pose_values(pose) | {"warnings": " ".join(warnings), "id": camera_id}
        rows.append({f"new_{name}": value for name, value in values.items()})
    if rows:
        change = update(cameras).where(cameras.c.id == bindparam("new_id"))
        conn.execute(change.values({name: bindparam(f"new_{name}") for name in (*_POSE_COLUMNS, "warnings")}), rows)
    return len(rows)


def set_health(conn: Connection, health: Mapping[str, str], at: datetime) -> None:
    """Store what a gateway found for cameras by id: one of `HEALTH_STATES`, at an aware time."""
    unknown = set(health.values()) - set(HEALTH_STATES)
    if unknown:
        raise ValueError(f"health: {min(unknown)!r} is not one of {', '.join(HEALTH_STATES)}")
    stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    rows = [{"camera": camera, "state": state, "at": stamp} for camera, state in health.items()]
    if rows:
        change = update(cameras).where(cameras.c.id == bindparam("camera"))
        conn.execute(change.values(health=bindparam("state"), health_at=bindparam("at")), rows)


def load_health(conn: Connection) -> dict[str, tuple[str, str]]:
    """Health and its time by camera id, for cameras a gateway has spoken of."""
    found = conn.execute(select(cameras.c.id, cameras.c.health, cameras.c.health_at).where(cameras.c.health.is_not(None)))
    return {row.id: (row.health, row.health_at) for row in found}


def page(
    conn: Connection,
    bbox: tuple[float, float, float, float] | None = None,
    after: str | None = None,
    limit: int = 100,
    owner: str | None = None,
    q: str | None = None,
) -> tuple[list[Camera], str | None]:
    """One page of active cameras by id, and the id to go on from. `bbox` is west, south, east, north; `q` a part of name or address."""
    query = select(cameras).where(cameras.c.retired.is_(False)).order_by(cameras.c.id).limit(limit + 1)
    if bbox is not None:
        west, south, east, north = bbox
        query = query.where(cameras.c.lat.between(south, north), cameras.c.lon.between(west, east))
    if after is not None:
        query = query.where(cameras.c.id > after)
    if owner is not None:
        query = query.where(cameras.c.owner == owner)
    if q:
        spoken = (cameras.c.name, cameras.c.address, cameras.c.address_lot)
        query = query.where(or_(*(column.contains(q, autoescape=True) for column in spoken), cameras.c.id == q))
    found = [_camera(row) for row in conn.execute(query).mappings()]
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def count(conn: Connection) -> int:
    """How many cameras are active."""
    return conn.execute(select(func.count()).select_from(cameras).where(cameras.c.retired.is_(False))).scalar_one()
