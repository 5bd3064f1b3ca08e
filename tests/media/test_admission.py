"""Between the ticket and the first picture nothing may slip in: a revoke, a lost lease and a new start id are heeded until the end."""

import asyncio
import secrets
import time
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bonghwa.media import ticket
from bonghwa.media.camera import Camera
from bonghwa.media.clock import elapsed
from bonghwa.media.lease import HubTime, Lease
from bonghwa.media.pull import Pull
from bonghwa.media.rtsp import Source
from bonghwa.media.sessions import Session, Sessions
from tests.media.camera import TestCamera
from tests.media.rig import eventually, running, until
from tests.media.test_hostile_input import OFFER

pytestmark = pytest.mark.anyio

KEY = Ed25519PrivateKey.generate()
JWKS = {"keys": [ticket.public_jwk(KEY.public_key(), "t1")]}


async def half_an_offer(gateway, token):
    """A connection that has sent its head and half its offer; gives it with the other half."""
    where = urlsplit(gateway.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"POST /whep/cam1 HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/sdp\r\n"
    half = len(OFFER) // 2
    writer.write(f"{head}Content-Length: {len(OFFER)}\r\nConnection: close\r\n\r\n{OFFER[:half]}".encode())
    await writer.drain()
    return reader, writer, OFFER[half:].encode()


@pytest.mark.parametrize("revoked", [{"grants": ["g1"], "views": []}, {"grants": [], "views": ["v-slow"]}], ids=["grant", "view"])
async def test_a_viewer_that_sends_its_offer_slowly_while_it_is_revoked_gets_no_session_and_no_frame(plane, revoked):
    gateway, hub, camera = plane
    reader, writer, rest = await half_an_offer(gateway, hub.ticket(view="v-slow"))
    number = await hub.order("revoke", reason="closed", **revoked)
    assert (await until(lambda: hub.acks.get(number)))["cut"] == []
    writer.write(rest)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b'"code":"grant_revoked"' in answer
    assert (await gateway.healthz())["viewers"] == 0
    assert hub.told_of("view_opened") == []
    assert camera.pulls == 0


async def test_a_viewer_that_sends_its_offer_slowly_while_the_lease_ends_is_refused(tmp_path, clip):
    camera = TestCamera(clip)
    async with running(tmp_path, {"cam1": camera}, lease_s=2) as (gateway, hub):
        reader, writer, rest = await half_an_offer(gateway, hub.ticket())
        hub.deaf = True

        async def lost():
            return not await gateway.hub_is_up()

        await eventually(lost, 10, "the end of the lease")
        writer.write(rest)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        assert b'"code":"lease_ended"' in answer
        assert (await gateway.healthz())["viewers"] == 0
        assert camera.pulls == 0


async def test_an_offer_that_cannot_be_read_does_not_use_up_the_ticket(plane):
    gateway, hub, _ = plane
    token = hub.ticket()
    reader, writer, rest = await half_an_offer(gateway, token)
    writer.write(b"x" * len(rest))
    assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 400 ")
    writer.close()
    reader, writer, rest = await half_an_offer(gateway, token)
    writer.write(rest)
    assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 201 ")
    writer.close()


class Kept(Session):
    """A session that keeps what it is given."""

    def __init__(self, desk, opened, camera):
        super().__init__(desk, opened, camera)
        self.kept = []

    def _deliver(self, unit):
        self.kept.append(unit)


class Doorway:
    """The sessions of a gateway with a lease, a trusted key and one camera that is never pulled."""

    def __init__(self):
        self.lease, self.time = Lease(), HubTime()
        self.lease.renew(elapsed(), 60)
        self.time.tell(time.time_ns() // 1_000)
        self.verifier = ticket.TicketVerifier("gw1", "")
        self.verifier.trust(JWKS, "b1")
        self.sessions = Sessions(self.verifier, self.time, self.lease, 4)
        self.camera = Camera("cam1", Pull(Source("cam1", "rtsp://127.0.0.1:9/"), lambda _: None, lambda _, __: None))
        self.camera.pause(True)

    def admitted(self, **changes):
        """A session whose ticket was admitted and that is not yet watched over."""
        now = int(time.time())
        claims = {
            "iss": "bonghwa-hub", "aud": "gw1", "boot": "b1", "view": "v1", "grant": "g1", "camera": "cam1", "watermark": "w",
            "not_after": self.time.now_us() + 600_000_000, "jti": secrets.token_hex(8), "iat": now, "exp": now + 60, "drill": False,
        }  # fmt: skip
        opened = self.sessions.admit(ticket.issue(KEY, claims | changes, "t1"), "cam1")
        return Kept(self.sessions, opened, self.camera)


async def revoke_grant(doorway):
    await doorway.sessions.revoke(["g1"], [])


async def revoke_view(doorway):
    await doorway.sessions.revoke([], ["v1"])


async def end_lease(doorway):
    doorway.lease.end()


async def start_anew(doorway):
    doorway.verifier.trust(JWKS, "b2")


CHANGES = [
    (revoke_grant, ticket.GrantRevoked, "revoked"),
    (revoke_view, ticket.GrantRevoked, "revoked"),
    (end_lease, ticket.LeaseEnded, "lease"),
    (start_anew, ticket.TicketOfAnotherBoot, "lease"),
]


@pytest.mark.parametrize(("change", "refusal", "reason"), CHANGES)
async def test_no_session_is_opened_by_a_ticket_that_lost_its_ground_after_it_was_admitted(change, refusal, reason):
    doorway = Doorway()
    session = doorway.admitted()
    await change(doorway)
    with pytest.raises(refusal):
        doorway.sessions.add(session)
    assert len(doorway.sessions) == 0


@pytest.mark.parametrize(("change", "refusal", "reason"), CHANGES)
async def test_a_session_that_lost_its_ground_is_given_no_picture_and_ends_itself(change, refusal, reason):
    doorway = Doorway()
    session = doorway.admitted()
    assert session.may_send()
    await change(doorway)
    session.picture(None)
    assert session.kept == []
    assert session.ended == reason


async def test_a_revoke_of_another_grant_leaves_a_session_alone():
    doorway = Doorway()
    session = doorway.admitted()
    await doorway.sessions.revoke(["g2"], ["v2"])
    doorway.sessions.add(session)
    assert session.may_send()
    session.end("viewer")
