"""`bonghwa agreements check [DIR]`: read the agreements as the hub would, and say in short what they allow."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from bonghwa.domain.agreement import Agreement, AgreementError, Clause
from bonghwa.wiring import agreements_of

KST = timezone(timedelta(hours=9))


def run(argv: Sequence[str]) -> int:
    """Run the command: 0 when every agreement can be used, 1 with file, clause and field of the first that cannot."""
    parser = argparse.ArgumentParser(prog="bonghwa agreements", description="The agreements between those who watch and those who own.")
    actions = parser.add_subparsers(dest="action", required=True)
    check = actions.add_parser("check", help="read them as the hub would")
    check.add_argument("folder", nargs="?", type=Path, default=Path("agreements"), metavar="DIR", help="(default: agreements)")
    given = parser.parse_args(argv)
    try:
        agreements = agreements_of(given.folder)
    except (AgreementError, OSError) as problem:
        print(f"bonghwa agreements: {problem}", file=sys.stderr)
        return 1
    for agreement in agreements:
        print("\n".join(_told(agreement)))
    return 0


def _told(agreement: Agreement) -> list[str]:
    force = "in force" if agreement.valid_on(datetime.now(UTC).astimezone(KST).date()) else "NOT IN FORCE"
    years = f"{agreement.valid_from} to {agreement.valid_to}, {force}"
    head = f"{agreement.id} v{agreement.version}  {agreement.title}  {years}, {agreement.hash[:12]}"
    return [
        head,
        f"    {', '.join(agreement.parties)} see {', '.join(agreement.owners)}{', on duty unmasked' if agreement.duty_unmasked else ''}",
        *(f"    {_line(clause)}" for clause in agreement.clauses),
    ]


def _line(clause: Clause) -> str:
    bounds = f"{clause.radius_m:.0f} m, {clause.cameras} cameras, {clause.minutes} min" if clause.approval != "deny" else "nothing"
    rights = [word for word, given in (("evidence", clause.evidence), ("unmasked", clause.unmasked)) if given]
    return f"{clause.id:<6} {clause.approval:<8} {bounds:<32} {', '.join(clause.kinds)}{' + ' if rights else ''}{', '.join(rights)}"
