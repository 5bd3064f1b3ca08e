"""Makes a data folder ready for the demo: `python -m bonghwa.demo.stage STEP DATA_FOLDER`.

Run by the demo in processes of their own, so that what they import and hold is gone before the system starts.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bonghwa.config import DEFAULT_GATEWAYS
from bonghwa.demo.layout import Folders, write_private


def registry(folders: Folders) -> None:
    """Import the packaged national file and list the cameras for the city."""
    from bonghwa.cli.cameras import export_cameras, import_cameras, open_store, record
    from bonghwa.data import read_data

    folders.city.mkdir(exist_ok=True, mode=0o700)
    file = folders.data / "incheon_cctv.csv"
    file.write_bytes(read_data("incheon_cctv.csv.gz"))
    engine = open_store(folders.data)
    import_cameras(file, engine, folders.data, datetime.now(UTC).date(), record)
    with engine.connect() as connection:
        write_private(folders.cameras, json.dumps(export_cameras(connection), ensure_ascii=False))
    engine.dispose()
    file.unlink()


def people(folders: Folders) -> None:
    """Make keys, enrol the gateways, and give every account and line a fresh secret."""
    from bonghwa.demo_accounts import enrol_gateway, prepare

    for entry in DEFAULT_GATEWAYS:
        enrol_gateway(folders.data, entry.name)
    write_private(folders.credentials, json.dumps(asdict(prepare(folders.data)), ensure_ascii=False))


def survey(folders: Folders) -> None:
    """Take in where the city says that its cameras look."""
    from bonghwa.cli.cameras import open_store, record, survey_cameras

    engine = open_store(folders.data)
    survey_cameras(folders.city / "survey.csv", engine, record)
    engine.dispose()


def sources(folders: Folders) -> None:
    """Hand each gateway the addresses and passwords of its own cameras, encrypted; the plain file goes."""
    from bonghwa.domain.gateway import Gateways
    from bonghwa.media.sources import read_records, store_sources

    owners = {camera["id"]: camera["owner"] for camera in json.loads(folders.cameras.read_text())["cameras"]}
    file = folders.city / "sources.json"
    records = json.loads(file.read_text())["sources"]
    gateways = Gateways({entry.name: entry.owners for entry in DEFAULT_GATEWAYS})
    for entry in DEFAULT_GATEWAYS:
        own = [each for each in records if gateways.serving(owners[each["camera"]], each["camera"]) == entry.name]
        store_sources(folders.data, entry.name, read_records(own))
    file.unlink()


STEPS: dict[str, Callable[[Folders], None]] = {"registry": registry, "people": people, "survey": survey, "sources": sources}


if __name__ == "__main__":
    STEPS[sys.argv[1]](Folders(Path(sys.argv[2])))
