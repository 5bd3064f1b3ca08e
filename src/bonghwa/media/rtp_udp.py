"""RTP over UDP from one camera (RFC 3550): put in order, counted, and answered with receiver reports so that the camera goes on sending."""

import asyncio
import contextlib
import ipaddress
import secrets
import socket
import struct
from collections import deque
from collections.abc import Callable

from bonghwa.media.clock import elapsed
from bonghwa.media.h264 import CLOCK_RATE
from bonghwa.media.rtp_order import Reorder

# A camera that hears nothing may stop after its session's time-out; a first report soon shows it that somebody listens.
_FIRST_REPORT_S, _REPORT_EVERY_S = 1.0, 5.0
_MAX_READY = 4_096
_RECEIVE_BUFFER = 2 << 20
_ATTEMPTS = 20
_PORTS = range(20_000, 60_000, 2)
_RANDOM = secrets.SystemRandom()


class Reception:
    """What a receiver report says of a stream (RFC 3550, 6.4.1 and A.8)."""

    def __init__(self) -> None:
        self._own = secrets.randbelow(1 << 32)
        self._ssrc = 0
        self._first = self._highest = -1
        self._received = self._expected_before = self._received_before = 0
        self._jitter = 0.0
        self._transit: float | None = None
        self._sent_at = 0
        self._sent_heard = 0.0

    def count(self, packet: bytes, now: float) -> None:
        """A packet of the camera came."""
        sequence, timestamp, ssrc = struct.unpack_from("!HII", packet, 2)
        if ssrc != self._ssrc:
            self._ssrc, self._first, self._highest, self._received = ssrc, sequence, sequence, 0
            self._expected_before = self._received_before = 0
            self._transit = None
        step = (sequence - self._highest) & 0xFFFF
        if step < 0x8000:
            self._highest += step
        self._received += 1
        transit = now * CLOCK_RATE - timestamp
        if self._transit is not None and (change := abs(transit - self._transit)) < 10 * CLOCK_RATE:
            self._jitter += (change - self._jitter) / 16
        self._transit = transit

    def hear(self, packet: bytes, now: float) -> None:
        """A sender report of the camera: the reports that follow name it, so the camera can tell the round trip."""
        if len(packet) >= 20 and packet[0] >> 6 == 2 and packet[1] == 200:
            self._sent_at, self._sent_heard = int.from_bytes(packet[10:14], "big"), now

    def report(self, now: float) -> bytes:
        """The receiver report to send, with its SDES; empty before the first packet."""
        if self._first < 0:
            return b""
        expected = self._highest - self._first + 1
        lost = min(max(expected - self._received, 0), 0x7FFFFF)
        wanted, got = expected - self._expected_before, self._received - self._received_before
        self._expected_before, self._received_before = expected, self._received
        fraction = min(255, max(0, (wanted - got) * 256 // wanted)) if wanted > 0 else 0
        delay = int((now - self._sent_heard) * 65_536) & 0xFFFFFFFF if self._sent_at else 0
        block = struct.pack(
            "!IIIIII", self._ssrc, fraction << 24 | lost, self._highest & 0xFFFFFFFF, int(self._jitter) & 0xFFFFFFFF, self._sent_at, delay
        )
        name = b"bonghwa"
        chunk = struct.pack("!IBB", self._own, 1, len(name)) + name + b"\0"
        chunk += b"\0" * (-len(chunk) % 4)
        head = struct.pack("!BBHI", 0x81, 201, 7, self._own)
        return head + block + struct.pack("!BBH", 0x81, 202, len(chunk) // 4) + chunk


class _Ear(asyncio.DatagramProtocol):
    """Hands on what comes from the camera's own address, and nothing else."""

    def __init__(self, camera: str, take: Callable[[bytes, int], None]) -> None:
        self._camera = ipaddress.ip_address(camera)
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        with contextlib.suppress(ValueError):
            if ipaddress.ip_address(addr[0]) == self._camera:
                self._take(data, addr[1])

    def error_received(self, exc: Exception) -> None:
        """A port that is closed at the camera: its silence is judged elsewhere."""


class UdpReceiver:
    """A pair of ports that one camera sends to. `packets` waits for RTP and gives it in order."""

    def __init__(self, camera: str) -> None:
        self.heard_at = elapsed()
        self.port = 0
        self._camera = camera
        self._reports_to: int | None = None
        self._reorder = Reorder()
        self._reception = Reception()
        self._ready: deque[bytes] = deque()
        self._awake = asyncio.Event()
        self._flush: asyncio.TimerHandle | None = None
        self._reporter: asyncio.TimerHandle | None = None
        self._ears: list[asyncio.DatagramTransport] = []

    async def open(self, host: str) -> None:
        """Bind a pair of ports, the even one for RTP (RFC 3550, 11), on our address `host`. Raises `OSError`."""
        loop = asyncio.get_running_loop()
        for rtp, rtcp in _bound_pairs(host):
            self.port = rtp.getsockname()[1]
            for bound, take in ((rtp, self._take), (rtcp, self._hear)):
                ear, _ = await loop.create_datagram_endpoint(lambda take=take: _Ear(self._camera, take), sock=bound)  # type: ignore[misc]
                self._ears.append(ear)
            self._reporter = loop.call_later(_FIRST_REPORT_S, self._report)
            return
        raise OSError("no free pair of UDP ports")

    def expect(self, server_port: int | None) -> None:
        """Where the camera listens for reports, as it said itself; else where its own reports come from."""
        self._reports_to = server_port + 1 if server_port and server_port < 65_535 else self._reports_to

    async def packets(self) -> list[bytes]:
        """The RTP packets that came, in order; waits for one."""
        while not self._ready:
            self._awake.clear()
            await self._awake.wait()
        out = list(self._ready)
        self._ready.clear()
        return out

    def close(self) -> None:
        """Let go of the ports."""
        for timer in (self._flush, self._reporter):
            if timer:
                timer.cancel()
        for ear in self._ears:
            ear.close()

    def _take(self, packet: bytes, _: int) -> None:
        if len(packet) < 12 or packet[0] >> 6 != 2:
            return
        if 200 <= packet[1] <= 204:
            self._hear(packet, 0)
            return
        now = self.heard_at = elapsed()
        self._reception.count(packet, now)
        self._give(self._reorder.take(packet, now))

    def _hear(self, packet: bytes, port: int) -> None:
        self._reception.hear(packet, elapsed())
        if self._reports_to is None and port:
            self._reports_to = port

    def _give(self, packets: list[bytes]) -> None:
        if packets:
            # What nobody takes is lost here as it would be on the way.
            self._ready.extend(packets[: max(0, _MAX_READY - len(self._ready))])
            self._awake.set()
        due = self._reorder.due
        if due is not None and self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(max(0.001, due - elapsed()), self._expire)

    def _expire(self) -> None:
        self._flush = None
        self._give(self._reorder.expire(elapsed()))

    def _report(self) -> None:
        self._reporter = asyncio.get_running_loop().call_later(_REPORT_EVERY_S, self._report)
        report = self._reception.report(elapsed())
        if report and self._reports_to:
            self._ears[1].sendto(report, (self._camera, self._reports_to))


def _bound_pairs(host: str) -> "list[tuple[socket.socket, socket.socket]]":
    """One pair of sockets on neighbouring ports, the first even; none where nothing is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in _RANDOM.sample(_PORTS, _ATTEMPTS):
        pair = (socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_DGRAM))
        try:
            for each, number in zip(pair, (port, port + 1), strict=True):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
                each.setblocking(False)
                each.bind((host, number))
        except OSError:
            for each in pair:
                each.close()
            continue
        return [pair]
    return []
