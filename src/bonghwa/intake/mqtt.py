"""Sensors over MQTT: market fire detectors and emergency bells report on `bonghwa/<line>/<device>/report`.

MQTT's PUBACK is not acceptance: the hub publishes `bonghwa/<line>/<device>/ack/<external_id>` after the commit, with `{"incident": id}`
or `{"problem": …}`; a device sends again until then. What names no usable external id cannot be answered. The broker authenticates
devices; the body is read as strictly as over HTTP.
"""

import asyncio
import contextlib
import json
import socket
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import aiomqtt
import structlog
from amqtt.broker import Broker

from bonghwa.domain.alarm import RECEIVERS
from bonghwa.domain.errors import Invalid, Refusal, Unavailable
from bonghwa.intake.report_form import MAX_EXTERNAL_ID, parse, read_report
from bonghwa.service.ports import City
from bonghwa.service.reports import Filed, file_report, keep_rejected

log = structlog.get_logger("mqtt")
SENSOR_LINES = ("market_fire", "emergency_bell", "safe_return")
RETRY_S = 2.0
Change = Callable[[Callable[[Any], Any]], Awaitable[Any]]


class EmbeddedBroker:
    """A broker in the hub's own process, on loopback, for a demo without other programs."""

    def __init__(self, broker: Broker, port: int) -> None:
        self._broker, self.port = broker, port

    async def close(self) -> None:
        """Stop it."""
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._broker.shutdown(), 3)


async def embedded_broker(port: int) -> EmbeddedBroker:
    """Start a broker on 127.0.0.1; port 0 takes a free one."""
    if port == 0:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    return EmbeddedBroker(broker, port)


class SensorLine:
    """Listens to a broker for as long as the hub lives; a lost broker is tried again every two seconds."""

    def __init__(self, change: Change, city: City, host: str, port: int) -> None:
        self._change, self._city, self._host, self._port = change, city, host, port
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        while True:
            try:
                async with aiomqtt.Client(self._host, self._port, identifier="bonghwa-hub") as client:
                    await client.subscribe("bonghwa/+/+/report", qos=1)
                    async for message in client.messages:
                        await self._take(client, message)
            except aiomqtt.MqttError as lost:
                log.warning("broker lost, trying again", why=type(lost).__name__)
            except Exception as failed:  # noqa: BLE001  the line outlives whatever nobody foresaw
                log.error("sensor line failed, trying again", **_told(failed))
            await asyncio.sleep(RETRY_S)

    async def _take(self, client: aiomqtt.Client, message: aiomqtt.Message) -> None:
        """Take one message. Only a lost broker is the line's affair; any other failure ends here, unanswered, so that the device sends
        again."""
        try:
            _, line, device, _ = str(message.topic).split("/")
            answer, external_id = await self.accept(line, bytes(message.payload))
            if external_id is not None:
                await client.publish(f"bonghwa/{line}/{device}/ack/{external_id}", json.dumps(answer), qos=1)
        except aiomqtt.MqttError:
            raise
        except Exception as failed:  # noqa: BLE001  one odd message must not silence every other device
            log.error("message not taken", **_told(failed))

    async def accept(self, line: str, payload: bytes) -> tuple[dict[str, Any], str | None]:
        """File one message; the answer to publish and the external id it belongs to, None where nothing can be answered.

        Malformed ones are kept as rejected. Raises Unavailable when nothing could be stored: then there is nothing to answer yet.
        """
        if line not in SENSOR_LINES:
            return {"problem": "other_line"}, None
        external_id: str | None = None
        try:
            body = parse(payload)
            external_id = _answerable(body.get("external_id"))
            form = read_report(body, line)
            filed: Filed = await self._change(lambda tx: file_report(tx, self._city, form))
        except Unavailable:
            raise
        except Refusal as refused:
            problem = f"{refused.values.get('field', '')}: {refused.code}".lstrip(": ")
            # A database column takes no NUL.
            text = payload.decode("utf-8", "replace").replace("\0", "\ufffd")
            if isinstance(refused, Invalid):
                await self._change(lambda tx: keep_rejected(tx, line, problem, text, RECEIVERS[line]))
            return {"problem": problem}, external_id
        return {"incident": filed.incident.id if filed.incident else None, "report": filed.report.id}, external_id


def _answerable(value: Any) -> str | None:
    """The external id as a level of the topic that answers it; None where it is none, which the form refuses by its own name.

    Raises Invalid where no topic can carry it: wildcards, a level of its own, what cannot be printed (MQTT 5.0, 4.7 and 1.5.4).
    """
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= MAX_EXTERNAL_ID:
        return None
    external_id = value.strip()
    if not external_id.isprintable() or set(external_id) & set("+#/"):
        raise Invalid("external_id", "characters")
    return external_id


def _told(failed: BaseException) -> dict[str, str]:
    """What the log may know of a failure: its kind and where it rose. Its words could repeat what a device sent."""
    frames = traceback.extract_tb(failed.__traceback__)
    code = {"code": failed.code} if isinstance(failed, Refusal) else {}
    return {"error": type(failed).__name__, "at": f"{frames[-1].name}:{frames[-1].lineno}" if frames else "", **code}
