"""The sensor line over a real broker: whatever one device sends, the others are heard."""

import asyncio
import contextlib
import datetime as dt
import json
import sqlite3

import aiomqtt
import pytest
import structlog

from bonghwa.intake.mqtt import SensorLine, embedded_broker
from tests.api.house import SINPO

pytestmark = pytest.mark.anyio

DEVICE = "bonghwa/market_fire/M-1"


@pytest.fixture
def anyio_backend():
    return "asyncio"


def body(external_id, **more):
    at = dt.datetime.now(dt.UTC).isoformat()
    return {"line": "market_fire", "kind": "smoke", "at": at, "place": SINPO, "external_id": external_id, **more}


def spoken(external_id, **more):
    return json.dumps(body(external_id, **more)).encode()


async def until(condition, seconds=15.0):
    ends = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < ends, "the condition did not come true"
        await asyncio.sleep(0.02)


class Device:
    """A device that listens to everything the hub answers."""

    def __init__(self, client):
        self.client = client
        self.answers = {}

    async def listen(self):
        async for message in self.client.messages:
            self.answers[str(message.topic)] = json.loads(message.payload)

    async def send(self, payload, topic=DEVICE):
        await self.client.publish(topic + "/report", payload, qos=1)

    async def accepted(self, external_id, **more):
        """Send a good report until the hub has acknowledged it, as a device does; gives the answer."""
        topic = f"{DEVICE}/ack/{external_id}"
        ends = asyncio.get_running_loop().time() + 60
        while topic not in self.answers:
            assert asyncio.get_running_loop().time() < ends, f"{external_id} was not acknowledged"
            await self.send(spoken(external_id, **more))
            with contextlib.suppress(AssertionError):
                await until(lambda: topic in self.answers, 1)
        return self.answers[topic]


@contextlib.asynccontextmanager
async def hearing(port):
    """A device that is connected and hears every answer."""
    async with aiomqtt.Client("127.0.0.1", port, identifier="device") as client:
        await client.subscribe("bonghwa/+/+/ack/#", qos=1)
        device = Device(client)
        listening = asyncio.create_task(device.listen())
        yield device
        listening.cancel()


@contextlib.asynccontextmanager
async def sensors(hub):
    """A broker, the hub's line on it, and a device that was heard once."""
    broker = await embedded_broker(0)
    line = SensorLine(hub.change, hub.city, "127.0.0.1", broker.port)
    line.start()
    try:
        async with hearing(broker.port) as device:
            await device.accepted("first")
            yield device
    finally:
        await line.close()
        await broker.close()


def kept(house):
    return house.call("fire119", "GET", "/reports", params={"state": "rejected"}).json()["items"]


async def test_a_report_is_acknowledged_with_its_incident_after_the_commit(house):
    async with sensors(house.hub) as device:
        answer = await device.accepted("e-1")
    assert house.incident("fire119", answer["incident"])["kind"] == "smoke"


@pytest.mark.parametrize("external_id", ["a+b", "a#", "a/b", "a\x07b", "a\u200bb", "a\u2028b"], ids=ascii)
async def test_an_external_id_that_no_topic_can_carry_is_refused_kept_and_not_answered(house, external_id):
    async with sensors(house.hub) as device:
        await device.send(spoken(external_id))
        # The line takes messages in their order: the answer to the next one comes after this one was taken.
        await device.accepted("next")
        assert set(device.answers) == {f"{DEVICE}/ack/first", f"{DEVICE}/ack/next"}
    assert [item["problem"] for item in await asyncio.to_thread(kept, house)] == ["external_id: characters"]


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"\xff\xfe", "body: not_json"),
        (b"", "body: not_json"),
        (b"[]", "body: not_object"),
        (b"[" * 100_000, "body: too_large"),
        (b"[" * 60_000, "body: not_json"),
        (spoken("x" * 60_000), "external_id: length"),
        (spoken({"a": ["+#"]}), "external_id: type"),
        (spoken(7), "external_id: type"),
        (spoken("\ud800"), "body: not_text"),
        (b'{"external_id": "n", "line": "market_fire\x00"}', "body: not_json"),
    ],
    ids=["bytes", "empty", "list", "large", "deep", "long id", "object id", "number id", "surrogate", "nul"],
)
async def test_a_body_that_names_no_usable_id_is_kept_and_not_answered_and_the_line_goes_on(house, payload, problem):
    async with sensors(house.hub) as device:
        await device.send(payload)
        await device.accepted("next")
        assert set(device.answers) == {f"{DEVICE}/ack/first", f"{DEVICE}/ack/next"}
    items = await asyncio.to_thread(kept, house)
    assert [item["problem"] for item in items] == [problem]
    assert "\0" not in items[0]["body"]


async def test_a_wrong_field_is_answered_under_the_id_it_came_with(house):
    async with sensors(house.hub) as device:
        answer = await device.accepted("wrong", priority=9)
    assert answer == {"problem": "priority: range"}


async def test_another_line_in_the_topic_is_not_heard_and_ends_nothing(house):
    async with sensors(house.hub) as device:
        await device.send(spoken("stray"), "bonghwa/police112/P-1")
        await device.send(spoken("stray"), "bonghwa/\u0001/P-1")
        await device.accepted("next")
        assert set(device.answers) == {f"{DEVICE}/ack/first", f"{DEVICE}/ack/next"}


async def test_a_store_that_fails_ends_no_line_answers_nothing_and_shows_no_payload(house):
    beside = sqlite3.connect(house.hub.data / "bonghwa.db", timeout=30, isolation_level=None)
    with contextlib.closing(beside), structlog.testing.capture_logs() as said:
        async with sensors(house.hub) as device:
            beside.execute("ALTER TABLE reports RENAME TO reports_away")
            await device.send(b'{"secret": "W-0815"}')
            await device.send(spoken("while-away", text="W-0815"))
            await until(lambda: sum(word["event"] == "message not taken" for word in said) == 2)
            assert set(device.answers) == {f"{DEVICE}/ack/first"}
            beside.execute("ALTER TABLE reports_away RENAME TO reports")
            # It was not answered, so the device sends again, and nothing is lost.
            assert (await device.accepted("while-away", text="W-0815"))["incident"]
    assert "W-0815" not in str(said)


async def test_a_broker_that_comes_back_is_listened_to_again(house):
    broker = await embedded_broker(0)
    line = SensorLine(house.hub.change, house.hub.city, "127.0.0.1", broker.port)
    line.start()
    try:
        async with hearing(broker.port) as device:
            await device.accepted("before")
        await broker.close()
        broker = await embedded_broker(broker.port)
        async with hearing(broker.port) as device:
            assert (await device.accepted("after"))["incident"]
    finally:
        await line.close()
        await broker.close()
