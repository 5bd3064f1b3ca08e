"""Where the demo keeps its things and which ports it takes."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bonghwa.config import DEFAULT_GATEWAYS

CHECKOUT = Path(__file__).resolve().parents[3]


class PortTaken(Exception):
    """A port that the demo needs is in use."""


@dataclass(frozen=True)
class Ports:
    """One port a server; a gateway takes the same number for HTTP over TCP and for WebRTC over UDP."""

    hub: int
    gateways: dict[str, int]
    rtsp: int
    control: int
    mqtt: int


@dataclass(frozen=True)
class Folders:
    """The data folder of the hub and gateways, and what of it the city sees."""

    data: Path

    @property
    def city(self) -> Path:
        """The city's own folder: its cameras, what it hands out, its secret."""
        return self.data / "city"

    @property
    def cameras(self) -> Path:
        """The list of cameras that the city plays."""
        return self.city / "cameras.json"

    @property
    def credentials(self) -> Path:
        """Tokens and passwords of this start, on their way into the ready file."""
        return self.data / "demo-credentials.json"

    def ready(self, name: str) -> Path:
        """Where a process says that it listens."""
        return self.data / f"{name}.ready.json"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all: who sees it sees everything."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


@contextmanager
def data_folder(wanted: Path | None) -> Iterator[Folders]:
    """The folder that was named, made where missing, or a fresh one that is removed at the end."""
    if wanted is not None:
        wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield Folders(wanted.resolve())
        return
    fresh = Path(tempfile.mkdtemp(prefix="bonghwa-demo-"))
    try:
        yield Folders(fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def take_ports(host: str, first: int) -> Ports:
    """Free ports: those from `first` on, or any where `first` is 0. Raises PortTaken naming the one that is in use."""
    count = 1 + len(DEFAULT_GATEWAYS) + 3
    with ExitStack() as held:
        numbers = [_free(host, first and first + offset, held) for offset in range(count)]
    gateways = {entry.name: number for entry, number in zip(DEFAULT_GATEWAYS, numbers[1:], strict=False)}
    return Ports(numbers[0], gateways, *numbers[-3:])


def _free(host: str, wanted: int, held: ExitStack) -> int:
    """A port free for TCP and UDP, held until `held` closes so that the next search does not find it again."""
    for _ in range(100):
        tcp = held.enter_context(socket.socket(_family(host), socket.SOCK_STREAM))
        udp = held.enter_context(socket.socket(_family(host), socket.SOCK_DGRAM))
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tcp.bind((host, wanted))
            number: int = tcp.getsockname()[1]
            udp.bind((host, number))
        except OSError as error:
            if wanted:
                raise PortTaken(f"port {wanted} on {host}: {os.strerror(error.errno or 0)}; choose others with --port N") from error
            continue
        return number
    raise PortTaken(f"no port on {host} is free for both TCP and UDP")


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
