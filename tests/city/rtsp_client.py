"""A bare RTSP client for tests: says exactly what it is told, and reads what comes."""

import asyncio
import re
import struct
from dataclasses import dataclass

from bonghwa.city.rtsp import REALM, USERNAME, digest_answer


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Packet:
    channel: int
    marker: bool
    sequence: int
    rtp_time: int
    payload: bytes

    @property
    def nal_type(self) -> int:
        kind = self.payload[0] & 31
        return self.payload[1] & 31 if kind == 28 else kind


class Client:
    """One connection to one camera's URL."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str, password: str) -> None:
        self.reader, self.writer, self.url, self.password = reader, writer, url, password
        self.nonce, self.session, self._number = "", "", 0

    @classmethod
    async def connect(cls, url: str, password: str) -> "Client":
        host, port = re.match(r"rtsp://([^:/]+):(\d+)", url).groups()
        return cls(*await asyncio.open_connection(host, int(port)), url, password)

    async def ask(self, method: str, suffix: str = "", **headers: str) -> Answer:
        self.send(method, suffix, **headers)
        async with asyncio.timeout(30):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
            body = (await self.reader.readexactly(int(found.get("content-length", 0)))).decode()
        challenge = re.search(r'nonce="([^"]+)"', found.get("www-authenticate", ""))
        self.nonce = challenge[1] if challenge else self.nonce
        self.session = found.get("session", self.session).split(";")[0]
        return Answer(int(head[0].split(" ")[1]), found, body)

    def send(self, method: str, suffix: str = "", **headers: str) -> None:
        self._number += 1
        url = self.url + suffix
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._number}"]
        if self.nonce:
            proof = digest_answer(USERNAME, REALM, self.password, self.nonce, method, url)
            lines.append(
                f'Authorization: Digest username="{USERNAME}", realm="{REALM}", nonce="{self.nonce}", uri="{url}", response="{proof}"'
            )
        if self.session:
            lines.append(f"Session: {self.session}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def play(self) -> None:
        assert (await self.ask("DESCRIBE")).status == 401
        assert (await self.ask("DESCRIBE")).status == 200
        assert (await self.ask("SETUP", "/track1", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")).status == 200
        assert (await self.ask("PLAY")).status == 200

    async def packet(self) -> Packet:
        """The next RTP packet; reports are passed over."""
        async with asyncio.timeout(60):
            while True:
                dollar, channel, length = struct.unpack(">BBH", await self.reader.readexactly(4))
                data = await self.reader.readexactly(length)
                assert dollar == 0x24
                if channel == 0:
                    _, second, sequence, rtp_time, _ = struct.unpack(">BBHII", data[:12])
                    return Packet(channel, bool(second & 0x80), sequence, rtp_time, data[12:])

    async def picture(self) -> list[Packet]:
        """The packets of one whole picture."""
        packets = [await self.packet()]
        while not packets[-1].marker:
            packets.append(await self.packet())
        return packets

    def close(self) -> None:
        self.writer.close()
