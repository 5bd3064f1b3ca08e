"""What devices say of a subject, in reports of its incident, becomes facts of the pursuits that run there."""

from bonghwa.domain import pursuit as chase
from bonghwa.domain.incident import Incident, Report
from bonghwa.domain.pursuit import Fact
from bonghwa.service.facts import keep, take_back
from bonghwa.service.ports import Tx

LINE = "line:"
"""Who told a fact, where a line of the alarm did: this and the line's name."""


def hear(tx: Tx, incident: Incident, report: Report) -> None:
    """A report updated an incident: what a device says of the subject is a fact of the pursuits that run there, unless it is history."""
    said, place = chase.said_by_device(report, incident.kind), report.place
    if said is None or place is None:
        return
    for pursuit in tx.pursuits.find(incident=incident.id, state="running"):
        if report.moment < chase.oldest(tx.now, pursuit.fix_at):
            continue
        at_camera = said[0] == "plate"
        fact = Fact(
            id=tx.new_id("fct"),
            pursuit=pursuit.id,
            number=pursuit.facts + 1,
            type=said[0],
            at=report.moment,
            told_at=tx.now,
            account=f"{LINE}{report.line}",
            by=report.line,
            agency=pursuit.agency,
            confidence=said[1],
            camera=report.device if at_camera else None,
            lat=None if at_camera else place.lat,
            lon=None if at_camera else place.lon,
            accuracy_m=None if at_camera else max(1.0, place.accuracy_m or 0.0),
        )
        keep(tx, pursuit, fact, report=report.id)


def refuse(tx: Tx, fact: Fact, why: str) -> None:
    """A device's fact that cannot be weighed, as its place is far from every road: it stands in the ledger, and counts for nothing."""
    pursuit = tx.pursuits.get(fact.pursuit)
    if pursuit is None:
        return
    take_back(tx, pursuit, fact, "system", "system", why=why)
