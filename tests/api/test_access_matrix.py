"""Role x route x ownership: who may do what, as a committed table. A change of policy is a visible diff of that file.

Columns: nobody, a machine line, each role, the owner of the camera's district and another district, a responder of the incident.
Rows: every route of the application, asked about an incident of the tracking centre in Jung-gu, its grant and its camera.
"""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from bonghwa.api.app import ROUTES
from bonghwa.service import clips
from tests.api.house import House

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "access_matrix.txt"
CALLERS = (
    "nobody",
    "line:tracking_centre",
    "tracking_centre",
    "police112",
    "fire119",
    "disaster_room",
    "control_room",
    "중구",
    "부평구",
    "privacy_officer",
    "responder",
)
BODIES: dict[str, Any] = {
    "POST /session": {"name": "x", "password": "y"},
    "PATCH /incidents/{incident_id}": {"priority": 1, "reason": "r"},
    "POST /incidents/{incident_id}/acknowledge": {},
    "POST /incidents/{incident_id}/notes": {"text": "t"},
    "POST /incidents/{incident_id}/invite": {"agency": "fire119", "basis": "b"},
    "POST /incidents/{incident_id}/merge": {"into": "inc_none", "reason": "r"},
    "POST /incidents/{incident_id}/split": {"reports": ["rep_none"], "reason": "r"},
    "POST /incidents/{incident_id}/close": {"reason": "r", "disposition": "real"},
    "POST /incidents/{incident_id}/reopen": {"reason": "r"},
    "POST /incidents/{incident_id}/hide": {"reason": "r", "minutes": 30},
    "POST /incidents/{incident_id}/show": {"reason": "r"},
    "POST /incidents/{incident_id}/bad-picture": {"camera": "none"},
    "POST /incidents/{incident_id}/responders": {"label": "순찰 12"},
    "POST /responders/redeem": {"code": "none"},
    "POST /responders/{link_id}/revoke": {"reason": "r"},
    "POST /grants/{grant_id}/extend": {"minutes": 1, "reason": "r"},
    "POST /grants/{grant_id}/revoke": {"reason": "r"},
    "POST /grants/{grant_id}/approve": {"reason": "r"},
    "POST /grants/{grant_id}/deny": {"reason": "r"},
    "PUT /cameras/{camera_id}/mask": {"regions": [[[0, 0], [1, 0], [1, 1]]], "reason": "r"},
    "DELETE /cameras/{camera_id}/mask": {"reason": "r"},
    "POST /grants/{grant_id}/clips": "clip",
    "POST /clips/{clip_id}/stop": {},
    "POST /clips/{clip_id}/ticket": {},
    "POST /clips/{clip_id}/hold": {"reason": "r"},
    "POST /clips/{clip_id}/release": {"reason": "r"},
    "POST /views": "view",
    "POST /views/{view_id}/revoke": {"reason": "r"},
    "POST /duties": {"post": "관제석 1"},
    "POST /duties/{duty_id}/end": {},
    "POST /obligations/{obligation_id}/done": {"note": "n"},
    "POST /repairs/{repair_id}/done": {"note": "n"},
    "POST /cameras/{camera_id}/steer": "steer",
    "POST /cameras/{camera_id}/steer/request": "ask",
    "POST /drills": {"name": "robbery"},
    "POST /reports": "report",
}
VIDEO: dict[str, Any] = {
    "sha256": "0" * 64, "bytes": 1, "frames": 1, "codec": "avc1.42e01f", "width": 640, "height": 360, "longest_gap_ms": 0,
    "masked": False, "recoded": False,
    "cut_short": None,
}  # fmt: skip


class Scene:
    """A fresh incident of the tracking centre with a grant, a view, a link and a legal duty, for one question."""

    def __init__(self, house: House, number: int) -> None:
        self.house = house
        self.incident = house.opened("tracking_centre", "strap_cut", external_id=f"matrix-{number}")
        seen = house.incident("tracking_centre", self.incident)
        grant = next(g for g in seen["grants"] if g["owner"] == "junggu")
        self.grant, self.camera = grant["id"], grant["cameras"][0]
        self.view = house.call("tracking_centre", "POST", "/views", json={"grant": self.grant, "camera": self.camera}).json()["id"]
        order = {"camera": self.camera, "reason": "r"}
        self.clip = house.call("tracking_centre", "POST", f"/grants/{self.grant}/clips", json=order).json()["id"]
        house.change(lambda tx: clips.made(tx, self.clip, {**VIDEO, "from": tx.now, "to": tx.now}))
        link = house.call("tracking_centre", "POST", f"/incidents/{self.incident}/responders", json={"label": "순찰"}).json()
        self.link, self.obligation = link["id"], seen["duties"][0]["id"]
        self.responder = httpx.Client(base_url=f"{house.url}/api/v1", timeout=90)
        session = self.responder.post("/responders/redeem", json={"code": link["code"]}).json()
        self.responder.headers["X-Bonghwa-CSRF"] = session["csrf"]

    def over(self) -> None:
        """Close the incident, so that nothing of it stands in the next question's way."""
        self.responder.close()
        self.house.call("tracking_centre", "POST", f"/incidents/{self.incident}/close", json={"reason": "r", "disposition": "test"})

    def ask(self, caller: str, method: str, path: str) -> int:
        """The status of this call by this caller."""
        filled = path.replace("{path:path}", "{path}").format(
            incident_id=self.incident,
            grant_id=self.grant,
            view_id=self.view,
            clip_id=self.clip,
            link_id=self.link,
            obligation_id=self.obligation,
            camera_id=self.camera,
            duty_id="dty_none",
            repair_id="rpr_none",
            request_id="str_none",
            pursuit_id="pur_none",
            number="1",
            sha="none",
            path="0/000",
        )
        body = BODIES.get(f"{method} {path}")
        if body == "view":
            body = {"grant": self.grant, "camera": self.camera}
        elif body == "clip":
            body = {"camera": self.camera, "reason": "r"}
        elif body == "steer":
            body = {"act": "stop", "grant": self.grant}
        elif body == "ask":
            body = {"grant": self.grant, "text": "t"}
        elif body == "report":
            body = {
                "line": "tracking_centre",
                "kind": "strap_cut",
                "at": "2026-11-22T00:00:00Z",
                "external_id": f"m-{caller}-{self.incident}",
            }
        stream = path == "/events"
        if caller == "responder":
            return self._status(self.responder, method, filled, body, {}, stream)
        headers = {} if caller == "nobody" else {"Authorization": f"Bearer {self.house.token(caller)}"}
        return self._status(self.house.client, method, filled, body, headers, stream)

    @staticmethod
    def _status(client: httpx.Client, method: str, path: str, body: Any, headers: dict[str, str], stream: bool) -> int:
        if stream:
            with client.stream(method, path, headers=headers) as answer:
                return answer.status_code
        return client.request(method, path, json=body, headers=headers).status_code


def matrix(house: House) -> str:
    """The whole table as text."""
    lines = ["route | " + " | ".join(CALLERS)]
    number = 0
    for method, path, _ in ROUTES:
        row, scene = [], None
        for caller in CALLERS:
            if scene is None:
                number += 1
                scene = Scene(house, number)
            row.append(str(scene.ask(caller, method, path)))
            if method != "GET" and row[-1].startswith("2"):  # it changed something: the next caller meets a fresh scene
                scene.over()
                scene = None
            if path == "/duties" and method == "POST":
                _end_duties(house, caller)
        if scene is not None:
            scene.over()
        lines.append(f"{method} {path} | " + " | ".join(row))
    return "\n".join(lines) + "\n"


def _end_duties(house: House, caller: str) -> None:
    if caller in ("nobody", "responder") or caller.startswith("line:"):
        return
    for duty in house.call(caller, "GET", "/duties").json()["items"]:
        house.call(caller, "POST", f"/duties/{duty['id']}/end", json={})


@pytest.mark.timeout(600)
def test_the_access_matrix_is_the_committed_one(town, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Set BONGHWA_WRITE_GOLDEN=1 to write the table anew and look at its diff."""
    from tests.api.house import copy_town, running

    with running(copy_town(town[0], tmp_path / "data"), town[1], requests_per_minute=10_000_000) as house:
        house.gateways_up()
        found = matrix(house)
    if os.environ.get("BONGHWA_WRITE_GOLDEN"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


def test_every_route_refuses_a_caller_without_credential_but_the_public_ones() -> None:
    public = {"POST /session", "POST /responders/redeem"} | {f"GET /ledger/{part}" for part in ("checkpoint", "vkey", "tile/{path:path}")}
    for line in GOLDEN.read_text(encoding="utf-8").splitlines()[1:]:
        route, nobody, *_ = line.split(" | ")
        assert (nobody == "401") == (route not in public or route == "POST /session"), line


def test_no_outside_agency_touches_the_tracking_centres_incident_grant_or_view() -> None:
    header, *lines = (line.split(" | ") for line in GOLDEN.read_text(encoding="utf-8").splitlines())
    for row in lines:
        if any(part in row[0] for part in ("{incident_id}", "{grant_id}", "{view_id}", "{clip_id}")):
            for outsider in ("police112", "fire119", "disaster_room", "control_room", "부평구"):
                assert row[header.index(outsider)] in ("403", "404"), (row[0], outsider)
