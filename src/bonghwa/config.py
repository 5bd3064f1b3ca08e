"""Settings: TOML, then environment, then flags; an unknown key is an error that names it. `config/bonghwa.toml` is the reference."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from bonghwa.service.ports import Limits


class ConfigError(ValueError):
    """A setting that cannot be used; the message names its key."""


@dataclass(frozen=True)
class HubSettings:
    """`[hub]`."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    data: str = "var"
    database: str = ""
    agreements: str = "agreements"
    ledger_name: str = "bonghwa.incheon/ledger"
    tls_cert: str = ""
    tls_key: str = ""
    insecure: bool = False
    requests_per_minute: int = 1200
    disk_free_mb: int = 64


@dataclass(frozen=True)
class MqttSettings:
    """`[mqtt]`."""

    host: str = ""
    port: int = 1883
    embedded: bool = False


@dataclass(frozen=True)
class TurnSettings:
    """`[turn]`."""

    urls: str = ""
    secret_file: str = ""
    lifetime_s: int = 3600

    @property
    def addresses(self) -> tuple[str, ...]:
        """The relay's addresses, `turn:` or `turns:`; none where no relay is run."""
        return tuple(url.strip() for url in self.urls.split(",") if url.strip())

    def check(self) -> None:
        """Raises ConfigError for an address a browser would refuse, or without a secret."""
        for url in self.addresses:
            if not url.startswith(("turn:", "turns:")):
                raise ConfigError(f"turn.urls: {url!r} does not begin with turn: or turns:")
        if self.addresses and not self.secret_file:
            raise ConfigError("turn.secret_file: required with turn.urls")
        if not 60 <= self.lifetime_s <= 86_400:
            raise ConfigError("turn.lifetime_s: must be 60 to 86400")


@dataclass(frozen=True)
class PursuitSettings:
    """`[pursuit]`."""

    roads: str = ""
    processes: int = 2
    particles: int = 30_000
    stand_by: bool = True

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        if not 1 <= self.processes <= 64:
            raise ConfigError("pursuit.processes: must be 1 to 64")
        if not 1_000 <= self.particles <= 200_000:
            raise ConfigError("pursuit.particles: must be 1000 to 200000")


@dataclass(frozen=True)
class GatewayEntry:
    """`[[gateway]]`: a gateway the hub knows and the owners whose cameras it serves."""

    name: str
    owners: tuple[str, ...]


DEFAULT_GATEWAYS = (
    GatewayEntry("gw1", ("junggu", "donggu", "michuhol", "ongjin", "ganghwa")),
    GatewayEntry("gw2", ("yeonsu", "namdong", "bupyeong", "gyeyang", "seo")),
)


@dataclass(frozen=True)
class Settings:
    """Everything a hub can be told."""

    hub: HubSettings = field(default_factory=HubSettings)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    turn: TurnSettings = field(default_factory=TurnSettings)
    pursuit: PursuitSettings = field(default_factory=PursuitSettings)
    limits: Limits = field(default_factory=Limits)
    gateways: tuple[GatewayEntry, ...] = DEFAULT_GATEWAYS

    @property
    def loopback(self) -> bool:
        """Whether the hub listens on this machine only."""
        return self.hub.host in ("127.0.0.1", "::1", "localhost")

    def check(self) -> "Settings":
        """Refuse what would be unsafe: plain HTTP beyond loopback unless told (ConfigError)."""
        if not self.loopback and not (self.hub.tls_cert and self.hub.tls_key) and not self.hub.insecure:
            raise ConfigError(f"hub.host: {self.hub.host} is not loopback: give hub.tls_cert and hub.tls_key, or hub.insecure = true")
        self.turn.check()
        return self


SECTIONS: dict[str, type] = {"hub": HubSettings, "mqtt": MqttSettings, "turn": TurnSettings, "pursuit": PursuitSettings, "limits": Limits}


def _typed(key: str, kind: Any, value: Any) -> Any:
    wanted = {"str": str, "int": int, "bool": bool}.get(kind if isinstance(kind, str) else kind.__name__, str)
    if isinstance(value, str) and wanted is not str:
        try:
            value = {"true": True, "false": False}[value.lower()] if wanted is bool else int(value)
        except (KeyError, ValueError):
            raise ConfigError(f"{key}: {value!r} is not {wanted.__name__}") from None
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise ConfigError(f"{key}: must be {wanted.__name__}, not {type(value).__name__}")
    return value


def _section(name: str, kind: type, raw: Mapping[str, Any]) -> Any:
    known = {f.name: f.type for f in fields(kind)}
    for key in raw:
        if key not in known:
            raise ConfigError(f"{name}.{key}: is not a known key")
    return kind(**{key: _typed(f"{name}.{key}", known[key], value) for key, value in raw.items()})


def _gateways(raw: list[Any]) -> tuple[GatewayEntry, ...]:
    entries = []
    for n, item in enumerate(raw):
        for key in item:
            if key not in ("name", "owners"):
                raise ConfigError(f"gateway[{n}].{key}: is not a known key")
        if not isinstance(item.get("name"), str) or not isinstance(item.get("owners"), list):
            raise ConfigError(f"gateway[{n}]: needs name and owners")
        entries.append(GatewayEntry(item["name"], tuple(item["owners"])))
    return tuple(entries)


def load(
    path: Path | None = None, environment: Mapping[str, str] | None = None, flags: Mapping[str, Mapping[str, Any]] | None = None
) -> Settings:
    """Read settings. `flags` are `{section: {key: value}}` from the command line. Relative paths count from the file's folder.

    Raises ConfigError naming the key.
    """
    raw: dict[str, Any] = {}
    if path is not None:
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path}: {error}") from None
    for key in raw:
        if key not in (*SECTIONS, "gateway"):
            raise ConfigError(f"{key}: is not a known section")
    merged = {name: dict(raw.get(name, {})) for name in SECTIONS}
    for variable, text in (os.environ if environment is None else environment).items():
        if not variable.startswith("BONGHWA_"):
            continue
        section, _, key = variable.removeprefix("BONGHWA_").lower().partition("_")
        if section in SECTIONS and key:
            merged[section][key] = text
    for section, values in (flags or {}).items():
        merged[section].update({key: value for key, value in values.items() if value is not None})
    settings = Settings(
        **{name: _section(name, kind, merged[name]) for name, kind in SECTIONS.items()},
        gateways=_gateways(raw["gateway"]) if "gateway" in raw else DEFAULT_GATEWAYS,
    )
    if path is not None:
        folder = path.resolve().parent
        settings = replace(settings, hub=_from_folder(settings.hub, folder, merged["hub"]))
        if settings.turn.secret_file:
            settings = replace(settings, turn=replace(settings.turn, secret_file=str(folder / settings.turn.secret_file)))
        if settings.pursuit.roads and "roads" in merged["pursuit"]:
            settings = replace(settings, pursuit=replace(settings.pursuit, roads=str(folder / settings.pursuit.roads)))
    return settings.check()


def _from_folder(hub: HubSettings, folder: Path, given: Mapping[str, Any]) -> HubSettings:
    def at(key: str) -> str:
        value = str(getattr(hub, key))
        return str(folder / value) if value and key in given else value

    return replace(hub, data=at("data"), agreements=at("agreements"), tls_cert=at("tls_cert"), tls_key=at("tls_key"))
