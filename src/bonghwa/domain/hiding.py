"""What of the tracking centre's queue may be hidden for a while, why, until when, and what brings it back at once.

Hiding touches nothing but the queue: cameras, grants, timers and the ledger know nothing of it. It always has a reason and an end,
what is hidden is counted and one key away, and an alarm that says anything new ends it. Most serious kinds are never hidden.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bonghwa.domain.access import local_time
from bonghwa.domain.alarm import DEFAULT_CODE
from bonghwa.domain.incident import Report, SetAside
from bonghwa.domain.reason import Reason
from bonghwa.domain.triage import MINUTE_US, SPELL_US, Case, Spell, near

QUIET = frozenset({"low_battery", "device_fault"})
"""Kinds that open no camera (LAW) and are hidden when they only repeat themselves."""
NEVER_HIDDEN = frozenset({"strap_cut", "approach_protected"})
"""Kinds that nothing hides, not even a person."""
REPEATS = 3
"""The first alarms of a spell always show; from this many on a quiet one is hidden."""
LONGEST_MINUTES = 240
SHOWN_US = 60 * MINUTE_US
"""How long a person's *show* keeps a rule from hiding it again."""
RECENT_US = 10 * MINUTE_US
FASTER = 3
"""An alarm that comes this many times as often as before shows again."""
AT_LEAST = 10


@dataclass(frozen=True)
class Hidden:
    """Why an incident is hidden, since when and until when at the latest (microseconds)."""

    why: Reason
    since: int
    until: int
    by_hand: bool = False


def hidden(case: Case, now: int) -> Hidden | None:
    """Whether the incident is hidden at `now`: by a person's word that still holds, otherwise by the rule for quiet repeats."""
    if case.lead in NEVER_HIDDEN or not case.reports:
        return None
    word = case.incident.set_aside
    if word is not None and now < word.until:
        if not word.hidden:
            return None
        return None if back_because(case, word) else Hidden(Reason("hidden_by_hand", {"reason": word.reason}), word.at, word.until, True)
    return quiet_repeats(case, now)


def quiet_repeats(case: Case, now: int) -> Hidden | None:
    """The same low battery or device fault at one place again and again. Ends with its spell: an hour after its first alarm.

    The most serious kind leads, so where a quiet one leads all are quiet. Another kind or another place that began within the hour
    must repeat itself as often: one that repeats more is no reason to hide what was said once.
    """
    raised = case.incident.priority < DEFAULT_CODE[case.lead]
    if raised or case.lead not in QUIET:
        return None
    spell = max(case.spells, key=lambda one: (one.last_at, one.first_at))
    until = spell.first_at + SPELL_US
    young = [one for one in case.spells if now < one.first_at + SPELL_US]
    if now >= until or any(one.count < REPEATS for one in young) or comes_faster(spell):
        return None
    return Hidden(said_again(spell), spell.reports[REPEATS - 1].moment, until)


def said_again(spell: Spell) -> Reason:
    """The one line that stands for all of them: 23 times since 14:02, last 14:31."""
    since, last = (f"{local_time(moment):%H:%M}" for moment in (spell.first_at, spell.last_at))
    return Reason("said_again", {"kind": spell.kind, "count": spell.count, "since": since, "last": last})


def comes_faster(spell: Spell) -> bool:
    """Whether the alarms of the last ten minutes came at least three times as often as those before them."""
    recent = [one for one in spell.reports if one.moment > spell.last_at - RECENT_US]
    before = spell.count - len(recent)
    earlier_us = spell.last_at - RECENT_US - spell.first_at
    if before < 2 or earlier_us < RECENT_US or len(recent) < AT_LEAST:
        return False
    return len(recent) * earlier_us >= FASTER * before * RECENT_US


def back_because(case: Case, word: SetAside) -> Reason | None:
    """What happened since a person hid it that brings it back: another kind, a more urgent code, another place, or twice as many alarms."""
    known = [one for one in case.reports if one.received_at <= word.at]
    fresh = [one for one in case.reports if one.received_at > word.at]
    for rule in BACK:
        why = rule(known, fresh)
        if why is not None:
            return why
    return None


def another_kind(known: list[Report], fresh: list[Report]) -> Reason | None:
    """A kind that had not been seen."""
    seen = {one.kind for one in known}
    return next((Reason("back_kind", {"kind": one.kind}) for one in fresh if one.kind not in seen), None)


def more_urgent_code(known: list[Report], fresh: list[Report]) -> Reason | None:
    """A code more urgent than any it came with before: the line raised it."""
    code = min((one.code for one in fresh), default=None)
    return None if code is None or not known or code >= min(one.code for one in known) else Reason("back_code", {"code": code})


def another_place(known: list[Report], fresh: list[Report]) -> Reason | None:
    """An alarm from a place other than the last one known."""
    last = next((one.place for one in reversed(known) if one.place is not None), None)
    return next((Reason("back_place") for one in fresh if not near(one.place, last)), None)


def twice_as_many(known: list[Report], fresh: list[Report]) -> Reason | None:
    """As many again as when it was hidden, and at least ten."""
    return Reason("back_count", {"count": len(known) + len(fresh)}) if len(fresh) >= max(len(known), AT_LEAST) else None


BACK: tuple[Callable[[list[Report], list[Report]], Reason | None], ...] = (another_kind, more_urgent_code, another_place, twice_as_many)
"""Each looks at one thing that may have changed."""
