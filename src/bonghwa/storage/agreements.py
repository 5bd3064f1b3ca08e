"""Agreement files on disk: read strictly at start and again when told; what changed is known by hash."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from bonghwa.domain.agreement import Agreement, AgreementError, read_agreement


def load_agreements(folder: Path, agencies: Iterable[str], owners: Iterable[str]) -> tuple[Agreement, ...]:
    """Every `*.toml` of the folder. Raises AgreementError naming file, clause and field; two files may not share an id."""
    known, owning = frozenset(agencies), frozenset(owners)
    if not folder.is_dir():
        raise AgreementError("is not a folder", file=str(folder))
    agreements: list[Agreement] = []
    for path in sorted(folder.glob("*.toml")):
        content = path.read_bytes()
        try:
            raw = tomllib.loads(content.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise AgreementError(f"is not TOML: {error}", file=path.name) from None
        agreement = read_agreement(raw, content, path.name, known, owning)
        if any(other.id == agreement.id for other in agreements):
            raise AgreementError(f"{agreement.id!r} is another file's too", file=path.name, field="id")
        agreements.append(agreement)
    if not agreements:
        raise AgreementError("holds no agreement", file=str(folder))
    return tuple(agreements)
