"""Triage of a wearer's alarms: repeats together, ranked with reasons, hidden only with a reason and an end, nothing ever lost."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bonghwa.domain import hiding, triage
from bonghwa.domain.alarm import DEFAULT_CODE, LINES, SERIOUSNESS
from bonghwa.domain.incident import Incident, Part, Place, Report, SetAside, leading, more_urgent, rise, rises
from bonghwa.domain.triage import MINUTE_US, Case

NOON = 1_763_780_400_000_000 - 1_763_780_400_000_000 % (24 * 60 * MINUTE_US) + 3 * 60 * MINUTE_US  # 12:00 in Korea
HOME = Place(37.4715, 126.6255, 15.0)
KINDS = LINES["tracking_centre"]


def east(metres: float) -> Place:
    """A place so far east of home."""
    return replace(HOME, lon=HOME.lon + metres / 88_400)


def alarm(kind: str, minute: float = 0, place: Place | None = HOME, number: int = 0, **more: object) -> Report:
    at = NOON + int(minute * MINUTE_US)
    given_ = {"id": f"rep_{minute:09.3f}_{number}", "external_id": f"{minute}-{kind}-{number}", "received_at": at, "at": at, **more}
    return Report(line="tracking_centre", kind=kind, body_hash="", state="accepted", place=place, subject="W-1", **given_)  # type: ignore[arg-type]


def incident(reports: list[Report], **more: object) -> Incident:
    """The incident that these reports make, in the order they came in."""
    first = reports[0]
    made = Incident(
        id="inc_1", number="T-0001", line="tracking_centre", kind=first.kind, priority=first.code, state="new", drill=False,
        opened_at=first.moment, owner="tracking_centre", parts=(Part("tracking_centre", first.moment),), subject="W-1",
    )  # fmt: skip
    for report in reports[1:]:
        kind, priority = more_urgent(made, report)
        made = replace(made, kind=kind, priority=priority)
    return replace(made, **more)  # type: ignore[arg-type]


def case(reports: list[Report], recorded: bool = False, **more: object) -> Case:
    return triage.case_of(incident(reports, **more), reports, recorded)


def codes(found: Case) -> set[str]:
    return {reason.code for reason in triage.rank(found).why}


def every_minute(kind: str, count: int, start: float = 0, place: Place = HOME, step: float = 1) -> list[Report]:
    return [alarm(kind, start + n * step, place) for n in range(count)]


places = st.one_of(st.none(), st.integers(0, 400).map(east))
alarms = st.builds(
    lambda kind, minute, place, moving: (kind, minute, place, moving),
    st.sampled_from(KINDS),
    st.integers(0, 180),
    places,
    st.sampled_from([None, None, True, False]),
)


@st.composite
def days(draw: st.DrawFn) -> list[Report]:
    """What one wearer's device may send in three hours, in the order it comes in."""
    rows = draw(st.lists(alarms, min_size=1, max_size=40))
    return [alarm(kind, minute, place, number, moving=moving) for number, (kind, minute, place, moving) in enumerate(rows)]


def test_the_order_of_seriousness_agrees_with_the_codes() -> None:
    assert set(SERIOUSNESS) == set(KINDS)
    assert [DEFAULT_CODE[kind] for kind in SERIOUSNESS] == sorted(DEFAULT_CODE[kind] for kind in SERIOUSNESS)


@given(days())
def test_every_alarm_is_in_exactly_one_spell_and_none_is_lost(reports: list[Report]) -> None:
    spells = triage.spells_of(reports)
    assert sorted(one.id for spell in spells for one in spell.reports) == sorted(one.id for one in reports)
    for spell in spells:
        assert {one.kind for one in spell.reports} == {spell.kind}
        assert spell.last_at - spell.first_at < triage.SPELL_US
        places_ = [one.place for one in spell.reports if one.place]
        assert all(triage.near(places_[0], place) for place in places_)


@given(days(), st.randoms(use_true_random=False))
def test_the_order_in_which_alarms_come_in_changes_neither_groups_nor_rank_nor_hiding(reports: list[Report], chance: object) -> None:
    mixed = list(reports)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = case(reports), case(mixed, opened_at=reports[0].moment)
    now = NOON + 190 * MINUTE_US
    assert one.spells == other.spells
    assert (one.lead, one.incident.priority) == (other.lead, other.incident.priority)
    assert triage.rank(one) == triage.rank(other)
    assert hiding.hidden(one, now) == hiding.hidden(other, now)


@given(days(), days())
def test_a_more_serious_code_never_comes_below_a_less_serious_one(reports: list[Report], others: list[Report]) -> None:
    one, other = case(reports), case(others)
    if DEFAULT_CODE[one.lead] < DEFAULT_CODE[other.lead]:
        assert triage.order(one.incident, triage.rank(one)) < triage.order(other.incident, triage.rank(other))


@given(st.lists(days(), min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_queues_order_is_total_and_the_same_however_it_is_asked(groups: list[list[Report]], chance: object) -> None:
    rows = [(one := case(reports, id=f"inc_{n}"), triage.order(one.incident, triage.rank(one))) for n, reports in enumerate(groups)]
    ranked = [row[0].incident.id for row in sorted(rows, key=lambda row: row[1])]
    chance.shuffle(rows)  # type: ignore[attr-defined]
    assert [row[0].incident.id for row in sorted(rows, key=lambda row: row[1])] == ranked
    assert len({row[1] for row in rows}) == len(rows)


@given(days(), st.integers(0, 400), st.one_of(st.none(), st.tuples(st.integers(0, 180), st.integers(1, 240), st.booleans())))
def test_hiding_always_has_a_reason_and_an_end_and_never_takes_a_cut_strap(
    reports: list[Report], minute: int, word: tuple[int, int, bool] | None
) -> None:
    at = None if word is None else NOON + word[0] * MINUTE_US
    aside = None if word is None or at is None else SetAside(at, at + word[1] * MINUTE_US, "담당", "같은 경보", word[2])
    found, now = case(reports, set_aside=aside), NOON + minute * MINUTE_US
    away = hiding.hidden(found, now)
    if away is not None:
        assert away.why.code in {"said_again", "hidden_by_hand"}
        assert now < away.until <= now + hiding.LONGEST_MINUTES * MINUTE_US + 180 * MINUTE_US
        assert found.lead not in hiding.NEVER_HIDDEN
        assert hiding.hidden(found, away.until) is None or hiding.hidden(found, away.until).until > away.until  # type: ignore[union-attr]
    assert hiding.hidden(found, NOON + 24 * 60 * MINUTE_US) is None


@settings(max_examples=60)
@given(st.permutations(["low_battery", "low_battery", "device_fault", "location_lost", "strap_cut"]))
def test_a_cut_strap_leads_whatever_came_before_or_after_it(kinds: list[str]) -> None:
    found = case([alarm(kind, n) for n, kind in enumerate(kinds)])
    assert found.lead == "strap_cut"
    assert hiding.hidden(found, NOON + 5 * MINUTE_US) is None


def test_a_flat_battery_sent_with_the_highest_code_does_not_take_the_place_of_a_breach() -> None:
    found = case([alarm("curfew_breach"), alarm("low_battery", 1, priority=0)])
    assert (found.lead, found.incident.priority) == ("curfew_breach", 2)


def test_a_breach_leads_a_suspicion_of_the_same_code() -> None:
    assert case([alarm("location_lost"), alarm("curfew_breach", 1)]).lead == "curfew_breach"
    assert case([alarm("interference"), alarm("exclusion_zone", 1)]).lead == "exclusion_zone"
    assert leading([alarm("low_battery"), alarm("strap_cut", 1), alarm("location_lost", 2)]).kind == "strap_cut"


def test_twenty_three_low_batteries_are_one_spell_that_says_so() -> None:
    found = case(every_minute("low_battery", 23))
    away = hiding.hidden(found, NOON + 23 * MINUTE_US)
    assert len(found.spells) == 1
    assert away is not None
    assert away.why.values == {"kind": "low_battery", "count": 23, "since": "12:00", "last": "12:22"}
    assert away.until == NOON + 60 * MINUTE_US


def test_an_alarm_every_minute_for_seventy_minutes_is_two_spells_and_the_second_shows_first() -> None:
    reports = every_minute("low_battery", 70)
    assert [spell.count for spell in case(reports).spells] == [60, 10]
    assert hiding.hidden(case(reports[:61]), NOON + 60 * MINUTE_US) is None


def test_the_first_two_low_batteries_show_and_the_third_is_hidden() -> None:
    assert hiding.hidden(case(every_minute("low_battery", 2)), NOON + 2 * MINUTE_US) is None
    assert hiding.hidden(case(every_minute("low_battery", 3)), NOON + 2 * MINUTE_US) is not None


def test_a_hidden_battery_shows_again_with_another_kind_another_place_a_faster_beat_and_after_an_hour() -> None:
    quiet, now = every_minute("low_battery", 5), NOON + 6 * MINUTE_US
    assert hiding.hidden(case(quiet), now) is not None
    for more in (alarm("device_fault", 5), alarm("location_lost", 5), alarm("low_battery", 5, east(130))):
        assert hiding.hidden(case([*quiet, more]), now) is None
    fast = [*every_minute("low_battery", 6, step=5), *every_minute("low_battery", 12, start=31, step=0.5)]
    assert hiding.hidden(case(fast), NOON + 37 * MINUTE_US) is None
    assert hiding.hidden(case(quiet), NOON + 60 * MINUTE_US) is None


def test_what_the_line_raised_is_not_hidden_by_a_rule() -> None:
    assert hiding.hidden(case([alarm("low_battery", n, priority=1) for n in range(5)]), NOON + 5 * MINUTE_US) is None


def test_what_a_person_hid_comes_back_with_another_kind_another_place_or_twice_as_many() -> None:
    told = [alarm("curfew_breach", n) for n in range(4)]
    word = SetAside(NOON + 4 * MINUTE_US, NOON + 64 * MINUTE_US, "담당", "집 앞", hidden=True)
    now = NOON + 20 * MINUTE_US
    same = alarm("curfew_breach", 6)
    assert hiding.hidden(case([*told, same], set_aside=word), now) is not None
    for more, code in ((alarm("low_battery", 6), "back_kind"), (alarm("curfew_breach", 6, east(150)), "back_place")):
        found = case([*told, more], set_aside=word)
        assert hiding.hidden(found, now) is None
        assert getattr(hiding.back_because(found, word), "code", None) == code
    many = case([*told, *[alarm("curfew_breach", 5 + n) for n in range(10)]], set_aside=word)
    assert getattr(hiding.back_because(many, word), "code", None) == "back_count"
    assert hiding.hidden(case(told, set_aside=word), word.until) is None


def test_what_a_person_shows_no_rule_hides_for_an_hour() -> None:
    word = SetAside(NOON + 5 * MINUTE_US, NOON + 65 * MINUTE_US, "담당", "볼 것", hidden=False)
    for count in (6, 20):
        assert hiding.hidden(case(every_minute("low_battery", count), set_aside=word), NOON + count * MINUTE_US) is None


def test_nothing_hides_a_cut_strap_or_an_approach_even_by_hand() -> None:
    word = SetAside(NOON, NOON + 60 * MINUTE_US, "담당", "?", hidden=True)
    for kind in hiding.NEVER_HIDDEN:
        assert hiding.hidden(case([alarm(kind)], set_aside=word), NOON + MINUTE_US) is None


def test_a_cut_strap_with_motion_stands_on_top_and_one_beside_a_flat_battery_is_still_a_cut_strap() -> None:
    felt = case([alarm("strap_cut", 0, moving=True)])
    gone = case([alarm("strap_cut", 0), alarm("location_lost", 5, east(400))])
    still = case([alarm("low_battery", 0), alarm("strap_cut", 2)])
    approach = case([alarm("approach_protected")])
    assert [triage.rank(one).level for one in (felt, gone, still, approach)] == [0, 0, 10, 10]
    assert "triage_cut_moving" in codes(felt)
    assert {"triage_cut_moved", "triage_lost_after_cut"} <= codes(gone)


def test_a_location_lost_after_a_low_battery_at_the_same_place_is_likely_flat_and_still_shows() -> None:
    found = case([*every_minute("low_battery", 8), alarm("location_lost", 12)])
    assert codes(found) == {"triage_likely_flat"}
    levels = [triage.rank(one).level for one in (case([alarm("location_lost")]), found, case([alarm("device_fault")]))]
    assert levels == [30, 35, 40]
    assert hiding.hidden(found, NOON + 13 * MINUTE_US) is None


def test_a_location_lost_elsewhere_or_later_or_while_moving_is_not_explained_by_a_battery() -> None:
    battery = alarm("low_battery")
    for lost in (
        alarm("location_lost", 10, east(200)),
        alarm("location_lost", 25, east(200)),
        alarm("location_lost", 45),
        alarm("location_lost", 10, moving=True),
    ):
        assert "triage_likely_flat" not in codes(case([battery, lost]))
    assert "triage_lost_moving" in codes(case([battery, alarm("location_lost", 10, moving=True)]))


def test_recorded_suspicion_lifts_an_interference_and_a_lost_location() -> None:
    for kind, level in (("interference", 15), ("location_lost", 25)):
        found = case([alarm(kind)], recorded=True)
        assert (triage.rank(found).level, codes(found)) == (level, {"triage_suspicion"})
    assert triage.rank(case([alarm("low_battery")], recorded=True)).why == ()


def test_repetition_distance_and_night_weigh_within_a_level() -> None:
    plain = case([alarm("curfew_breach")])
    heavy = case([alarm("curfew_breach", 11 * 60 + n, zone_m=1500.0) for n in range(5)])
    assert codes(heavy) == {"triage_repeated", "triage_far", "triage_night"}
    assert triage.rank(heavy).level == triage.rank(plain).level
    assert triage.order(heavy.incident, triage.rank(heavy)) < triage.order(plain.incident, triage.rank(plain))


def test_an_incident_that_is_not_triaged_stands_at_its_code_and_keeps_its_place() -> None:
    one, other = (
        replace(incident([alarm("strap_cut")]), id=key, line="police112", kind="robbery", priority=1) for key in ("inc_1", "inc_2")
    )
    assert triage.order(one, None)[0] == 20
    assert triage.order(one, None) < triage.order(other, None)


def test_a_device_whose_clock_runs_ahead_is_taken_at_the_moment_it_came_in() -> None:
    late = [alarm("low_battery", n, at=NOON + 10**15) for n in range(4)]
    away = hiding.hidden(case(late), NOON + 5 * MINUTE_US)
    assert away is not None
    assert away.until == NOON + 60 * MINUTE_US


def test_a_more_serious_alarm_asks_for_a_new_acknowledgement_and_a_lesser_one_does_not() -> None:
    seen = incident([alarm("curfew_breach")], acknowledged_at=NOON, state="acknowledged")
    assert rises(seen, alarm("strap_cut", 1))
    again = rise(seen, NOON + MINUTE_US)
    assert (again.state, again.acknowledged_at, again.waiting_since) == ("new", None, NOON + MINUTE_US)
    assert not rises(seen, alarm("low_battery", 1))
    assert not rises(seen, alarm("curfew_breach", 1))
    assert not rises(replace(seen, kind="low_battery", priority=4), alarm("device_fault", 1))


def test_a_new_fault_is_not_hidden_behind_a_battery_that_repeats_itself_more_often() -> None:
    quiet = every_minute("low_battery", 6)
    fault = alarm("device_fault", 5.5)
    found = case([*quiet, fault, alarm("low_battery", 6), alarm("low_battery", 7)])
    assert found.lead == "device_fault"
    assert hiding.hidden(found, NOON + 8 * MINUTE_US) is None
    both = case([*found.reports, alarm("device_fault", 8), alarm("device_fault", 9)])
    assert hiding.hidden(both, NOON + 10 * MINUTE_US) is not None


def test_a_low_battery_from_elsewhere_is_not_hidden_behind_those_at_home() -> None:
    away = [*every_minute("low_battery", 6), alarm("low_battery", 5.5, east(400)), alarm("low_battery", 7)]
    assert hiding.hidden(case(away), NOON + 8 * MINUTE_US) is None


def test_what_a_person_hid_comes_back_when_the_line_gives_it_a_more_urgent_code() -> None:
    told = [alarm("curfew_breach", n) for n in range(4)]
    word = SetAside(NOON + 4 * MINUTE_US, NOON + 64 * MINUTE_US, "담당", "집 앞", hidden=True)
    found = case([*told, alarm("curfew_breach", 6, priority=0)], set_aside=word)
    assert getattr(hiding.back_because(found, word), "code", None) == "back_code"
    assert hiding.hidden(found, NOON + 7 * MINUTE_US) is None
