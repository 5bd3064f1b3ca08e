"""The line an operator says over the radio: where, from where to where, how, when. Pure words, Korean first.

`교차로, 북에서 남으로, 도보, 14:03` and `crossing, north to south, on foot, 14:03`.
"""

from collections.abc import Sequence
from datetime import datetime
from math import atan2, degrees

from bonghwa.domain.words import Language

COMPASS: tuple[tuple[str, str], ...] = (
    ("북", "north"),
    ("북동", "north-east"),
    ("동", "east"),
    ("남동", "south-east"),
    ("남", "south"),
    ("남서", "south-west"),
    ("서", "west"),
    ("북서", "north-west"),
)
"""The eight winds (방위), clockwise from north."""
MODES: dict[str, tuple[str, str]] = {
    "foot": ("도보", "on foot"),
    "car": ("차량", "by car"),
    "unknown": ("이동 수단 모름", "on foot or by car"),
}
HEADING_UNKNOWN = ("방향 모름", "heading unknown")
_CROSSING = ("교차로", "crossing")
_ROAD = ("이름 없는 길", "unnamed road")
_HANGUL_FIRST, _HANGUL_LAST, _FINALS, _RIEUL = 0xAC00, 0xD7A3, 28, 8


def heading(from_x: float, from_y: float, to_x: float, to_y: float) -> float | None:
    """Compass degrees from one point to another in metres east and north; None between equal points."""
    if from_x == to_x and from_y == to_y:
        return None
    return degrees(atan2(to_x - from_x, to_y - from_y)) % 360.0


def wind(degrees_: float, language: Language = "ko") -> str:
    """The nearest of the eight winds; halfway between two it is the one clockwise."""
    return COMPASS[int((degrees_ % 360.0 + 22.5) // 45.0) % 8][language == "en"]


def direction(degrees_: float | None, language: Language = "ko") -> str:
    """From where to where somebody goes who heads for a compass bearing: 북에서 남으로, north to south."""
    if degrees_ is None:
        return HEADING_UNKNOWN[language == "en"]
    to = wind(degrees_, language)
    # The opposite is taken from the wind, not the degrees: at a border both halves must still lie opposite.
    index = next(k for k, words in enumerate(COMPASS) if to in words)
    origin = COMPASS[(index + 4) % 8][language == "en"]
    return f"{origin} to {to}" if language == "en" else f"{origin}에서 {to}{_towards(to)}"


def place_words(crossing: str, streets: Sequence[str], language: Language = "ko") -> str:
    """A crossing by its own name, else by its streets; one street alone is a place on it, none a crossing or road without a name.

    Streets "" have no name. Korean names stay Korean in English, as they stand on the signs.
    """
    en = language == "en"
    if crossing:
        return crossing
    named = list(dict.fromkeys(street for street in streets if street))
    if len(named) > 1:
        return f"{_CROSSING[1]} of {' and '.join(named)}" if en else f"{'·'.join(named)} {_CROSSING[0]}"
    if named:
        return named[0]
    return _ROAD[en] if len(streets) == 1 else _CROSSING[en]


def radio_line(place: str, heading_: float | None, mode: str, at: datetime, language: Language = "ko") -> str:
    """One line for the radio. `place` is ready words, `heading_` compass degrees, `mode` foot, car or unknown, `at` in local time.

    Raises KeyError for another mode.
    """
    return ", ".join((place, direction(heading_, language), MODES[mode][language == "en"], f"{at:%H:%M}"))


def _towards(word: str) -> str:
    """The particle 로 or 으로 that follows a Korean word: 로 after a vowel or ㄹ."""
    last = ord(word[-1])
    final = (last - _HANGUL_FIRST) % _FINALS if _HANGUL_FIRST <= last <= _HANGUL_LAST else 0
    return "로" if final in (0, _RIEUL) else "으로"
