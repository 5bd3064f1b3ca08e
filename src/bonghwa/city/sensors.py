"""Sensors: market fire detectors and emergency bells.

They report over MQTT and resend until the hub says that it has stored the report.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import aiomqtt

from bonghwa.city.callers import GIVE_UP_S, Filed

RESEND_S = 2.0


def report_topic(line: str, device: str) -> str:
    """Where a device publishes."""
    return f"bonghwa/{line}/{device}/report"


def acknowledge_topics(line: str, device: str, external_id: str) -> tuple[str, str]:
    """Where the hub answers, after its commit and never before: beside the report's topic, or at the root."""
    return f"bonghwa/{line}/{device}/ack/{external_id}", f"ack/{external_id}"


class Sensors:
    """Devices behind one broker. The broker's own acknowledgement says nothing about storage, so devices wait for the hub's."""

    def __init__(
        self, broker: Mapping[str, Any], tokens: Mapping[str, str], give_up_s: float = GIVE_UP_S, resend_s: float = RESEND_S
    ) -> None:
        """`broker` is `{"host", "port", "username"?, "password"?}`; without a password each line signs in with its own token."""
        self._broker, self._tokens, self._give_up_s = broker, tokens, give_up_s
        self._resend_s = resend_s

    async def file(self, device: str, report: Mapping[str, Any]) -> Filed:
        """Publish one report body of CONTRACT from a device until it is acknowledged; `status` is 201 then."""
        line, external_id = str(report["line"]), str(report["external_id"])
        try:
            async with asyncio.timeout(self._give_up_s):
                return await self._until_acknowledged(device, line, external_id, json.dumps(dict(report), ensure_ascii=False))
        except TimeoutError:
            return Filed(external_id, line, 0, problem="no acknowledgement")

    async def _until_acknowledged(self, device: str, line: str, external_id: str, body: str) -> Filed:
        while True:
            try:
                async with self._client(line, device) as client:
                    for topic in acknowledge_topics(line, device, external_id):
                        await client.subscribe(topic, qos=1)
                    publishing = asyncio.create_task(self._publish(client, report_topic(line, device), body))
                    try:
                        async for message in client.messages:
                            return _acknowledged(external_id, line, message.payload)
                    finally:
                        publishing.cancel()
                        await asyncio.gather(publishing, return_exceptions=True)
            except aiomqtt.MqttError:
                await asyncio.sleep(self._resend_s)

    def _client(self, line: str, device: str) -> aiomqtt.Client:
        return aiomqtt.Client(
            str(self._broker["host"]),
            int(self._broker.get("port", 1883)),
            username=str(self._broker.get("username") or line),
            password=str(self._broker.get("password") or self._tokens.get(line, "")),
            identifier=f"{line}-{device}"[:60],
        )

    async def _publish(self, client: aiomqtt.Client, topic: str, body: str) -> None:
        while True:
            await client.publish(topic, body, qos=1)
            await asyncio.sleep(self._resend_s)


def _acknowledged(external_id: str, line: str, payload: object) -> Filed:
    """The hub's acknowledgement: `{"report": id, "incident": id}`, or `{"problem": text}`."""
    try:
        body = json.loads(payload) if isinstance(payload, (bytes, str)) and payload else {}
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    if body.get("problem"):
        return Filed(external_id, line, 422, problem=str(body["problem"]))
    return Filed(external_id, line, 201, body.get("report"), body.get("incident"))
