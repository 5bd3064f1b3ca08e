"""Who steers a camera, how long it is held, and when it goes home: the rules alone."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bonghwa.domain import steering
from bonghwa.domain.agency import ROLES, Caller
from bonghwa.domain.camera import PURPOSES
from bonghwa.domain.grant import US, Grant
from bonghwa.domain.incident import Incident, Part
from bonghwa.domain.steering import HOLD_US, STILL, Hold, Velocity
from bonghwa.domain.view import Duty

NOW = 1_800_000_000 * US
ROOM = Caller("acc1", "관제요원", "district", "junggu", owns=frozenset({"junggu"}))
DUTY = Duty("d1", "acc1", "관제요원", "junggu", "관제석 3", NOW - US, NOW + 3600 * US)
INCIDENT = Incident("i1", "B-0001", "control_room", "robbery", 1, "working", False, NOW - US, "junggu", (Part("junggu", NOW - US),))
GRANT = Grant(
    "g1", "i1", "junggu", "junggu", "J-1", "h", "1", "basis", "purpose", "active", ("c1",), 30, NOW - US, expires_at=NOW + 600 * US
)
HOLD = Hold("c1", "junggu", "acc1", "junggu", "관제석 3", NOW, NOW, duty="d1", turned=True)
US_INTS = st.integers(-100 * US, 100 * US)


def under_grant(caller=ROOM, grant=GRANT, incident=INCIDENT, camera="c1", purpose="생활방범", now=NOW):  # type: ignore[no-untyped-def]
    return steering.may_steer_under_grant(caller, grant, incident, camera, purpose, (), now)


def test_the_owners_room_steers_on_duty_and_under_its_own_grant() -> None:
    assert steering.may_steer_on_duty(ROOM, DUTY, "junggu", (), NOW) is None
    assert under_grant() is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"caller": replace(ROOM, agency="police112", role="police112", owns=frozenset())}, "other_agency"),
        ({"grant": replace(GRANT, owner="donggu")}, "only_owner_steers"),
        ({"grant": replace(GRANT, state="revoked")}, "grant_revoked"),
        ({"camera": "c2"}, "camera_not_granted"),
        ({"incident": replace(INCIDENT, state="closed")}, "incident_closed"),
        ({"now": NOW + 600 * US}, "grant_expired"),
        ({"purpose": "쓰레기단속"}, "not_its_purpose"),
        ({"purpose": "교통단속"}, "not_its_purpose"),
    ],
)
def test_each_missing_ground_is_a_reason(change, reason) -> None:  # type: ignore[no-untyped-def]
    refused = under_grant(**change)
    assert refused is not None
    assert refused.code == reason


@given(st.sampled_from(ROLES), st.booleans(), st.sampled_from(["junggu", "donggu"]))
def test_no_agency_steers_what_is_not_its_own(role, owns, owner) -> None:  # type: ignore[no-untyped-def]
    caller = replace(ROOM, role=role, agency="other", owns=frozenset({"other"} if owns else ()))
    grant = replace(GRANT, agency="other", owner=owner)
    incident = replace(INCIDENT, parts=(Part("other", NOW - US),))
    assert under_grant(caller=caller, grant=grant, incident=incident) is not None
    assert steering.may_steer_on_duty(caller, DUTY, owner, (), NOW) is not None


@pytest.mark.parametrize(("purpose", "kind", "fits"), [
    ("생활방범", "robbery", True), ("다목적", "flood", True), ("재난재해", "flood", True), ("재난재해", "robbery", False),
    ("차량방범", "hit_and_run", True), ("차량방범", "missing_child", False), ("쓰레기단속", "fire", False),
])  # fmt: skip
def test_a_camera_is_turned_for_what_it_was_set_up_for(purpose: str, kind: str, fits: bool) -> None:
    assert purpose in PURPOSES
    assert steering.fits_purpose(purpose, kind) is fits


@given(US_INTS)
@example(HOLD_US)
@example(HOLD_US - 1)
def test_a_camera_is_held_for_ten_seconds_after_its_last_act_and_not_one_microsecond_longer(later: int) -> None:
    now = NOW + later
    assert steering.held_by_another(HOLD, "somebody else", now) == (now < NOW + HOLD_US)
    assert not steering.held_by_another(HOLD, "acc1", now)
    assert (steering.over(HOLD, DUTY, None, None, now) == "idle") == (now >= NOW + HOLD_US)


@pytest.mark.parametrize(
    ("hold", "duty", "grant", "incident", "now", "reason"),
    [
        (HOLD, replace(DUTY, ended_at=NOW), None, None, NOW, "duty_ended"),
        (HOLD, None, None, None, NOW, "duty_ended"),
        (HOLD, replace(DUTY, ends_by=NOW + US), None, None, NOW + US, "duty_ended"),
        (replace(HOLD, duty=None, grant="g1"), None, GRANT, INCIDENT, NOW, None),
        (replace(HOLD, duty=None, grant="g1"), None, GRANT, replace(INCIDENT, state="closed"), NOW, "closed"),
        (replace(HOLD, duty=None, grant="g1"), None, replace(GRANT, state="ended"), INCIDENT, NOW, "grant_ended"),
        (replace(HOLD, duty=None, grant="g1"), None, replace(GRANT, cameras=()), INCIDENT, NOW, "grant_ended"),
    ],
)
def test_a_hold_ends_with_its_ground(hold, duty, grant, incident, now, reason) -> None:  # type: ignore[no-untyped-def]
    assert steering.over(hold, duty, grant, incident, now) == reason


def test_a_repeat_of_the_same_move_is_no_new_move() -> None:
    right, left = Velocity(pan=0.5), Velocity(pan=-0.5)
    hold = steering.moved(replace(HOLD, velocity=STILL, turned=False), right, NOW)
    assert hold.turned
    assert not steering.begins(hold, right, NOW + US)
    assert steering.begins(hold, left, NOW + US)
    assert steering.begins(hold, right, NOW + 3 * US)
    assert steering.begins(steering.stopped(hold, NOW), right, NOW + US)


def test_only_a_camera_that_was_turned_has_a_way_home() -> None:
    assert not steering.stopped(replace(HOLD, turned=False), NOW).turned
    assert steering.stopped(HOLD, NOW).turned
    assert not steering.stopped(HOLD, NOW, at_home=True).turned
