"""Triage of anklet alarms: hundreds a day of one wearer become one line of the queue, ranked, with reasons (LAW, GLOSSARY).

A real centre gets the same alarm again and again from about one place. Here nothing is stored twice and nothing is lost: all is
reckoned anew from the reports of an incident, so the order in which they came in does not matter. `spells_of` puts repeats together,
each rule below looks at one thing and says why, `order` makes the queue's order out of their answers. What may be hidden for a while
is `domain.hiding`.

Levels: 10 + 10 x the code of the kind, so that an incident that is not triaged stands at 10 + 10 x its own code among them; lower
stands higher in the queue. A sign moves a level by less than the way to the next code (only the line or an officer can move it
further, by giving a code), so signs never bring a more serious code below a less serious one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, takewhile

from bonghwa.domain.access import local_time
from bonghwa.domain.alarm import DEFAULT_CODE, SERIOUSNESS
from bonghwa.domain.geo import distance_m
from bonghwa.domain.incident import Incident, Place, Report
from bonghwa.domain.reason import Reason

MINUTE_US = 60 * 1_000_000
SAME_PLACE_M = 100.0
"""Alarms of one kind within this distance of the first of them are of one place: an ankle device's fix is about that good."""
SPELL_US = 60 * MINUTE_US
"""No spell lasts longer: then the next alarm begins a new one, and what was hidden shows again."""
GAP_US = 30 * MINUTE_US
"""A pause after which the same alarm is a new one."""
SIGNS_US = 15 * MINUTE_US
"""How near in time a movement must be to a cut strap or a lost location to belong to it."""
FLAT_US = 30 * MINUTE_US
"""How long before a lost location a low battery explains it."""
REPEATED = 5
FAR_M = 1000.0
NIGHT_HOURS = (22, 6)

MOVING_CUT, SUSPECTED, FLAT = -10, -5, 5


@dataclass(frozen=True)
class Spell:
    """Alarms of one kind, about one place and one hour: 23 times since 14:02, last 14:31. Moments in microseconds."""

    kind: str
    reports: tuple[Report, ...]

    @property
    def count(self) -> int:
        """How many alarms it holds."""
        return len(self.reports)

    @property
    def first_at(self) -> int:
        """The moment of its first alarm."""
        return self.reports[0].moment

    @property
    def last_at(self) -> int:
        """The moment of its last alarm."""
        return self.reports[-1].moment

    @property
    def place(self) -> Place | None:
        """The last place it speaks of."""
        return next((report.place for report in reversed(self.reports) if report.place is not None), None)


def near(one: Place | None, other: Place | None) -> bool:
    """Whether two places are one within the error of a fix; an unknown place is no other place."""
    return one is None or other is None or distance_m(one.lat, one.lon, other.lat, other.lon) <= SAME_PLACE_M


def in_time(reports: Sequence[Report]) -> tuple[Report, ...]:
    """Reports by their moment; those of one moment by what the line called them, never by the order they came in."""
    return tuple(sorted(reports, key=lambda one: (one.moment, one.external_id, one.kind, one.id)))


def spells_of(reports: Sequence[Report]) -> tuple[Spell, ...]:
    """Every report in exactly one spell, the spells by their first moment.

    A place is measured against the first one of its spell, so that a spell cannot creep across the city.
    """
    spells: list[tuple[list[Report], list[Place]]] = []
    for report in in_time(reports):
        held, anchor = next((spell for spell in _young(spells, report.moment) if _repeats(report, *spell)), ([], []))
        if not held:
            spells.append((held, anchor))
        held.append(report)
        if report.place is not None and not anchor:
            anchor.append(report.place)
    return tuple(Spell(held[0].kind, tuple(held)) for held, _ in spells)


def _young(spells: list[tuple[list[Report], list[Place]]], moment: int) -> Iterator[tuple[list[Report], list[Place]]]:
    """The spells that may still grow, the youngest first."""
    return takewhile(lambda spell: moment - spell[0][0].moment < SPELL_US, reversed(spells))


def _repeats(report: Report, held: list[Report], anchor: list[Place]) -> bool:
    """Whether an alarm not earlier than the last of a spell is a repeat of it."""
    soon = report.moment - held[-1].moment <= GAP_US
    return report.kind == held[0].kind and soon and near(report.place, anchor[0] if anchor else None)


@dataclass(frozen=True)
class Case:
    """What the rules look at: an incident, its reports in time, and whether an officer recorded suspicion and urgency (LAW)."""

    incident: Incident
    reports: tuple[Report, ...]
    recorded: bool = False

    @property
    def lead(self) -> str:
        """The kind that stands for the whole: the most serious."""
        return self.incident.kind

    def of(self, kind: str) -> tuple[Report, ...]:
        """The alarms of one kind."""
        return tuple(report for report in self.reports if report.kind == kind)

    @cached_property
    def spells(self) -> tuple[Spell, ...]:
        """Its alarms, repeats together."""
        return spells_of(self.reports)

    @cached_property
    def movements(self) -> tuple[tuple[int, int | None], ...]:
        """Signs that the wearer moves: (moment, metres), metres None where only the device says so.

        Two fixes within a quarter of an hour count when they lie further apart than 100 m and both their errors.
        """
        felt: list[tuple[int, int | None]] = [(one.moment, None) for one in self.reports if one.moving]
        placed = [(one.moment, one.place) for one in self.reports if one.place is not None]
        for (earlier, here), (later, there) in pairwise(placed):
            gone = distance_m(here.lat, here.lon, there.lat, there.lon)
            if later - earlier <= SIGNS_US and gone > SAME_PLACE_M + here.accuracy_m + there.accuracy_m:
                felt.append((later, round(gone)))
        return tuple(felt)

    def moved_near(self, moment: int) -> tuple[int, int | None] | None:
        """The first movement within a quarter of an hour of a moment, or None."""
        return next((felt for felt in sorted(self.movements, key=lambda one: one[0]) if abs(felt[0] - moment) <= SIGNS_US), None)


@dataclass(frozen=True)
class Mark:
    """What a rule says: why, by how much it moves the level (a lower one stands higher), and what it weighs within a level."""

    why: Reason
    level: int = 0
    weight: int = 0


def cut_and_moving(case: Case) -> Mark | None:
    """A strap is cut and its wearer moves: he runs, and no flat battery explains that."""
    for cut in case.of("strap_cut"):
        felt = case.moved_near(cut.moment)
        if felt is not None:
            why = Reason("triage_cut_moving") if felt[1] is None else Reason("triage_cut_moved", {"m": felt[1]})
            return Mark(why, MOVING_CUT)
    return None


def suspicion_recorded(case: Case) -> Mark | None:
    """An officer recorded suspicion and urgency for an interference or a lost location (LAW: only then cameras open)."""
    if case.recorded and case.lead in ("interference", "location_lost"):
        return Mark(Reason("triage_suspicion"), SUSPECTED)
    return None


def lost_after_cut(case: Case) -> Mark | None:
    """The location was lost after the strap was cut: one does not explain the other away."""
    cuts = case.of("strap_cut")
    if cuts and any(lost.moment >= cuts[0].moment for lost in case.of("location_lost")):
        return Mark(Reason("triage_lost_after_cut"), weight=2)
    return None


def lost_while_moving(case: Case) -> Mark | None:
    """The location was lost while the wearer moved, which a battery at home does not do."""
    if case.lead == "location_lost" and any(case.moved_near(lost.moment) for lost in case.of("location_lost")):
        return Mark(Reason("triage_lost_moving"), SUSPECTED)
    return None


def likely_flat(case: Case) -> Mark | None:
    """Each loss of location came soon after a low battery at the same place and nothing moved: most likely it went flat."""
    if case.lead != "location_lost" or case.recorded or case.movements:
        return None
    batteries = case.of("low_battery")
    for lost in case.of("location_lost"):
        before = [one for one in batteries if 0 <= lost.moment - one.moment <= FLAT_US and near(one.place, lost.place)]
        if not before:
            return None
    return Mark(Reason("triage_likely_flat"), FLAT)


def raised(case: Case) -> Mark | None:
    """The line or an officer gave it a more urgent code than its kind has."""
    usual, given = DEFAULT_CODE[case.lead], case.incident.priority
    return Mark(Reason("triage_raised", {"code": given}), 10 * (given - usual)) if given < usual else None


def repeated(case: Case) -> Mark | None:
    """The alarm that leads keeps coming."""
    most = max((spell.count for spell in case.spells if spell.kind == case.lead), default=0)
    return Mark(Reason("triage_repeated", {"count": most}), weight=1) if most >= REPEATED else None


def far_off(case: Case) -> Mark | None:
    """The centre says that the wearer is far from home or deep in a zone; the last word counts."""
    metres = next((one.zone_m for one in reversed(case.reports) if one.zone_m is not None), None)
    return Mark(Reason("triage_far", {"m": round(metres)}), weight=1) if metres is not None and metres >= FAR_M else None


def at_night(case: Case) -> Mark | None:
    """A breach or a suspicion between 22:00 and 06:00."""
    late = [one for one in case.of(case.lead) if not NIGHT_HOURS[1] <= local_time(one.moment).hour < NIGHT_HOURS[0]]
    return Mark(Reason("triage_night"), weight=1) if late and DEFAULT_CODE[case.lead] <= 2 else None


RULES: tuple[Callable[[Case], Mark | None], ...] = (
    cut_and_moving,
    suspicion_recorded,
    lost_after_cut,
    lost_while_moving,
    likely_flat,
    raised,
    repeated,
    far_off,
    at_night,
)
"""Each looks at one thing; a reason is shown in this order."""


@dataclass(frozen=True)
class Ranking:
    """Where an incident stands: its level (lower is higher up), its weight within it, and why."""

    level: int
    weight: int
    why: tuple[Reason, ...]


def rank(case: Case) -> Ranking:
    """Ask every rule. The strongest rise counts and the strongest fall only without a rise, so reasons never add up past a code."""
    marks = [mark for mark in (rule(case) for rule in RULES) if mark is not None]
    moves = [mark.level for mark in marks]
    move = min(moves, default=0) if min(moves, default=0) < 0 else max(moves, default=0)
    level = 10 + 10 * DEFAULT_CODE[case.lead] + move
    return Ranking(level, sum(mark.weight for mark in marks), tuple(mark.why for mark in marks))


def order(incident: Incident, ranking: Ranking | None) -> tuple[int, int, int, int, str]:
    """The queue's order, total and the same every time: level, seriousness of the kind, weight, the longest open, id."""
    if ranking is None:
        return 10 + 10 * incident.priority, 0, 0, incident.opened_at, incident.id
    seriousness = SERIOUSNESS.index(incident.kind)
    return ranking.level, seriousness, -ranking.weight, incident.opened_at, incident.id


def case_of(incident: Incident, reports: Sequence[Report], recorded: bool = False) -> Case:
    """The case of a triaged incident: its reports in time. Reports of other lines that a person merged in are left as they are."""
    return Case(incident, in_time([one for one in reports if one.kind in SERIOUSNESS]), recorded)
