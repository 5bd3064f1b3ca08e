"""Who may import whom (docs/decisions and CONTRIBUTING say why): each room only what stands to its left."""

import sys
from pathlib import Path

import pytest

from .checkout import SOURCE, imports_of, modules

PURE: dict[str, set[str]] = {"domain": set(), "ledger": set()}
MAY_IMPORT: dict[str, set[str]] = {
    **PURE,
    "sight": {"domain", "ledger"},
    "pursuit": {"domain", "ledger", "sight"},
    "service": {"domain", "ledger", "sight", "pursuit"},
    "data": {"domain"},
    "registry": {"domain", "ledger", "sight", "pursuit", "service", "data"},
    "intake": {"domain", "ledger", "service"},
    "media": {"domain"},
    "city": {"domain"},
    "federation": {"domain", "ledger", "service"},
    "pursuers": {"domain", "ledger", "sight", "pursuit", "service"},
    "storage": {"domain", "ledger", "sight", "pursuit", "service"},
    "supervisor": set(),
}
# The faces and the assembly see everything but the simulated city, which only its own commands may start.
FACES = {"config", "logs", "wiring", "api", "cli", "demo", "demo_accounts"}
CITY_COMMANDS = {"city.py", "serve_city.py", "demo.py", "drill.py"}
# Third-party packages that a room may use where its place says something about that.
MAY_USE = {
    "sight": {"numpy", "numba"},
    "pursuit": {"numpy", "numba"},
    "registry": {"numpy", "osmium", "pyarrow", "shapefile", "shapely"},
    "service": {"numpy"},
    "pursuers": {"numpy", "structlog"},
}
MEDIA_NEVER = {"numba", "sqlalchemy", "shapely", "psycopg"}


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE / "bonghwa").parts[0].removesuffix(".py")


def rooms_imported(path: Path) -> set[str]:
    ours = (name.split(".") for name in imports_of(path) if name.startswith("bonghwa."))
    return {parts[1] for parts in ours} - {room_of(path), "__version__"}


def third_party(path: Path) -> set[str]:
    roots = {name.split(".")[0] for name in imports_of(path)}
    return roots - set(sys.stdlib_module_names) - {"bonghwa"}


MODULES = [path for path in modules() if room_of(path) != "__init__"]
NAMES = [str(path.relative_to(SOURCE)) for path in MODULES]


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_imports_only_rooms_to_its_left(path: Path) -> None:
    room = room_of(path)
    if room in FACES:
        allowed = {*MAY_IMPORT, *FACES} - (set() if path.name in CITY_COMMANDS else {"city"})
    else:
        assert room in MAY_IMPORT, f"bonghwa.{room} has no place in the layers"
        allowed = MAY_IMPORT[room]
    assert rooms_imported(path) <= allowed


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(path) in PURE])
def test_the_domain_and_the_ledger_use_the_standard_library_only(path: Path) -> None:
    assert third_party(path) == set()


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(path) in MAY_USE])
def test_a_room_uses_only_the_libraries_of_its_place(path: Path) -> None:
    assert third_party(path) <= MAY_USE[room_of(path)]


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(path) in ("media", "city")])
def test_a_gateway_and_the_city_carry_no_database_and_no_kernels(path: Path) -> None:
    assert not third_party(path) & MEDIA_NEVER


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(path) == "domain"])
def test_the_domain_takes_time_chance_and_surroundings_from_its_caller(path: Path) -> None:
    outside = {"os", "random", "secrets", "socket", "subprocess", "threading", "asyncio", "pathlib", "urllib", "time", "logging"}
    assert not {name.split(".")[0] for name in imports_of(path)} & outside
