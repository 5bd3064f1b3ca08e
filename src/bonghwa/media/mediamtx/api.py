"""MediaMTX's control API, as far as it is needed (its `api/openapi.yaml`, version 1, `/v3`)."""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

_ANSWER_S = 2.0
_PAGE = 1_000
_MAX_PAGES = 100


class ApiFailed(Exception):
    """MediaMTX did not answer, or not as documented. The text never shows what was sent."""


@dataclass(frozen=True)
class RemoteSession:
    """A WebRTC session at MediaMTX. `sent` is in bytes, SRTP and RTCP together."""

    id: str
    path: str
    established: bool
    sent: int


@dataclass(frozen=True)
class RemotePath:
    """An active path. `received` is in bytes; `readers` are the ids of who is being sent its pictures."""

    ready: bool
    received: int
    readers: frozenset[str]


@dataclass(frozen=True)
class RemoteConf:
    """What MediaMTX's global configuration says of who may do what."""

    auth_method: str
    auth_address: str
    excluded: frozenset[str]
    api_address: str


@dataclass(frozen=True)
class PathConf:
    """The configuration of a path to be added. `source` holds the camera's password, so it never shows."""

    source: str = field(repr=False)

    def body(self) -> dict[str, Any]:
        """As the API takes it. The path exists only while it is wanted, so MediaMTX pulls as long as it exists."""
        return {"source": self.source, "sourceOnDemand": False, "rtspTransport": "tcp", "record": False}


class ControlApi:
    """A client of one MediaMTX. Every method raises `ApiFailed`."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=_ANSWER_S, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def conf(self) -> RemoteConf:
        """The global configuration."""
        body = await self._asked("GET", "/v3/config/global/get")
        excluded = body.get("authHTTPExclude") or []
        return RemoteConf(
            auth_method=str(body.get("authMethod", "")),
            auth_address=str(body.get("authHTTPAddress", "")),
            excluded=frozenset(str(each.get("action", "")) for each in excluded),
            api_address=str(body.get("apiAddress", "")),
        )

    async def put_path(self, name: str, conf: PathConf) -> None:
        """Add a path, or replace it where it is there already."""
        status = await self._status("POST", f"/v3/config/paths/add/{quote(name)}", conf.body())
        if status == 400:
            status = await self._status("POST", f"/v3/config/paths/replace/{quote(name)}", conf.body())
        _check(status, 200)

    async def delete_path(self, name: str) -> None:
        """Take a path away, and with it everyone who reads it. One that is not there is no error."""
        _check(await self._status("DELETE", f"/v3/config/paths/delete/{quote(name)}"), 200, 404)

    async def configured(self) -> list[str]:
        """The names of all configured paths."""
        return [str(item.get("name", "")) for item in await self._all("/v3/config/paths/list")]

    async def path(self, name: str) -> RemotePath | None:
        """An active path, None when there is none of this name."""
        body = await self._found(f"/v3/paths/get/{quote(name)}")
        return None if body is None else _path(body)

    async def paths(self) -> dict[str, RemotePath]:
        """All active paths by name."""
        return {str(body.get("name", "")): _path(body) for body in await self._all("/v3/paths/list")}

    async def sessions(self) -> dict[str, RemoteSession]:
        """All WebRTC sessions by id."""
        return {session.id: session for session in map(_session, await self._all("/v3/webrtcsessions/list"))}

    async def session(self, identifier: str) -> RemoteSession | None:
        """A WebRTC session, None when it is not there."""
        body = await self._found(f"/v3/webrtcsessions/get/{quote(identifier)}")
        return None if body is None else _session(body)

    async def kick(self, identifier: str) -> None:
        """End a WebRTC session. One that is not there is no error."""
        _check(await self._status("POST", f"/v3/webrtcsessions/kick/{quote(identifier)}"), 200, 404)

    async def _all(self, where: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(_MAX_PAGES):
            body = await self._asked("GET", f"{where}?itemsPerPage={_PAGE}&page={page}")
            found += body.get("items") or []
            if page + 1 >= int(body.get("pageCount", 1)):
                break
        return found

    async def _asked(self, method: str, where: str) -> dict[str, Any]:
        return _body(await self._send(method, where), 200)

    async def _found(self, where: str) -> dict[str, Any] | None:
        response = await self._send("GET", where)
        return None if response.status_code == 404 else _body(response, 200)

    async def _status(self, method: str, where: str, body: dict[str, Any] | None = None) -> int:
        return (await self._send(method, where, body)).status_code

    async def _send(self, method: str, where: str, body: dict[str, Any] | None = None) -> httpx.Response:
        try:
            return await self._http.request(method, where, json=body)
        except httpx.HTTPError as error:
            raise ApiFailed(type(error).__name__) from None


def _session(body: dict[str, Any]) -> RemoteSession:
    sent = int(_either(body, "outboundBytes", "bytesSent") or 0)
    return RemoteSession(str(body.get("id", "")), str(body.get("path", "")), bool(body.get("peerConnectionEstablished")), sent)


def _path(body: dict[str, Any]) -> RemotePath:
    readers = frozenset(str(reader.get("id", "")) for reader in body.get("readers") or [])
    return RemotePath(bool(_either(body, "available", "ready")), int(_either(body, "inboundBytes", "bytesReceived") or 0), readers)


def _either(body: dict[str, Any], name: str, older: str) -> Any:
    """A field by its name, or by the one it had before MediaMTX renamed it."""
    return body[name] if name in body else body.get(older)


def _body(response: httpx.Response, *wanted: int) -> dict[str, Any]:
    _check(response.status_code, *wanted)
    try:
        body = response.json()
    except ValueError:
        raise ApiFailed("the answer is not JSON") from None
    if not isinstance(body, dict):
        raise ApiFailed("the answer is no object")
    return body


def _check(status: int, *wanted: int) -> None:
    if status not in wanted:
        raise ApiFailed(f"status {status}")
