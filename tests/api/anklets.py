"""A day of a tracking centre as its devices send it: 20 wearers, 500 alarms, most of them repeats. Seeded, no two alike."""

import datetime as dt
import random
from dataclasses import dataclass
from typing import Any

from tests.api.house import SINPO

WEARERS = 20
ALARMS = 500
SEED = 20_261_122
NOISE_M = 18.0


@dataclass(frozen=True)
class Sent:
    """One alarm: what to send and the moment it speaks of."""

    at: dt.datetime
    body: dict[str, Any]


class Day:
    """Writes alarms of wearers who live about 300 m apart; every fix errs by some metres."""

    def __init__(self, ends: dt.datetime) -> None:
        self.ends, self.chance, self.sent = ends, random.Random(SEED), list[Sent]()

    def alarm(self, wearer: int, kind: str, minutes_ago: float, metres: float = 0, **subject: Any) -> None:
        """An alarm of a wearer so long before the end of the day, so far east of home."""
        east = (wearer % 5) * 300 + metres + self.chance.gauss(0, NOISE_M)
        north = (wearer // 5) * 300 + self.chance.gauss(0, NOISE_M)
        place = {"lat": SINPO["lat"] + north / 111_000, "lon": SINPO["lon"] + east / 88_400, "accuracy_m": 15}
        at = self.ends - dt.timedelta(minutes=minutes_ago)
        ref = {"ref": f"W-{wearer:02d}", **subject}
        body = {"kind": kind, "at": at.isoformat(), "place": place, "subject": ref, "external_id": f"day-{len(self.sent):04d}"}
        self.sent.append(Sent(at, body))

    def minute_by_minute(self, wearer: int, kind: str, count: int, begins: float, every: float = 1) -> None:
        """The same alarm again and again from about one place."""
        for n in range(count):
            self.alarm(wearer, kind, begins - n * every)


def day(ends: dt.datetime) -> list[Sent]:
    """The day's alarms in the order they come in: as they happen, some up to three minutes late."""
    made = Day(ends)
    for wearer in range(12):  # flat batteries: a bout some hours ago, and one that goes on now
        made.minute_by_minute(wearer, "low_battery", 14, 300 + 20 * wearer)
        made.minute_by_minute(wearer, "low_battery", 12, 16)
    for wearer in range(12, 15):  # a device that reports its own fault all day
        made.minute_by_minute(wearer, "device_fault", 18, 400, every=3)
        made.minute_by_minute(wearer, "device_fault", 8, 40, every=4)
    made.minute_by_minute(15, "low_battery", 10, 45)  # a battery that went flat at home
    made.alarm(15, "location_lost", 30)
    made.minute_by_minute(16, "curfew_breach", 20, 120)  # stands in front of the house, again and again
    made.minute_by_minute(17, "low_battery", 9, 30)  # interference after a low battery
    made.alarm(17, "interference", 15)
    made.minute_by_minute(18, "low_battery", 11, 60)  # an exclusion zone entered with an old battery
    made.alarm(18, "exclusion_zone", 12, 500, zone_m=240)
    made.minute_by_minute(19, "low_battery", 10, 25)  # low battery, then the strap is cut and he runs
    made.alarm(19, "strap_cut", 10, moving=True)
    for n in range(6):
        made.alarm(19, "location_lost", 8 - n, 200 * (n + 1))
    while len(made.sent) < ALARMS:
        made.alarm(made.chance.randrange(12), "low_battery", made.chance.uniform(200, 1430))
    return sorted(made.sent, key=lambda one: one.at + dt.timedelta(minutes=made.chance.uniform(0, 3)))
