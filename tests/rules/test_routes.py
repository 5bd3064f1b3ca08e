"""docs/api.md and the hub agree on every route: none undocumented, none promised that is not there."""

import re

from bonghwa.api.app import ROUTES
from bonghwa.api.running import ROOT_ROUTES

from .checkout import ROOT

CODE = re.compile(r"`([^`]+)`")
CALL = re.compile(r"^(?:(GET|POST|PUT|PATCH|DELETE) )?(/\S*)")


def shape(method: str, path: str) -> tuple[str, str]:
    """A route whatever its parameters are called."""
    bare = path.partition("?")[0].rstrip(".,;")
    return method, re.sub(r"\{[^}]*\}", "{}", bare.replace("/tile/", "/tile/{}") if bare.endswith("/tile/") else bare)


def documented() -> set[tuple[str, str]]:
    """Every call that docs/api.md names in code; `/revoke` after `POST /grants/{id}/extend` is its sibling."""
    found: set[tuple[str, str]] = set()
    for line in (ROOT / "docs" / "api.md").read_text(encoding="utf-8").splitlines():
        method, before = "", ""
        for code in CODE.findall(line):
            call = CALL.match(code)
            if not call:
                continue
            path = call[2]
            if call[1]:
                method = call[1]
            elif not method:
                continue
            elif path.count("/") == 1:
                path = before.rpartition("/")[0] + path
            before = path.partition("?")[0]
            found.add(shape(method, path))
    return found


def served() -> set[tuple[str, str]]:
    return {shape(method, path) for method, path, _ in (*ROUTES, *ROOT_ROUTES)}


def test_every_route_is_documented() -> None:
    assert sorted(served() - documented()) == []


def test_every_documented_route_is_served() -> None:
    others = {("GET", "/openapi.json"), ("GET", "/control")}
    assert sorted(documented() - served() - others) == []


def test_no_route_is_listed_twice() -> None:
    routes = [shape(method, path) for method, path, _ in (*ROUTES, *ROOT_ROUTES)]
    assert len(routes) == len(set(routes))
