"""Callers: people and machines that file reports over the hub's HTTP API, each line with its own credential."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

GIVE_UP_S = 60.0


class CredentialsError(ValueError):
    """The credentials file cannot be used; the text names the field."""


@dataclass(frozen=True, repr=False)
class Credentials:
    """What the city needs from the demo's ready file; its repr shows no token."""

    url: str
    lines: Mapping[str, str]
    tokens: Mapping[str, str] = field(default_factory=dict)
    control: str | None = None
    """The city's own control face, when the ready file knows it."""
    mqtt: Mapping[str, Any] | None = None
    """`{"host", "port", "username"?, "password"?}` of the sensors' broker."""

    def __repr__(self) -> str:
        return f"Credentials(url={self.url!r}, lines={sorted(self.lines)})"


def read_credentials(path: Path, url: str | None = None) -> Credentials:
    """Read a ready file (CONTRACT: `url`, `tokens`, `lines`; also `city.control`, `mqtt`); `url` overrides the hub's address."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CredentialsError(f"{path}: {error}") from error
    if not isinstance(document, dict):
        raise CredentialsError(f"{path}: an object is needed")
    hub = url or document.get("url")
    if not isinstance(hub, str) or not hub.startswith(("http://", "https://")):
        raise CredentialsError(f"{path}: url: a hub address is needed")
    for name in ("lines", "tokens"):
        if not isinstance(document.get(name), dict):
            raise CredentialsError(f"{path}: {name}: an object is needed")
    city = document.get("city")
    return Credentials(
        url=hub.rstrip("/"),
        lines=document["lines"],
        tokens=document["tokens"],
        control=city.get("control") if isinstance(city, dict) else _control_of(document.get("data_dir")),
        mqtt=document.get("mqtt") if isinstance(document.get("mqtt"), dict) else None,
    )


def _control_of(data_dir: object) -> str | None:
    """The control face the city process of the demo wrote into its own ready file, when that can be read."""
    try:
        ready = json.loads((Path(str(data_dir)) / "city.ready.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return str(ready["control"]) if isinstance(ready, dict) and ready.get("control") else None


@dataclass(frozen=True)
class Filed:
    """What became of a report: HTTP status, the hub's ids when it took it, its problem's text when it did not."""

    external_id: str
    line: str
    status: int
    report: str | None = None
    incident: str | None = None
    problem: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the hub keeps the report."""
        return self.status in (200, 201)


class Callers:
    """Files reports, again and again under the same `external_id` until the hub answered; it takes each once."""

    def __init__(self, credentials: Credentials, give_up_s: float = GIVE_UP_S) -> None:
        self._credentials, self._give_up_s = credentials, give_up_s
        self._client = httpx.AsyncClient(base_url=credentials.url, timeout=10.0, trust_env=False)

    async def file(self, report: Mapping[str, Any]) -> Filed:
        """Send one report body of CONTRACT; a refusal is an answer, an unreachable hub is tried again until `give_up_s` passed."""
        line, external_id = str(report["line"]), str(report["external_id"])
        token = self._credentials.lines.get(line)
        if token is None:
            return Filed(external_id, line, 0, problem=f"lines.{line}: no credential")
        headers = {"Authorization": f"Bearer {token}"}
        loop = asyncio.get_running_loop()
        until, wait = loop.time() + self._give_up_s, 0.2
        while True:
            try:
                answer = await self._client.post("/api/v1/reports", json=dict(report), headers=headers)
                if answer.status_code < 500 and answer.status_code != 429:
                    return _filed(external_id, line, answer)
                problem, status = answer.text[:200], answer.status_code
            except httpx.TransportError as error:
                problem, status = type(error).__name__, 0
            if loop.time() + wait > until:
                return Filed(external_id, line, status, problem=problem)
            await asyncio.sleep(wait)
            wait = min(5.0, wait * 2)

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()


def _filed(external_id: str, line: str, answer: httpx.Response) -> Filed:
    try:
        body = answer.json()
    except ValueError:
        body = {}
    if answer.status_code in (200, 201):
        return Filed(external_id, line, answer.status_code, body.get("report", {}).get("id"), body.get("incident", {}).get("id"))
    detail = body.get("detail") or body.get("title") or answer.text[:200]
    field_name = f"{body['field']}: " if body.get("field") else ""
    return Filed(external_id, line, answer.status_code, problem=f"{field_name}{detail}")
