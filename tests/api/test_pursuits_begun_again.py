"""Pursuits that the pursuers learn of from the database, and what people told them, took back and arranged meanwhile."""

import json
from pathlib import Path
from typing import Any

from bonghwa.demo_accounts import Credentials
from bonghwa.domain.pursuit import Fact
from bonghwa.service import pursuits
from bonghwa.service.facts import keep, take_back
from bonghwa.service.hearing import LINE
from bonghwa.service.people import caller_of_token
from bonghwa.service.pursuits import Told
from bonghwa.storage.sql.writer import SqlTx
from bonghwa.wiring import Hub
from tests.api.house import House, copy_town, running
from tests.api.test_pursuits import CENTRE, Chase


def logged(house: House, pursuit: str, do: str) -> list[dict[str, Any]]:
    """What a pursuit's log holds of this kind."""
    log = Path(house.hub.data) / "pursuits" / f"{pursuit}.jsonl"
    lines = log.read_bytes().split(b"\n")[:-1] if log.exists() else []
    return [message for message in map(json.loads, lines) if message["do"] == do]


def test_a_pursuit_begun_in_a_process_that_is_up_counts_what_people_told_before(house: House) -> None:
    house.gateways_up()
    Chase(house).reckoned()
    incident = house.opened(CENTRE, "strap_cut", {"lat": 37.4750, "lon": 126.6300, "accuracy_m": 25}, subject={"ref": "another"})

    def as_before_a_new_start(tx: SqlTx) -> str:
        caller, city = caller_of_token(tx, house.token(CENTRE)), house.hub.city
        pursuit, new = pursuits.begin(tx, city, caller, incident, None)
        assert new
        pursuits.tell(tx, city, caller, pursuit.id, Told("mode", mode="foot"))
        pursuits.tell(tx, city, caller, pursuit.id, Told("mode", mode="car"))
        pursuits.undo(tx, caller, pursuit.id, 1)
        return pursuit.id

    id_ = house.change(as_before_a_new_start)
    house.until(lambda: logged(house, id_, "fact"), 60)
    house.until(lambda: logged(house, id_, "undo"), 30)
    assert [fact["mode"] for fact in logged(house, id_, "fact")] == ["foot", "car"]


def test_what_a_person_told_while_the_pursuit_was_being_begun_is_weighed_all_the_same(house: House) -> None:
    house.gateways_up()
    chase = Chase(house)
    chase.reckoned()

    def told_to_nobody(tx: SqlTx) -> None:
        pursuits.tell(tx, house.hub.city, caller_of_token(tx, house.token(CENTRE)), chase.id, Told("mode", mode="car"))

    house.change(told_to_nobody)
    house.until(lambda: chase.get()["belief"]["modes"]["car"] > 0.6, 30)


def test_a_fact_of_a_device_that_was_taken_back_before_it_was_told_is_not_told(house: House) -> None:
    house.gateways_up()
    chase = Chase(house)
    chase.reckoned()

    def heard(tx: SqlTx) -> None:
        for number in (1, 2):
            pursuit = tx.pursuits.get(chase.id)
            assert pursuit is not None
            place = {"lat": 37.4725, "lon": 126.63, "accuracy_m": 40.0}
            fact = Fact(tx.new_id("fct"), chase.id, number, "fix", tx.now, tx.now, f"{LINE}x", "x", pursuit.agency, 0.9, **place)
            pursuit = keep(tx, pursuit, fact)
            if number == 1:
                take_back(tx, pursuit, fact, "x", "x")

    house.change(heard)
    house.until(lambda: 2 in [fact["number"] for fact in logged(house, chase.id, "fact")], 30)
    assert [fact["number"] for fact in logged(house, chase.id, "fact")] == [2]


def test_a_wall_that_changed_while_the_hub_was_away_is_told_after_a_new_start(town: tuple[Path, Credentials], tmp_path: Path) -> None:
    folder = copy_town(town[0], tmp_path / "data")
    with running(folder, town[1]) as house:
        house.gateways_up()
        chase = Chase(house)
        first, *_, last = [each["camera"]["id"] for each in chase.reckoned()["watch"]]
        assert house.call(CENTRE, "PUT", f"/pursuits/{chase.id}/wall", json={"k": 4, "pins": [first]}).status_code == 200
        house.until(lambda: [wall["pins"] for wall in logged(house, chase.id, "wall")] == [[first]], 30)

    def arranged(tx: SqlTx) -> None:
        pursuit = tx.pursuits.get(chase.id)
        assert pursuit is not None
        tx.pursuits.put(pursuit.changed(pins=(last,)))

    alone = Hub(house.hub.settings)
    try:
        alone.writer.submit(arranged).result(10)
    finally:
        alone.close()
    with running(folder, town[1]) as house:
        house.until(lambda: [wall["pins"] for wall in logged(house, chase.id, "wall")] == [[first], [last]], 60)
