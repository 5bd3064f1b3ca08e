"""`bonghwa cameras`: import the national standard file, take in a survey, export the list."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from bonghwa.registry.importing import ImportReport, RetirementNeedsYes, carry_out, plan_import
from bonghwa.registry.standard import FileProblem
from bonghwa.registry.survey import read_survey
from bonghwa.storage.sql import cameras as table
from bonghwa.storage.sql import journal
from bonghwa.storage.sql.engine import open_engine
from bonghwa.storage.sql.schema import metadata

AuditHook = Callable[[Connection, str, dict[str, Any]], None]
"""Writes the audit entry (kind, body) on the connection whose transaction makes the change."""


def record(conn: Connection, kind: str, body: dict[str, Any]) -> None:
    """Write the ledger entry of a change to the registry in the transaction that makes it; the hub's sequencer logs it later."""
    journal.record(conn, time.time_ns() // 1000, kind, body)


def run(argv: Sequence[str], audit: AuditHook = record) -> int:
    """Run `bonghwa cameras ARGS`; the exit code: 0 done, 1 the file or the change was refused, 2 wrong usage."""
    args = _parser().parse_args(argv)
    try:
        return int(args.act(args, audit))
    except FileProblem as problem:
        return _refuse(args, {"code": problem.code, "line": problem.line, "field": problem.field, "text": str(problem)})
    except RetirementNeedsYes as refusal:
        return _refuse(args, {"code": "retirement_needs_yes", "owners": refusal.shares, "text": str(refusal)}, refusal.report)
    except OSError as error:
        return _refuse(args, {"code": "cannot_open", "text": f"{error.filename}: {error.strerror}"})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bonghwa cameras", description="The camera registry of a data folder.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, act, words in (
        ("import", _import, "read the national standard CCTV file (UTF-8 or cp949)"),
        ("survey", _survey, "read a CSV that says where cameras look"),
        ("export", _export, "write the cameras as JSON; - is standard output"),
    ):
        command = commands.add_parser(name, help=words, description=words)
        command.add_argument("file", metavar="FILE", type=Path)
        command.add_argument("--data", metavar="DIR", type=Path, default=Path("var"), help="data folder (default: var)")
        command.add_argument("--json", action="store_true", help="print the answer as JSON")
        command.set_defaults(act=act)
        if name == "import":
            command.add_argument("--dry-run", action="store_true", help="show what would change and change nothing")
            command.add_argument("--yes", action="store_true", help="also where over 5 %% of an owner's cameras are retired")
    return parser


def open_store(data_dir: Path) -> Engine:
    """The database of a data folder, made where it is missing; its transactions take the writer's place at once."""
    engine = open_engine(data_dir).execution_options(writes=True)
    metadata.create_all(engine, tables=[table.cameras, journal.AUDIT, journal.AUDIT_BODIES])
    return engine


def import_cameras(
    file: Path, engine: Engine, data_dir: Path, today: date, audit: AuditHook, *, dry_run: bool = False, yes: bool = False
) -> ImportReport:
    """Import a file into a store in one transaction; with `dry_run` only the plan is made."""
    with engine.begin() as conn:
        report = plan_import(file, table.load_all(conn), today, data_dir / "rejects")
        if dry_run or report.diff.empty:
            return replace(report, applied=not dry_run)
        return carry_out(report, lambda diff: table.apply(conn, diff), lambda kind, body: audit(conn, kind, body), yes)


def survey_cameras(file: Path, engine: Engine, audit: AuditHook) -> int:
    """Take in a survey in one transaction; how many cameras now have a known pose from it. Raises FileProblem."""
    poses = read_survey(file)
    with engine.begin() as conn:
        found = table.by_reference(conn, poses)
        for reference in poses:
            if reference not in found:
                raise FileProblem("value", f"no camera has the id or name {reference!r}", field="camera")
        by_id = {found[reference].id: pose for reference, pose in poses.items()}
        audit(conn, "registry:surveyed", {"cameras": len(by_id), "sources": sorted({pose.source or "" for pose in poses.values()})})
        return table.set_poses(conn, by_id)


def _import(args: argparse.Namespace, audit: AuditHook) -> int:
    engine = open_store(args.data)
    report = import_cameras(args.file, engine, args.data, datetime.now(UTC).date(), audit, dry_run=args.dry_run, yes=args.yes)
    answer = report.as_json()
    if args.json:
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    _print_report(report)
    return 0


def _print_report(report: ImportReport) -> None:
    answer = report.as_json()
    print(f"{answer['rows']:,} rows, {answer['sites']:,} sites, {answer['cameras']:,} cameras, {answer['rejected']:,} rejected")
    if report.rejects_file:
        print(f"rejected rows: {report.rejects_file}")
    for code, number in sorted(report.parsed.warnings.items(), key=lambda item: -item[1]):
        print(f"  {number:>7,}  {code}")
    done = "applied" if report.applied else "would be"
    print(f"{done}: {answer['added']:,} added, {answer['changed']:,} changed, {answer['retired']:,} retired")
    for before, after in report.diff.changed[:20]:
        fields = [name for name in before.__slots__ if getattr(before, name) != getattr(after, name)]
        print(f"  changed {before.name}: " + ", ".join(f"{name} {getattr(before, name)} -> {getattr(after, name)}" for name in fields))
    for camera in report.diff.retired[:20]:
        print(f"  retired {camera.name}: {camera.address or camera.address_lot}")


def _survey(args: argparse.Namespace, audit: AuditHook) -> int:
    known = survey_cameras(args.file, open_store(args.data), audit)
    print(json.dumps({"cameras": known}) if args.json else f"{known:,} cameras have a pose from this survey")
    return 0


def export_cameras(conn: Connection) -> dict[str, Any]:
    """What a simulated city or a video system needs to set cameras up; no more than the public file says."""
    return {
        "cameras": [
            {
                "id": camera.id,
                "name": camera.name,
                "owner": camera.owner,
                "lat": camera.lat,
                "lon": camera.lon,
                "purpose": camera.purpose,
                "pixels": camera.pixels,
                "direction_text": camera.direction_text,
                "ptz": camera.pose.ptz or camera.pose.all_round,
            }
            for camera in table.load_all(conn, retired=False)
        ]
    }


def _export(args: argparse.Namespace, _audit: AuditHook) -> int:
    with open_store(args.data).connect() as conn:
        answer = export_cameras(conn)
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    if str(args.file) == "-":
        print(text)
        return 0
    args.file.write_text(text, encoding="utf-8")
    print(json.dumps({"cameras": len(answer["cameras"])}) if args.json else f"{len(answer['cameras']):,} cameras written to {args.file}")
    return 0


def _refuse(args: argparse.Namespace, error: dict[str, Any], report: ImportReport | None = None) -> int:
    if args.json:
        print(json.dumps({"error": error} | (report.as_json() if report else {}), ensure_ascii=False))
    print(f"bonghwa cameras: {args.file}: {error['text']}", file=sys.stderr)
    print("nothing was changed", file=sys.stderr)
    return 1
