"""`GET /snapshot/{camera}`: the newest picture as a JPEG with the watermark burned in."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from bonghwa.media import picture
from bonghwa.media.camera import Camera
from bonghwa.media.clock import elapsed
from bonghwa.media.h264 import AccessUnit
from bonghwa.media.plane import Plane
from bonghwa.media.problem import Problem, admit, bearer, require, watch_over
from bonghwa.media.sessions import Session, Sessions
from bonghwa.media.ticket import Ticket

PATIENCE_S = 5.0


class Still(Session):
    """A session of one picture: it keeps the camera pulled until there is one."""

    transport = "snapshot"

    def __init__(self, desk: Sessions, ticket: Ticket, camera: Camera) -> None:
        super().__init__(desk, ticket, camera)
        self.arrived = asyncio.Event()

    def _deliver(self, unit: AccessUnit) -> None:
        if unit.key:
            self.arrived.set()

    def _stop(self) -> None:
        self.arrived.set()
        self.gone.set()


async def snapshot(request: Request) -> Response:
    """The still, and in `X-Bonghwa-Picture-Age-Ms` how old it is."""
    if not picture.AVAILABLE:
        raise Problem(501, "stills_unavailable", "this gateway is installed without the [video] extra")
    plane: Plane = request.app.state.plane
    require(plane, "stills")
    ticket, camera = admit(plane, bearer(request), request.path_params["camera"], still=True)
    session = Still(plane.sessions, ticket, camera)
    watch_over(plane, session)
    session.begin()
    try:
        image, age_s = await _take(session, ticket.watermark)
        if not session.may_send():
            raise Problem(403, "view_over", "the view ended while the still was made")
        session.bytes = len(image)
    finally:
        session.end("viewer")
    headers = {"X-Bonghwa-Picture-Age-Ms": str(int(age_s * 1_000)), "Cache-Control": "no-store"}
    return Response(image, 200, headers, media_type="image/jpeg")


async def _take(session: Still, watermark: str) -> tuple[bytes, float]:
    if not session.feed.gop.units:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await session.arrived.wait()
        except TimeoutError:
            raise Problem(504, "no_picture", f"the camera gave no picture: {session.feed.state}") from None
    # Asked only now: the camera's pictures may have turned out to be made by another feed.
    gop = session.feed.gop
    units, sets = list(gop.units), gop.parameter_sets
    if not units:
        raise Problem(504, "no_picture", f"the camera gave no picture: {session.feed.state}")
    try:
        image = await asyncio.to_thread(picture.still, sets, units, watermark)
    except picture.Undecodable as error:
        raise Problem(502, "undecodable", str(error)) from None
    return image, elapsed() - units[-1].arrived
