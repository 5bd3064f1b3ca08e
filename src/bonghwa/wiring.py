"""The one place that names concrete classes: a hub is put together here and nowhere else."""

import asyncio
import os
import threading
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import structlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bonghwa.config import ConfigError, Settings, TurnSettings
from bonghwa.data import load_city, read_data
from bonghwa.domain.agency import ROLES, Agency
from bonghwa.domain.agreement import Agreement
from bonghwa.domain.alarm import LINES
from bonghwa.domain.camera import Camera
from bonghwa.domain.gateway import Gateways
from bonghwa.ledger.note import VerifierKey
from bonghwa.ledger.sequencer import Sequencer
from bonghwa.ledger.verify import Verdict, verify_tree
from bonghwa.media.enrolment import b64url, from_b64url
from bonghwa.media.ticket import issue, public_jwk
from bonghwa.registry.book import RegistryBook
from bonghwa.registry.eyes import RegistryEyes
from bonghwa.registry.places import CityPlaces, packaged_places
from bonghwa.service.clips import Fetching
from bonghwa.service.clock import HubClock
from bonghwa.service.ports import City
from bonghwa.service.viewing import Opened
from bonghwa.storage.agreements import load_agreements
from bonghwa.storage.keys import KeyPurpose, KeyRing, LedgerSigner, ed25519_verifies
from bonghwa.storage.sql import journal
from bonghwa.storage.sql.cameras import load_all
from bonghwa.storage.sql.engine import open_engine
from bonghwa.storage.sql.writer import SqlRead, SqlTx, Writer
from bonghwa.storage.tiles import FileTiles

T = TypeVar("T")
Told = tuple[str, str, int, dict[str, Any]]
log = structlog.get_logger("hub")
TICKET_S = 30
LATE_TICK_US = 30_000_000


def agencies() -> dict[str, Agency]:
    """Every agency of the city: those of `agencies.toml` and the district control centres."""
    table = tomllib.loads(read_data("agencies.toml").decode())
    roles = {str(role): role for role in ROLES}
    found = {a["id"]: Agency(a["id"], roles[a["role"]], a["ko"], a["en"]) for a in table["agency"]}
    for district in load_city().districts:
        found[district.id] = Agency(district.id, "district", f"{district.ko} 관제센터", f"{district.en} control centre")
    return found


def agreements_of(folder: Path) -> tuple[Agreement, ...]:
    """The agreements of a folder, checked against the city's agencies."""
    known = agencies()
    return load_agreements(folder, known, [a.id for a in known.values() if a.role == "district"])


@dataclass
class LedgerState:
    """What the ledger shows of itself, written by its own thread alone. `verified` is None until the first self-check."""

    size: int = 0
    root: str | None = None
    checkpoint_at: int = 0
    verified: bool | None = None
    verified_at: int | None = None
    error: str | None = None


class _Book(RegistryBook):
    """The registry in memory, whose health the eyes learn."""

    def __init__(self, cameras: list[Camera], eyes: RegistryEyes) -> None:
        super().__init__(cameras)
        self._eyes = eyes

    def set_health(self, camera: str, state: str, at: int) -> bool:
        changed = super().set_health(camera, state, at)
        if changed and self.get(camera) is not None:
            self._eyes.set_health(camera, state)
        return changed


class Hub:
    """The control plane, assembled: storage and its one writer, the city's facts, keys, ledger, events, gateways."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data = Path(settings.hub.data)
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.clock = HubClock()
        self.turn_secret = _secret(settings.turn)
        self.keys = KeyRing.open(self.data)
        self.engine = open_engine(settings.hub.database or self.data)
        self.writer = Writer(self.engine, self.clock)
        with self.engine.connect() as connection:
            self.cameras = load_all(connection)
        self.eyes = RegistryEyes.packaged(self.cameras)
        self.book = _Book(self.cameras, self.eyes)
        names = {d.id: d.ko for d in load_city().districts}
        self.places = CityPlaces(self.cameras, packaged_places(), names)
        self.agencies = agencies()
        self.city = City(
            self.agencies,
            agreements_of(Path(settings.hub.agreements)),
            self.book,
            self.eyes,
            self.places,
            Gateways({entry.name: entry.owners for entry in settings.gateways}),
            settings.limits,
            self.wrong,
        )
        self.names = {a.id: (a.ko, a.en) for a in self.agencies.values()}
        self.ledger = LedgerState()
        self.tiles = FileTiles(self.data / "ledger", writing=True)
        self._sequencer = Sequencer(
            self.tiles,
            LedgerSigner(settings.hub.ledger_name, self.keys[KeyPurpose.LEDGER]),
            settings.hub.ledger_name,
            ed25519_verifies,
            [VerifierKey(settings.hub.ledger_name, key) for key in self.keys.retired(KeyPurpose.LEDGER)],
        )
        self._sequencing = threading.Lock()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._readers = ThreadPoolExecutor(8, "read")
        self.writer.listen(lambda _events, _told: self._wake.set())
        self._ledger_thread = threading.Thread(target=self._log_commits, name="ledger", daemon=True)
        self._ledger_thread.start()
        self.public_url = settings.hub.public_url
        self.gateway_urls: set[str] = set()
        self.ticked_at = 0

    # changes and looks

    async def change(self, change: Callable[[SqlTx], T]) -> T:
        """Run one change through the writer; answers once it is durable."""
        return await asyncio.wrap_future(self.writer.submit(change))

    async def change_told(self, change: Callable[[SqlTx], T]) -> tuple[T, list[tuple[str, int]]]:
        """The same, with the messages to gateways it queued."""

        def run(tx: SqlTx) -> tuple[T, list[tuple[str, int]]]:
            answer = change(tx)
            return answer, [(gateway, n) for gateway, _, n, _ in tx.told]

        return await self.change(run)

    async def read(self, look: Callable[[SqlRead], T]) -> T:
        """Look at the committed state, off the loop."""

        def run() -> T:
            with self.engine.connect() as connection:
                return look(SqlRead(connection, self.clock.now()))

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    def on_commit(self, listener: Callable[[Sequence[journal.EventRow], Sequence[Told]], None]) -> None:
        """Call this, in the writer's thread, after each commit."""
        self.writer.listen(listener)

    async def messages(self, gateway: str, boot: str, n: int) -> list[tuple[int, dict[str, Any]]]:
        """What was told to this start of a gateway after message `n`."""
        return await self.read(lambda read: journal.control_after(read.connection, gateway, boot, n))

    # health

    def wrong(self) -> str | None:
        """What forbids opening anything new: a stepped clock, a full disk, a ledger that cannot be written."""
        if self.clock.stepped():
            return "clock_stepped"
        if self.disk_free_mb() < self.settings.hub.disk_free_mb:
            return "disk_full"
        if self.writer.failing or self.ledger.error:
            return "storage_failed"
        if self.ticked_at and self.clock.now() - self.ticked_at > LATE_TICK_US:
            return "timers_late"
        return None

    def disk_free_mb(self) -> int:
        """Free space for the data folder."""
        space = os.statvfs(self.data)
        return space.f_bavail * space.f_frsize // (1 << 20)

    # tickets and keys

    def jwks(self) -> dict[str, Any]:
        """The ticket keys a gateway trusts."""
        key = self.keys[KeyPurpose.TICKETS].private.public_key()
        return {"keys": [public_jwk(key, self._kid())]}

    def _kid(self) -> str:
        return b64url(self.keys[KeyPurpose.TICKETS].public_bytes)[:12]

    def ticket(self, opened: Opened) -> str:
        """A one-use ticket for an opened view, valid half a minute."""
        view = opened.view
        claims: dict[str, Any] = {
            "aud": view.gateway,
            "boot": view.boot,
            "view": view.id,
            "camera": view.camera,
            "watermark": view.watermark,
            "not_after": view.not_after,
            "jti": opened.jti,
            "drill": view.drill,
            "priority": opened.priority,
        }
        if view.unmasked:
            claims["unmasked"] = True
        claims.update({"grant": view.grant} if view.grant else {"duty": view.duty})
        return self._issue(claims)

    def clip_ticket(self, fetching: Fetching) -> str:
        """A one-use ticket to download a clip, valid half a minute."""
        clip = fetching.clip
        claims = {
            "aud": clip.gateway,
            "boot": fetching.boot,
            "view": fetching.fetch,
            "camera": clip.camera,
            "watermark": "",
            "not_after": self.clock.now() + TICKET_S * 1_000_000,
            "jti": fetching.jti,
            "drill": clip.drill,
            "grant": clip.grant,
            "clip": clip.id,
        }
        return self._issue(claims)

    def _issue(self, claims: dict[str, Any]) -> str:
        now = self.clock.now() // 1_000_000
        whole = {**claims, "iss": "bonghwa-hub", "iat": now, "exp": now + TICKET_S}
        return issue(self.keys[KeyPurpose.TICKETS].private, whole, self._kid())

    def sign_enrolment(self, message: bytes) -> bytes:
        """Prove to a gateway that this is the hub it was enrolled at."""
        return self.keys[KeyPurpose.ENROLMENT].sign(message)

    def enrolled(self) -> dict[str, bytes]:
        """The public keys of the gateways that were enrolled, by name."""
        enrolled = {}
        for entry in self.settings.gateways:
            path = self.data / "gateways" / entry.name / "enrol.pub"
            if path.exists():
                enrolled[entry.name] = from_b64url(path.read_text().strip())
        return enrolled

    # ledger

    def _log_commits(self) -> None:
        """Derive tiles from committed rows, for as long as the hub lives. A failure is said and tried again: nothing is skipped."""
        checked = 0.0
        while not self._stopping.is_set():
            self._wake.wait(1.0)
            self._wake.clear()
            try:
                self.sequence()
                if self.ledger.size and (self.ledger.verified is None or self.clock.now() / 1e6 - checked > 60):
                    self._verify_self()
                    checked = self.clock.now() / 1e6
            except Exception as failed:  # the thread must go on, and the hub says that the ledger is late
                self.ledger.error = f"{type(failed).__name__}"
                log.exception("ledger cannot be written")
                self._stopping.wait(1.0)

    def sequence(self) -> None:
        """Append every committed entry that is not in the tiles yet and publish a checkpoint. One thread at a time."""
        with self._sequencing:
            while True:
                with self.engine.connect() as connection:
                    leaves = journal.leaves_from(connection, self._sequencer.size)
                if not leaves:
                    break
                self._sequencer.append(leaves, at=self._sequencer.size)
                self.ledger.checkpoint_at = self.clock.now()
            newest = self._sequencer.checkpoint
            self.ledger.size, self.ledger.root, self.ledger.error = newest.size, newest.root.hex(), None

    def _verify_self(self) -> None:
        verdict: Verdict = verify_tree(self.tiles.read, ed25519_verifies)
        self.ledger.verified, self.ledger.verified_at = verdict.ok, self.clock.now()
        if not verdict.ok:
            log.error("ledger does not verify", first_bad=verdict.first_bad, why=verdict.text)

    # life

    async def start(self) -> None:
        """Record which agreements are in force; no gateway is up until it has proven itself."""

        def record(tx: SqlTx) -> None:
            for agreement in self.city.agreements:
                tx.audit("agreement:loaded", {"agreement": agreement.id, "version": agreement.version, "hash": agreement.hash})
            for row in tx.gateways.find():
                self.gateway_urls.add(row.url)
                tx.gateways.put(replace(row, state="lost"))

        await self.change(record)

    def close(self) -> None:
        """Finish queued changes, log them, let go of everything."""
        self.writer.close()
        self._stopping.set()
        self._wake.set()
        self._ledger_thread.join(5)
        try:
            self.sequence()
        finally:
            self.tiles.close()
            self._readers.shutdown(wait=False)
            self.engine.dispose()


def hub_public_key(keys: KeyRing) -> str:
    """The hub's enrolment key as gateways store it (b64url)."""
    key = keys[KeyPurpose.ENROLMENT].private.public_key()
    return b64url(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def line_names() -> tuple[str, ...]:
    """The outside lines a credential is made for."""
    return tuple(LINES)


def _secret(turn: TurnSettings) -> str:
    """The secret shared with the relay. Raises ConfigError where it cannot be read."""
    if not turn.addresses:
        return ""
    try:
        secret = Path(turn.secret_file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"turn.secret_file: {error}") from None
    if not secret:
        raise ConfigError("turn.secret_file: is empty")
    return secret
