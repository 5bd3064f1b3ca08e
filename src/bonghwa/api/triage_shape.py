"""How a triaged incident looks from outside (docs/api.md): for its owner only, since it tells of a wearer."""

from typing import Any

from bonghwa.api.forms import Speech, instant
from bonghwa.domain.incident import Place
from bonghwa.domain.triage import Spell
from bonghwa.domain.words import WORDS
from bonghwa.domain.words_triage import WORDS as TRIAGE_WORDS
from bonghwa.service.triaging import Triaged

SENTENCES = {**WORDS, **TRIAGE_WORDS}


def triage(one: Triaged, speech: Speech) -> dict[str, Any]:
    """`{level, weight, why, count, kinds, first_at, last_at, last_place, hidden, spells}`."""
    reports, ranking, hidden = one.case.reports, one.ranking, one.hidden
    kinds: dict[str, int] = {}
    for report in reports:
        kinds[report.kind] = kinds.get(report.kind, 0) + 1
    why = ranking.why if one.back is None else (one.back, *ranking.why)
    return {
        "level": ranking.level,
        "weight": ranking.weight,
        "why": [speech.reason(reason, SENTENCES) for reason in why],
        "count": len(reports),
        "kinds": kinds,
        "first_at": instant(reports[0].moment),
        "last_at": instant(reports[-1].moment),
        "last_place": _point(next((report.place for report in reversed(reports) if report.place is not None), None)),
        "hidden": None
        if hidden is None
        else {
            **speech.reason(hidden.why, SENTENCES),
            "since": instant(hidden.since),
            "until": instant(hidden.until),
            "by_hand": hidden.by_hand,
        },
        "spells": len(one.case.spells),
    }


def spell(one: Spell) -> dict[str, Any]:
    """Alarms of one kind at one place within an hour, with the ids of the reports, which stay readable one by one."""
    return {
        "kind": one.kind,
        "count": one.count,
        "first_at": instant(one.first_at),
        "last_at": instant(one.last_at),
        "place": _point(one.place),
        "reports": [report.id for report in one.reports],
    }


def _point(at: Place | None) -> dict[str, Any] | None:
    return None if at is None else {"lat": at.lat, "lon": at.lon, "accuracy_m": at.accuracy_m, "name": at.name}
