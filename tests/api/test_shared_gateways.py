"""Several gateways of one owner: each is told of its own share, and all of them when it ends."""

import pytest

from bonghwa.config import GatewayEntry
from bonghwa.storage.sql import journal
from tests.api.house import build_town, running

NAMES = ("gw1", "gw1b", "gw1c")


@pytest.fixture
def house(tmp_path):
    credentials = build_town(tmp_path / "data")
    gateways = tuple(GatewayEntry(name, ("junggu", "donggu", "bupyeong")) for name in NAMES)
    with running(tmp_path / "data", credentials, gateways=gateways) as running_house:
        running_house.gateways_up()
        yield running_house


def told(house, gateway):
    """What a gateway was told, in order."""
    return [message for _, message in house.change(lambda tx: journal.control_after(tx.connection, gateway, f"boot-{gateway}", 0))]


def test_a_camera_is_pulled_by_one_gateway_and_its_view_is_opened_there(house):
    incident = house.incident("tracking_centre", house.opened("tracking_centre", "strap_cut"))
    grants = {grant["id"]: set(grant["cameras"]) for grant in incident["grants"] if grant["state"] == "active"}
    shares = {name: [message for message in told(house, name) if message["t"] == "prefetch"] for name in NAMES}
    for grant, cameras in grants.items():
        pulled = [camera for name in NAMES for message in shares[name] if message["grant"] == grant for camera in message["cameras"]]
        assert sorted(pulled) == sorted(cameras), "each camera once over all gateways"
    assert len({name for name in NAMES for message in shares[name] if message["cameras"]}) > 1
    seats = {camera: name for name in NAMES for message in shares[name] for camera in message["cameras"]}
    grant, cameras = next(iter(grants.items()))
    for camera in sorted(cameras):
        answer = house.call("tracking_centre", "POST", "/views", json={"grant": grant, "camera": camera})
        assert answer.status_code == 201, answer.text
        [view] = house.change(lambda tx, camera=camera: tx.views.find(camera=camera, state="open"))
        assert view.gateway == seats[camera]


def test_every_gateway_of_the_owner_hears_that_the_grant_is_over(house):
    incident = house.opened("tracking_centre", "strap_cut")
    grants = {grant["id"] for grant in house.incident("tracking_centre", incident)["grants"] if grant["state"] == "active"}
    house.call("tracking_centre", "POST", f"/incidents/{incident}/close", json={"reason": "끝", "disposition": "real"})
    for name in NAMES:
        revoked = {grant for message in told(house, name) if message["t"] == "revoke" for grant in message["grants"]}
        assert grants <= revoked
