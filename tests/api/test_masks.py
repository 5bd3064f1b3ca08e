"""Masks at the hub: set by the owner alone, checked, logged, told to the gateway; lifted only by a right that an agreement gives."""

import base64
import json
from typing import Any

import pytest

from bonghwa.service import masking
from bonghwa.storage.sql import journal
from tests.api.house import House

DOOR = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.6], [0.1, 0.6]]


def camera_of(house: House, incident: str, who: str) -> tuple[str, str]:
    grant = next(g for g in house.incident(who, incident)["grants"] if g["owner"] == "junggu" and g["agency"] == who)
    return grant["id"], grant["cameras"][0]


def mask(house: House, camera: str, who: str = "중구", regions: Any = None) -> Any:
    body = {"regions": [DOOR] if regions is None else regions, "reason": "주택 창문"}
    return house.call(who, "PUT", f"/cameras/{camera}/mask", json=body)


def claims(view: dict[str, Any]) -> dict[str, Any]:
    body = view["ticket"].split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def logged(house: House, act: str) -> list[dict[str, Any]]:
    with house.hub.engine.connect() as connection:
        return [body for _, _, _, body in journal.bodies(connection, [act], 0)]


def test_an_owner_masks_its_camera_and_the_gateway_and_the_ledger_know(shared_house: House) -> None:
    house = shared_house
    _, camera = camera_of(house, house.opened("tracking_centre", "strap_cut"), "tracking_centre")
    assert house.call("중구", "GET", f"/cameras/{camera}/mask").json()["regions"] == []
    answer = mask(house, camera)
    assert (answer.status_code, answer.json()["regions"]) == (200, [DOOR])
    with house.hub.engine.connect() as connection:
        told = [body for _, body in journal.control_after(connection, "gw1", "boot-gw1", 0) if body["t"] == "mask"]
    assert (told[-1]["camera"], told[-1]["regions"]) == (camera, [DOOR])
    assert logged(house, "mask:set")[0]["reason"] == "주택 창문"
    gone = house.call("중구", "DELETE", f"/cameras/{camera}/mask", json={"reason": "창문 가림 설치"})
    assert (gone.status_code, gone.json()["regions"]) == (200, [])
    assert logged(house, "mask:removed")[0]["camera"] == camera
    assert house.call("중구", "DELETE", f"/cameras/{camera}/mask", json={"reason": "r"}).json()["code"] == "no_mask"
    # A gateway that starts now is told that there is none, with a number that no older order passes.
    said = house.change(lambda tx: masking.told_to(tx, ("junggu",)))[camera]
    assert said["regions"] == []
    assert said["rev"] > told[-1]["rev"]


@pytest.mark.parametrize(
    ("regions", "field"),
    [
        ([], "regions"),
        ([DOOR] * 17, "regions"),
        ([DOOR, DOOR[:2]], "regions.1"),
        ([[[0.1, 0.1]] * 33], "regions.0"),
        ([[[0.1, 0.1], [0.2, 1.2], [0.3, 0.3]]], "regions.0.1"),
        ([[[0.1, 0.1], [0.2], [0.3, 0.3]]], "regions.0.1"),
        ([[[0.1, 0.1], [0.1, 0.1], [0.1, 0.1]]], "regions.0"),
    ],
)
def test_a_region_that_is_none_is_refused_by_name(shared_house: House, regions: Any, field: str) -> None:
    house = shared_house
    _, camera = camera_of(house, house.opened("tracking_centre", "strap_cut"), "tracking_centre")
    answer = mask(house, camera, regions=regions)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_nobody_masks_another_owners_camera_or_looks_at_its_mask(shared_house: House) -> None:
    house = shared_house
    _, camera = camera_of(house, house.opened("tracking_centre", "strap_cut"), "tracking_centre")
    for who, status in (("부평구", 404), ("tracking_centre", 403), ("control_room", 403), ("privacy_officer", 403)):
        assert mask(house, camera, who).status_code == status
        assert house.call(who, "GET", f"/cameras/{camera}/mask").status_code == status


def test_only_a_clause_that_says_so_lifts_a_mask_and_the_ledger_says_how_each_view_saw(shared_house: House) -> None:
    house = shared_house
    seen = {}
    for who, line, kind in (("tracking_centre", "tracking_centre", "strap_cut"), ("fire119", "fire119", "fire")):
        grant, camera = camera_of(house, house.opened(line, kind), who)
        assert mask(house, camera).status_code == 200
        view = house.call(who, "POST", "/views", json={"grant": grant, "camera": camera}).json()
        seen[who] = (view["sight"], claims(view).get("unmasked"), logged(house, "ticket:issued")[0]["sight"])
        again = house.call(who, "POST", f"/views/{view['id']}/ticket").json()
        assert again["sight"] == view["sight"]
        assert claims(again).get("unmasked") == claims(view).get("unmasked")
        house.call("중구", "DELETE", f"/cameras/{camera}/mask", json={"reason": "r"})
    assert seen == {"tracking_centre": ("masked", None, "masked"), "fire119": ("unmasked", True, "unmasked")}


def test_on_duty_the_owner_sees_its_cameras_whole_and_the_entrusted_room_sees_them_masked(shared_house: House) -> None:
    house = shared_house
    _, camera = camera_of(house, house.opened("tracking_centre", "strap_cut"), "tracking_centre")
    mask(house, camera)
    seen = {}
    for who in ("중구", "control_room"):
        duty = house.call(who, "POST", "/duties", json={"post": "관제석 1"}).json()["id"]
        view = house.call(who, "POST", "/views", json={"duty": duty, "camera": camera}).json()
        seen[who] = (view["sight"], claims(view).get("unmasked"))
        house.call(who, "POST", f"/duties/{duty}/end", json={})
    assert seen == {"중구": ("unmasked", True), "control_room": ("masked", None)}
    house.call("중구", "DELETE", f"/cameras/{camera}/mask", json={"reason": "r"})
