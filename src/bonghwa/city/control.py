"""The city's control face: a small loopback HTTP API that starts drills (`POST /drills`) and says how they go (`GET /drills/{run}`).

`GET /drills/{run}/sight` says which cameras show the drill's subject now: the eyes of a scripted operator."""

import asyncio
import hmac
import socket
from collections.abc import Callable
from contextlib import nullcontext
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Header, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from bonghwa.city.director import Director
from bonghwa.city.scripts import SCRIPTS


class DrillBody(BaseModel):
    """`POST /drills`: which drill, from which seed, and when (Unix time; now when left out)."""

    model_config = ConfigDict(extra="forbid")
    name: str
    seed: str | None = Field(default=None, min_length=1, max_length=60)
    at: float | None = None


def control_app(director: Director, token: Callable[[], str]) -> FastAPI:
    """The control face. `token` gives the bearer token that is asked for: the control room's."""
    app = FastAPI(title="Simulated city", openapi_url=None)

    def proven(authorization: str | None) -> None:
        try:
            wanted = f"Bearer {token()}"
        except (ValueError, KeyError) as error:
            raise HTTPException(503, "no credentials yet") from error
        if not hmac.compare_digest(wanted.encode(), (authorization or "").encode()):
            raise HTTPException(401, "a bearer token is needed")

    @app.post("/drills", status_code=202)
    async def start(body: DrillBody, authorization: str | None = Header(default=None)) -> dict[str, Any]:
        proven(authorization)
        if body.name not in SCRIPTS:
            raise HTTPException(422, f"name: one of {', '.join(SCRIPTS)}")
        if body.seed is not None and body.seed in director.runs:
            raise HTTPException(409, "seed: already played")
        try:
            play = await director.start(body.name, body.seed, body.at)
        except ValueError as error:
            raise HTTPException(409, str(error)) from error
        return {"run": play.run, "name": play.name, "begins": play.begins, "calls": len(play.calls)}

    @app.get("/drills/{run}")
    async def state(run: str, authorization: str | None = Header(default=None)) -> dict[str, Any]:
        proven(authorization)
        running = director.runs.get(run)
        if running is None:
            raise HTTPException(404, "no such run")
        filed = [
            {"external_id": one.external_id, "line": one.line, "status": one.status, "incident": one.incident, "problem": one.problem}
            for one in running.filed
        ]
        return {"run": run, "name": running.play.name, "calls": len(running.play.calls), "filed": filed, "done": running.task.done()}

    @app.get("/drills/{run}/sight")
    async def sight(
        run: str,
        camera: Annotated[list[str] | None, Query(max_length=64)] = None,
        authorization: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any]:
        proven(authorization)
        if run not in director.runs:
            raise HTTPException(404, "no such run")
        return await asyncio.to_thread(director.sight, run, None if camera is None else frozenset(camera))

    return app


class ControlServer(uvicorn.Server):
    """uvicorn inside the city's event loop; signals stay with the process that owns the loop."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        super().__init__(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1))
        self._socket = socket.create_server((host, port))
        self.port = int(self._socket.getsockname()[1])

    def capture_signals(self) -> nullcontext[None]:  # type: ignore[override]
        """Leave SIGTERM and SIGINT alone."""
        return nullcontext()

    async def run_until_told(self) -> None:
        """Serve until `should_exit` is set."""
        await self.serve(sockets=[self._socket])
