"""Forms of the outside: RFC 3339 times, reasons in words, lists with a cursor."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from bonghwa.domain.errors import Invalid
from bonghwa.domain.reason import Reason
from bonghwa.domain.words import Language, fill, say

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def instant(us: int | None) -> str | None:
    """A time in microseconds as RFC 3339 UTC with milliseconds; None for none, and for one outside the years 1 to 9999.

    Never raises: one odd time that was stored must not hide the list it stands in.
    """
    if us is None:
        return None
    try:
        moment = _EPOCH + dt.timedelta(microseconds=us)
    except OverflowError:
        return None
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def moment(field: str, text: str | None) -> int | Literal["now"] | None:
    """A time of the outside in microseconds; `"now"` and None stay. Raises Invalid naming the field."""
    if text is None or text == "now":
        return "now" if text else None
    try:
        at = dt.datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError(text)
        return (at - _EPOCH) // dt.timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise Invalid(field, "time") from None


def outward(data: Any) -> Any:
    """Inside times (`*_at`, `answer_by`: microseconds) become RFC 3339 wherever they stand."""
    if isinstance(data, dict):
        return {
            key: instant(value) if isinstance(value, int) and (key.endswith("_at") or key == "answer_by") else outward(value)
            for key, value in data.items()
        }
    return [outward(item) for item in data] if isinstance(data, list) else data


def language_of(accept: str | None) -> Language:
    """Korean unless English is preferred."""
    for part in (accept or "").lower().split(","):
        tag = part.split(";")[0].strip()
        if tag.startswith("en"):
            return "en"
        if tag.startswith("ko"):
            return "ko"
    return "ko"


class Speech:
    """Puts reasons into words of one language, with agencies by name."""

    NAMED = ("agency", "owner", "agency_invited", "agency_closed", "other_agency")

    def __init__(self, language: Language, names: Mapping[str, tuple[str, str]]) -> None:
        self.language, self._names = language, names

    def name(self, agency: str) -> str:
        """An agency's name; an unknown id stands for itself."""
        names = self._names.get(agency)
        return agency if names is None else names[0 if self.language == "ko" else 1]

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values with agencies by name, for a sentence."""
        return {k: self.name(v) if k in self.NAMED and isinstance(v, str) else v for k, v in values.items()}

    def reason(self, reason: Reason, words: Mapping[str, tuple[str, str]] | None = None) -> dict[str, Any]:
        """`{code, values, text}`."""
        spoken = Reason(reason.code, self.values(reason.values))
        return {
            "code": reason.code,
            "values": dict(reason.values),
            "text": say(spoken, self.language, words) if words else say(spoken, self.language),
        }

    def line(self, template: tuple[str, str], values: Mapping[str, Any]) -> str:
        """One sentence."""
        return fill(template, self.values(values), self.language)

    def pick(self, words: tuple[str, str]) -> str:
        """One of a Korean and English pair."""
        return words[0 if self.language == "ko" else 1]
