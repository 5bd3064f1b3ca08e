import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator

import aiomqtt
import pytest

from bonghwa.city.drill import Call
from bonghwa.city.sensors import Sensors, acknowledge_topics, report_topic
from bonghwa.domain.alarm import LINES
from bonghwa.intake.mqtt import embedded_broker
from bonghwa.intake.report_form import parse, read_report
from tests.city.recorder import LINE_TOKENS

pytestmark = pytest.mark.anyio


@pytest.fixture
async def broker() -> AsyncIterator[int]:
    running = await embedded_broker(0)
    yield running.port
    await running.close()


def smoke(number: int = 0) -> dict[str, object]:
    call = Call(0.0, "market_fire", "smoke", {"site": "신포국제시장/32"}, "훈련", device="market-7")
    return call.report(f"drill-market_smoke-x-{number:03d}", time.time())


async def test_a_sensor_resends_until_the_hub_says_that_it_stored_the_report(broker: int) -> None:
    heard: list[dict[str, object]] = []
    listening = asyncio.Event()

    async def hub() -> None:
        async with aiomqtt.Client("127.0.0.1", broker, identifier="hub") as client:
            await client.subscribe("bonghwa/+/+/report", qos=1)
            listening.set()
            async for message in client.messages:
                assert str(message.topic) == report_topic("market_fire", "market-7")
                body = parse(message.payload)
                read_report(body, "market_fire")
                heard.append(body)
                if len(heard) == 3:
                    answer = json.dumps({"report": "r1", "incident": "i1"})
                    await client.publish(acknowledge_topics("market_fire", "market-7", str(body["external_id"]))[0], answer, qos=1)
                    return

    answering = asyncio.create_task(hub())
    await listening.wait()
    sensors = Sensors({"host": "127.0.0.1", "port": broker}, LINE_TOKENS, resend_s=0.1)
    filed = await sensors.file("market-7", smoke())
    await answering
    assert (filed.status, filed.report, filed.incident) == (201, "r1", "i1")
    assert heard == [heard[0]] * 3


async def test_a_sensor_without_an_answer_gives_up(broker: int) -> None:
    sensors = Sensors({"host": "127.0.0.1", "port": broker}, LINE_TOKENS, give_up_s=0.5, resend_s=0.1)
    filed = await sensors.file("market-7", smoke())
    assert (filed.accepted, filed.problem) == (False, "no acknowledgement")


async def test_a_sensor_outlives_a_broker_that_is_away() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    sensors = Sensors({"host": "127.0.0.1", "port": port}, LINE_TOKENS, resend_s=0.1)
    filing = asyncio.create_task(sensors.file("market-7", smoke()))
    running = await embedded_broker(port)
    async with aiomqtt.Client("127.0.0.1", port, identifier="hub") as client:
        await client.subscribe("bonghwa/+/+/report", qos=1)
        async for _ in client.messages:
            await client.publish(acknowledge_topics("market_fire", "market-7", "drill-market_smoke-x-000")[1], b"", qos=1)
            break
        assert (await filing).status == 201
    await running.close()


def test_sensor_lines_are_lines() -> None:
    from bonghwa.city.drill import SENSOR_LINES

    assert set(LINES) >= SENSOR_LINES
