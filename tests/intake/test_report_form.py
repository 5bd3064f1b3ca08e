"""A report body is read strictly: whatever comes, the answer is a form or a refusal that names the field."""

import datetime as dt
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonghwa.api.forms import instant
from bonghwa.domain.errors import Forbidden, Invalid, Refusal
from bonghwa.domain.words import REFUSALS
from bonghwa.intake.report_form import FIELDS, parse, read_point, read_report

GOOD = {
    "line": "market_fire",
    "kind": "smoke",
    "at": "2026-11-22T10:00:00+09:00",
    "place": {"lat": 37.47, "lon": 126.62, "accuracy_m": 20},
    "external_id": "e-1",
    "text": "연기",
    "subject": {"ref": "W-1"},
    "priority": 1,
    "drill": True,
}
US = 1_000_000


def read(**changes):
    return read_report(parse(json.dumps(GOOD | changes).encode()), "market_fire")


def refusal(content):
    with pytest.raises(Invalid) as wrong:
        read_report(parse(content), "market_fire")
    assert wrong.value.code in REFUSALS
    return wrong.value


def test_a_good_body_becomes_the_form_it_says():
    form = read()
    assert (form.kind, form.external_id, form.subject, form.priority, form.drill) == ("smoke", "e-1", "W-1", 1, True)
    assert (form.point.lat, form.point.lon, form.point.accuracy_m) == (37.47, 126.62, 20.0)
    assert form.at == int(dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC).timestamp()) * US


@pytest.mark.parametrize(
    "change",
    [
        {"text": "\ud800"},
        {"external_id": "e\udfff"},
        {"place": {"name": "\ud83d"}},
        {"subject": {"ref": "\udc00"}},
        {"\ud800": 1},
        {"place": {"\ud800": 1}},
        {"priority": ["\ud800"]},
        {"text": "nul \0 stops a column"},
    ],
    ids=lambda change: json.dumps(change),
)
def test_what_is_no_text_anywhere_in_the_body_is_refused_as_such(change):
    wrong = refusal(json.dumps(GOOD | change).encode())
    assert (wrong.field, wrong.code, wrong.status) == ("body", "not_text", 422)


def test_a_pair_of_surrogates_is_one_letter_and_is_taken():
    assert read(text="\U0001f525").text == "\U0001f525"


@pytest.mark.parametrize(("key", "value"), [("lat", "1" + "0" * 400), ("lon", "-1" + "0" * 400), ("accuracy_m", "1" + "0" * 400)])
def test_a_number_larger_than_any_float_names_its_field(key, value):
    wrong = refusal(json.dumps(GOOD).encode().replace(f'"{key}": {GOOD["place"][key]}'.encode(), f'"{key}": {value}'.encode()))
    assert (wrong.field, wrong.code) == (f"place.{key}", "range")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(number):
    assert refusal(json.dumps(GOOD).encode().replace(b"37.47", number.encode())).code == "not_json"


def test_a_float_beyond_the_floats_is_refused_by_name():
    wrong = refusal(json.dumps(GOOD).encode().replace(b"37.47", b"1e999"))
    assert (wrong.field, wrong.code) == ("place.lat", "type")
    with pytest.raises(Invalid) as nan:
        read_point({"lat": float("nan"), "lon": 1})
    assert nan.value.field == "place.lat"


@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "1999-12-31T23:59:59Z",
        "2000-01-01T00:00:00+09:00",
        "2101-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_a_time_outside_the_years_2000_to_2100_is_refused_with_its_bounds(at):
    wrong = refusal(json.dumps(GOOD | {"at": at}).encode())
    assert (wrong.field, wrong.code) == ("at", "range")
    assert (wrong.values["low"], wrong.values["high"]) == (2000, 2100)


@pytest.mark.parametrize("at", ["2000-01-01T00:00:00Z", "2100-12-31T23:59:59.999999Z"])
def test_the_first_and_the_last_moment_of_those_years_are_taken_and_told(at):
    assert dt.datetime.fromisoformat(instant(read(at=at).at)).year == int(at[:4])


def test_deep_nesting_is_refused_at_every_depth():
    for depth in (10, 300, 900, 950, 980, 990, 1_000, 5_000):
        for field in ("priority", "subject", "unknown"):
            content = json.dumps(GOOD).encode()[:-1] + f', "{field}": {"[" * depth}{"]" * depth}}}'.encode()
            assert refusal(content).status == 422


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 2**63, 1e308])
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.datetimes(timezones=st.just(dt.UTC)).map(dt.datetime.isoformat)
    | st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-W53-7", "24:00", *GOOD])
)
KEYS = st.sampled_from([*FIELDS, "lat", "lon", "accuracy_m", "camera", "site", "name", "ref"]) | st.text(
    st.characters(exclude_categories=()), max_size=5
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=8)


def taken_or_refused(content):
    refused, form = None, None
    try:
        form = read_report(parse(content), "market_fire")
    except Refusal as found:
        refused = found
    if form is None:
        assert refused.status in (403, 422)
    else:
        assert form.external_id
        assert form.body.encode()
        assert instant(form.at) is not None


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(GOOD)), VALUES, max_size=3), st.dictionaries(KEYS, VALUES, max_size=1))
def test_any_body_near_a_good_one_is_taken_or_refused(changes, more):
    taken_or_refused(json.dumps(GOOD | changes | more).encode())


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_any_json_is_taken_or_refused(value):
    taken_or_refused(json.dumps(value).encode())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(st.sampled_from('{}[]",:\\ud8e+-.0123456789aN'), max_size=60).map(str.encode))
def test_any_bytes_are_taken_or_refused(content):
    taken_or_refused(content)


@pytest.mark.parametrize("other", ["fire119", "nobody"])
def test_another_line_is_forbidden_and_not_merely_wrong(other):
    with pytest.raises(Forbidden):
        read(line=other)


@settings(max_examples=300, deadline=None)
@given(st.integers() | st.sampled_from([-(2**63), 2**63 - 1, 253_402_300_799_999_999, 253_402_300_800_000_000, -62_135_596_800_000_001]))
def test_any_stored_time_is_told_or_said_to_be_none(us):
    told = instant(us)
    assert told is None or dt.datetime.fromisoformat(told).tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("us", "told"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_795_309_200_123_999, "2026-11-22T01:00:00.123Z"),
        (-62_135_596_800_000_000, "0001-01-01T00:00:00.000Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999Z"),
        (253_402_300_800_000_000, None),
        (10**30, None),
        (None, None),
    ],
)
def test_times_are_told_in_utc_with_milliseconds(us, told):
    assert instant(us) == told
