"""What the gateway tells its hub of sessions and cameras, and counts for itself."""

from typing import Any

from bonghwa.media.congestion import Mode
from bonghwa.media.control import ControlChannel
from bonghwa.media.feed import Feed
from bonghwa.media.lease import HubTime
from bonghwa.media.metrics import Metrics
from bonghwa.media.onvif.port import Location
from bonghwa.media.sessions import Session, Sessions


class Reports:
    """Turns what happens into messages of the control channel. `channel` is set once, before anything happens."""

    channel: ControlChannel

    def __init__(self, sessions: Sessions, metrics: Metrics, time: HubTime) -> None:
        self._metrics = metrics
        self._time = time
        sessions.on_began = self.began
        sessions.on_ended = self.ended
        sessions.reduced = self.reduced

    def began(self, session: Session) -> None:
        """A session began to be served."""
        self._metrics.viewers.labels(session.transport).inc()
        self.channel.report({"t": "view_opened", "view": session.ticket.view, "session": session.id, "transport": session.transport})

    def ended(self, session: Session) -> None:
        """A session that had begun has ended."""
        self._metrics.viewers.labels(session.transport).dec()
        self._metrics.sent.labels(session.transport).inc(session.bytes)
        self._metrics.ended.labels(session.transport, session.ended or "lost").inc()
        self.channel.report(
            {
                "t": "view_ended",
                "view": session.ticket.view,
                "session": session.id,
                "seconds": round(session.seconds, 3),
                "bytes": session.bytes,
                "reason": session.ended,
            }
        )

    def reduced(self, before: Mode, after: Mode) -> None:
        """A viewer is sent less, or more again, because of its network."""
        for mode, step in ((before, -1), (after, 1)):
            if mode != "full":
                self._metrics.reduced.labels(mode).inc(step)

    def health(self, feed: Feed) -> None:
        """A camera's state changed."""
        self._metrics.health.labels(feed.state).inc()
        message: dict[str, Any] = {"t": "health", "camera": feed.camera, "state": feed.state}
        age = feed.picture_age
        if age is not None and self._time.known:
            message["last_picture_us"] = self._time.now_us() - int(age * 1_000_000)
        self.channel.report(message)

    def first_frame(self, camera: str, seconds: float) -> None:
        """The first picture after a pull began."""
        self._metrics.first_frame.observe(seconds)
        self.channel.report({"t": "first_frame", "camera": camera, "ms": round(seconds * 1_000)})

    def location(self, camera: str, where: Location) -> None:
        """A camera said where it stands, and perhaps where it looks."""
        bearing = {} if where.bearing is None else {"bearing": where.bearing}
        self.channel.report({"t": "pose", "camera": camera, "lat": where.lat, "lon": where.lon, **bearing})
