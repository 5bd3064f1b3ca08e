"""What a pursuit takes of the reports that come in while it runs."""

from typing import Any

import pytest

from bonghwa.domain.incident import Place, Report
from bonghwa.domain.pursuit import CARRIED, CONFIDENCE, said_by_device

HERE = Place(37.47, 126.62, 40.0)


def report(line: str, kind: str, **more: Any) -> Report:
    return Report(
        **{
            "id": "rep_1",
            "line": line,
            "external_id": "1",
            "kind": kind,
            "at": 1,
            "received_at": 1,
            "body_hash": "",
            "state": "accepted",
            "place": HERE,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("told", "incident_kind", "fact"),
    [
        (report("tracking_centre", "exclusion_zone"), "exclusion_zone", ("fix", CONFIDENCE["fix"])),
        (report("tracking_centre", "location_lost", moving=True), "strap_cut", ("fix", CARRIED)),
        (report("tracking_centre", "location_lost", moving=False), "strap_cut", None),
        (report("tracking_centre", "strap_cut"), "curfew_breach", None),
        (report("safe_return", "radius_exit"), "sos", ("fix", CONFIDENCE["fix"])),
        (report("safe_return", "cancel"), "sos", None),
        (report("plate", "wanted_hit", place=Place(37.47, 126.62, 10.0, source="camera")), "wanted_hit", ("plate", CONFIDENCE["plate"])),
        (report("plate", "wanted_hit"), "wanted_hit", ("fix", CONFIDENCE["plate"])),
        (report("plate", "wanted_hit", place=None), "wanted_hit", None),
        (report("police112", "fugitive"), "fugitive", None),
        (report("control_room", "fugitive"), "fugitive", None),
    ],
)
def test_devices_tell_a_pursuit_by_themselves_and_people_do_not(told: Report, incident_kind: str, fact: tuple[str, float] | None) -> None:
    assert said_by_device(told, incident_kind) == fact
