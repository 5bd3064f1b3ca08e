"""Accounts, tokens and enrolments of a fresh demo city: random at each start, handed out once."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from bonghwa.data import load_city
from bonghwa.media.enrolment import enrol
from bonghwa.service import people
from bonghwa.service.clock import HubClock
from bonghwa.storage.keys import KeyRing
from bonghwa.storage.sql.engine import open_engine
from bonghwa.storage.sql.writer import SqlTx, Writer
from bonghwa.wiring import agencies, hub_public_key, line_names

PEOPLE = {
    "police112": ("112 접수요원 2", "police112"),
    "fire119": ("119 상황요원 1", "fire119"),
    "tracking_centre": ("위치추적 관제요원 3", "tracking_centre"),
    "disaster_room": ("재난 상황요원 1", "disaster_room"),
    "control_room": ("관제요원 3", "control_room"),
    "district": ("중구 관제요원 1", "junggu"),
    "privacy_officer": ("개인정보 보호책임자", "privacy_officer"),
}
"""Role: the account's shown name and its agency."""


@dataclass
class Credentials:
    """What the ready file of CONTRACT hands out."""

    tokens: dict[str, str] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)
    districts: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, dict[str, str]] = field(default_factory=dict)


def prepare(data_dir: Path) -> Credentials:
    """Make every account, token and line credential in the data folder's database; before the hub starts. Old demo ones are replaced."""
    given, known, hasher = Credentials(), agencies(), PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
    engine = open_engine(data_dir)
    writer = Writer(engine, HubClock())

    def make(tx: SqlTx) -> None:
        for account in tx.accounts.find():
            tx.accounts.delete(account.id)
        for line in tx.lines.find():
            tx.lines.delete(line.id)
        for role, (name, agency) in PEOPLE.items():
            token, password = secrets.token_urlsafe(24), secrets.token_urlsafe(9)
            people.create_account(tx, known[agency], name, hasher.hash(password), token)
            given.tokens[role], given.accounts[role] = token, {"name": name, "password": password}
        for district in load_city().districts:
            if district.id == "junggu":
                given.districts[district.ko] = given.tokens["district"]
                continue
            token = secrets.token_urlsafe(24)
            people.create_account(tx, known[district.id], f"{district.ko} 관제요원 1", None, token)
            given.districts[district.ko] = token
        for name in line_names():
            given.lines[name] = secrets.token_urlsafe(24)
            people.create_line(tx, name, given.lines[name])

    try:
        writer.submit(make).result(30)
    finally:
        writer.close()
        engine.dispose()
    return given


def enrol_gateway(data_dir: Path, name: str) -> str:
    """Enrol a gateway whose data lies in the same folder: each side gets the other's public key. Returns the gateway's."""
    public = enrol(data_dir, name)
    place = data_dir / "gateways" / name
    (place / "enrol.pub").write_text(public)
    (place / "hub.pub").write_text(hub_public_key(KeyRing.open(data_dir)))
    return public


def ready(credentials: Credentials, url: str, pids: dict[str, Any], gateways: list[str], data_dir: Path, mqtt: Any) -> dict[str, Any]:
    """The content of the demo's ready file (CONTRACT, version 1)."""
    return {
        "version": 1,
        "url": url,
        "tokens": credentials.tokens,
        "lines": credentials.lines,
        "districts": credentials.districts,
        "accounts": credentials.accounts,
        "pids": pids,
        "gateways": gateways,
        "data_dir": str(data_dir),
        "mqtt": mqtt,
    }
