"""The line for the radio says where, from where to where, how and when, in Korean and English."""

from datetime import UTC, datetime

import pytest

from bonghwa.domain.radio_line import COMPASS, direction, heading, place_words, radio_line, wind

AT = datetime(2026, 3, 1, 14, 3, 59, tzinfo=UTC)


def test_the_line_reads_as_operators_say_it() -> None:
    assert radio_line("교차로", 180.0, "foot", AT) == "교차로, 북에서 남으로, 도보, 14:03"
    assert radio_line("crossing", 180.0, "foot", AT, "en") == "crossing, north to south, on foot, 14:03"


def test_an_unknown_heading_and_mode_are_said_and_not_guessed() -> None:
    assert radio_line("개항로", None, "unknown", AT) == "개항로, 방향 모름, 이동 수단 모름, 14:03"
    assert radio_line("개항로", None, "car", AT, "en") == "개항로, heading unknown, by car, 14:03"


@pytest.mark.parametrize(
    ("degrees", "korean", "english"),
    [(0, "남에서 북으로", "south to north"), (90, "서에서 동으로", "west to east"), (270, "동에서 서로", "east to west"),
     (225, "북동에서 남서로", "north-east to south-west"), (359.9, "남에서 북으로", "south to north"),
     (22.5, "남서에서 북동으로", "south-west to north-east")],
)  # fmt: skip
def test_each_wind_has_its_opposite_and_its_particle(degrees: float, korean: str, english: str) -> None:
    assert direction(degrees) == korean
    assert direction(degrees, "en") == english


def test_every_bearing_is_within_half_an_eighth_of_its_wind() -> None:
    for tenth in range(-3600, 7200):
        degrees = tenth / 10
        at = [ko for ko, _ in COMPASS].index(wind(degrees)) * 45.0
        assert abs((degrees - at + 180) % 360 - 180) <= 22.5


def test_a_heading_is_clockwise_from_north_and_none_on_one_spot() -> None:
    assert [heading(0, 0, *to) for to in ((0, 1), (1, 0), (0, -1), (-1, 0))] == [0, 90, 180, 270]
    assert heading(3, 4, 3, 4) is None


def test_a_crossing_is_called_by_its_name_else_by_its_streets() -> None:
    assert place_words("신포사거리", ["개항로"]) == "신포사거리"
    assert place_words("", ["개항로", "", "개항로", "공항동로"]) == "개항로·공항동로 교차로"
    assert place_words("", ["개항로", "공항동로"], "en") == "crossing of 개항로 and 공항동로"
    assert (place_words("", ["개항로"]), place_words("", ["", ""]), place_words("", [""])) == ("개항로", "교차로", "이름 없는 길")
