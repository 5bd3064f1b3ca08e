"""The import of a camera file as one act: read, plan, ask where it is large, then store and record in the caller's transaction."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from bonghwa.data import load_city
from bonghwa.domain.camera import Camera
from bonghwa.domain.camera_diff import Diff, plan
from bonghwa.registry.cameras import ParsedFile, parse_file
from bonghwa.registry.standard import Reject

Audit = Callable[[str, dict[str, Any]], None]
"""Writes one audit entry (kind, body) in the transaction of the act."""


class RetirementNeedsYes(Exception):
    """A file would retire more than 5 % of an owner's cameras and nobody confirmed it. Nothing was changed."""

    def __init__(self, shares: dict[str, float], report: "ImportReport") -> None:
        parts = ", ".join(f"{owner} {share:.1%}" for owner, share in shares.items())
        super().__init__(f"retired: this file would retire {parts} of the cameras; confirm with --yes")
        self.shares, self.report = shares, report


@dataclass(frozen=True)
class ImportReport:
    """What an import found and did. `warnings` counts site rows per doubt; the rejects file is None when nothing was rejected."""

    parsed: ParsedFile
    diff: Diff
    file_sha256: str
    rejects_file: Path | None
    applied: bool

    def as_json(self) -> dict[str, Any]:
        """The form of the command's `--json`."""
        return {
            "rows": self.parsed.rows,
            "sites": self.parsed.sites,
            "cameras": len(self.parsed.cameras),
            "rejected": len(self.parsed.rejects),
            "rejects_file": str(self.rejects_file) if self.rejects_file else None,
            "warnings": self.parsed.warnings,
            "added": len(self.diff.added),
            "changed": len(self.diff.changed),
            "redated": len(self.diff.redated),
            "retired": len(self.diff.retired),
            "applied": self.applied,
        }


def plan_import(path: Path, existing: Sequence[Camera], today: date, rejects_folder: Path) -> ImportReport:
    """Read a file and compare it; writes nothing but the rejects file. Raises FileProblem."""
    parsed = parse_file(path, today)
    digest = _sha256(path)
    rejects = write_rejects(rejects_folder, path, parsed.rejects) if parsed.rejects else None
    diff = plan(existing, parsed.cameras, {district.id: district.ko for district in load_city().districts})
    return ImportReport(parsed, diff, digest, rejects, applied=False)


def carry_out(report: ImportReport, store: Callable[[Diff], None], audit: Audit, yes: bool) -> ImportReport:
    """Apply a planned import through `store`, after its audit entry, both in the caller's transaction.

    Raises RetirementNeedsYes when it would retire over 5 % of an owner's cameras without `yes`.
    """
    if report.diff.needs_yes and not yes:
        raise RetirementNeedsYes(dict(report.diff.big_retirements or {}), report)
    summary = report.as_json()
    summary.pop("rejects_file")
    summary.pop("applied")
    audit("registry:imported", {"file_sha256": report.file_sha256, **summary})
    store(report.diff)
    return ImportReport(report.parsed, report.diff, report.file_sha256, report.rejects_file, applied=True)


def write_rejects(folder: Path, source: Path, rejects: Sequence[Reject]) -> Path:
    """A CSV of rejected rows beside the data: line, field, reason, value."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{source.stem}.rejects.csv"
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["line", "field", "reason", "value"])
        writer.writerows((reject.line, reject.field, reject.reason, reject.value) for reject in rejects)
    return target


def _sha256(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
