"""The decision is total, default-deny, and an error in it is a denial; whatever is asked, nothing opens without all its limits."""

import contextlib
import datetime as dt
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bonghwa.domain import grant as grants
from bonghwa.domain.access import Allowed, Denied, Question, decide, may_open, may_watch_on_duty
from bonghwa.domain.agency import Caller
from bonghwa.domain.agreement import Agreement, Clause
from bonghwa.domain.alarm import LINES
from bonghwa.domain.errors import Conflict
from bonghwa.domain.grant import US, Grant
from bonghwa.domain.incident import Incident, Part
from bonghwa.domain.view import Duty

NOW = 1_795_316_400_000_000
LINE_KINDS = [(line, kind) for line, kinds in LINES.items() for kind in kinds]
clauses = st.builds(
    lambda pair, approval, codes, when, hours: Clause(
        "c", "t", (pair[0],), (pair[1],), tuple(codes), "p", "b", approval, when, 100.0, 3, 10, 10, (), hours
    ),
    st.sampled_from(LINE_KINDS),
    st.sampled_from(["auto", "ask", "confirm", "deny"]),
    st.lists(st.integers(0, 4), min_size=1, unique=True),
    st.sampled_from(["received", "invited", "any"]),
    st.tuples(st.integers(0, 1439), st.integers(1, 1440)),
)
agreements = st.builds(
    lambda clauses_, party, owner, start: Agreement(
        "a", 1, "t", dt.date(2026, 1, 1) + dt.timedelta(days=start), dt.date(2026, 12, 31), (party,), (owner,), tuple(clauses_), "h"
    ),
    st.lists(clauses, max_size=6),
    st.sampled_from(["police112", "fire119"]),
    st.sampled_from(["junggu", "donggu"]),
    st.integers(0, 360),
)
questions = st.builds(
    lambda agency, owner, pair, code, flags, now: Question(agency, owner, *pair, code, *flags, now),
    st.sampled_from(["police112", "fire119", "nobody"]),
    st.sampled_from(["junggu", "donggu"]),
    st.sampled_from(LINE_KINDS),
    st.integers(0, 4),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.integers(NOW - 400 * 86_400 * US, NOW + 400 * 86_400 * US),
)


@given(questions, st.lists(agreements, max_size=4))
def test_whatever_is_allowed_is_open_taken_part_in_between_these_two_in_force_and_never_under_a_deny(
    question: Question, law: list[Agreement]
) -> None:
    answer = decide(question, law)
    if isinstance(answer, Allowed):
        day = dt.datetime.fromtimestamp(question.now / US, dt.timezone(dt.timedelta(hours=9))).date()
        assert question.incident_open
        assert question.takes_part
        assert question.agency in answer.agreement.parties
        assert question.owner in answer.agreement.owners
        assert answer.agreement.valid_on(day)
        assert answer.clause in answer.agreement.clauses
        assert answer.clause.approval != "deny"
        assert question.kind in answer.clause.kinds
        assert question.code in answer.clause.codes


@given(questions, st.lists(agreements, max_size=3), clauses)
def test_adding_a_deny_for_the_same_question_always_denies(question: Question, law: list[Agreement], clause: Clause) -> None:
    deny = replace(
        clause,
        id="no",
        lines=(question.line,),
        kinds=(question.kind,),
        codes=(question.code,),
        approval="deny",
        when="any",
        hours=(0, 1440),
    )
    more = Agreement("deny", 1, "t", dt.date(2000, 1, 1), dt.date(2099, 1, 1), (question.agency,), (question.owner,), (deny,), "h")
    assert isinstance(decide(question, [*law, more]), Denied)


def test_an_error_in_deciding_is_a_denial() -> None:
    broken: Any = [object()]
    answer = decide(Question("police112", "junggu", "police112", "robbery", 0, True, True, False, NOW), broken)
    assert isinstance(answer, Denied)
    assert answer.reason.code == "decision_failed"


def active(**changes: Any) -> Grant:
    asked = Grant("g", "i", "police112", "junggu", "P", "h", "1", "b", "p", "asked", ("c1", "c2"), 10, NOW)
    return replace(grants.activate(asked, NOW), **changes)


def incident(**changes: Any) -> Incident:
    whole = Incident("i", "I-1", "police112", "robbery", 0, "new", False, NOW, "police112", (Part("police112", NOW),))
    return replace(whole, **changes)


POLICE = Caller("a", "n", "police112", "police112")
ON_THE_WAY = Caller("l", "n", "responder", "responders", incident="i")


@given(
    caller=st.sampled_from(
        [POLICE, replace(POLICE, agency="fire119"), replace(POLICE, role="district"), ON_THE_WAY]
    ),
    state=st.sampled_from(["asked", "active", "denied", "revoked", "expired", "ended"]),
    camera=st.sampled_from(["c1", "c2", "c9"]),
    at=st.integers(NOW - US, NOW + 20 * 60 * US),
    closed=st.booleans(),
    part_closed=st.booleans(),
)  # fmt: skip
def test_no_frame_without_a_live_grant_of_the_own_agency_over_that_camera_in_an_open_incident(
    caller: Caller, state: Any, camera: str, at: int, closed: bool, part_closed: bool
) -> None:
    grant = active(state=state)
    about = incident(state="closed" if closed else "new", parts=(Part("police112", NOW, closed_at=NOW if part_closed else None),))
    if may_open(caller, grant, about, camera, at) is None:
        assert caller.agency == "police112"
        assert state == "active"
        assert camera in grant.cameras
        assert at < NOW + 10 * 60 * US
        assert not closed
        assert not part_closed


def test_a_responder_sees_only_its_own_incident_under_the_responders_grant() -> None:
    grant = active(agency="responders")
    assert may_open(Caller("l", "n", "responder", "responders", incident="i"), grant, incident(), "c1", NOW) is None
    assert may_open(Caller("l", "n", "responder", "responders", incident="other"), grant, incident(), "c1", NOW) is not None


def test_duty_watching_is_for_ones_own_or_entrusted_cameras_in_ones_own_running_session() -> None:
    entrusts = Agreement(
        "C", 1, "t", dt.date(2026, 1, 1), dt.date(2026, 12, 31), ("control_room",), ("junggu",), (), "h", False, ("junggu",)
    )
    room, district = Caller("a", "n", "control_room", "control_room"), Caller("d", "n", "district", "donggu", owns=frozenset({"donggu"}))
    duty = Duty("d", "a", "n", "control_room", "1", NOW, NOW + US)
    own = Duty("e", "d", "n", "donggu", "1", NOW, NOW + US)
    assert may_watch_on_duty(room, duty, "junggu", (entrusts,), NOW) is None
    assert may_watch_on_duty(district, own, "donggu", (), NOW) is None
    refused = [
        may_watch_on_duty(room, duty, "donggu", (entrusts,), NOW),
        may_watch_on_duty(room, duty, "junggu", (), NOW),
        may_watch_on_duty(room, duty, "junggu", (entrusts,), NOW + US),
        may_watch_on_duty(room, replace(duty, ended_at=NOW), "junggu", (entrusts,), NOW),
        may_watch_on_duty(room, replace(duty, account="b"), "junggu", (entrusts,), NOW),
        may_watch_on_duty(district, own, "junggu", (), NOW),
        may_watch_on_duty(replace(POLICE, account="a"), duty, "junggu", (entrusts,), NOW),
    ]
    assert [reason.code if reason else None for reason in refused] == [
        "not_own_camera", "not_own_camera", "shift_over", "duty_ended", "other_duty", "not_own_camera", "not_own_camera",
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 900)), max_size=12))
def test_extending_never_passes_the_clauses_limit_from_now(steps: list[tuple[int, int]]) -> None:
    grant, now = active(), NOW
    for minutes, later in steps:
        now += later * US
        with contextlib.suppress(Conflict):
            grant = grants.extend(grant, minutes, now, 30)
        assert grant.expires_at is not None
        assert grant.expires_at <= max(now + 30 * 60 * US, NOW + 10 * 60 * US)


@given(st.lists(st.sampled_from(["denied", "revoked", "expired", "ended"]), min_size=1, max_size=4))
def test_a_grant_that_ended_never_comes_back(ends: list[Any]) -> None:
    grant = grants.end(active(), "ended" if ends[0] == "denied" else ends[0], NOW, "r")
    first = grant.state
    for state in ends:
        grant = grants.end(grant, state, NOW + 1, "again")
    assert grant.state == first
    assert not grant.covers("c1", NOW)
