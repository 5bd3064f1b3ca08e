"""`bonghwa gateway onvif find`: what a camera is, asked by hand, and its place among the gateway's sources."""

import asyncio
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bonghwa import cli
from bonghwa.media.sources import import_sources, load_sources
from tests.media.onvif_peer import Peer


@contextmanager
def camera() -> Iterator[Peer]:
    """A peer in a thread of its own, since the command runs its own loop."""
    loop, peer = asyncio.new_event_loop(), Peer()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(peer.start(), loop).result(5)
    try:
        yield peer
    finally:
        asyncio.run_coroutine_threadsafe(peer.stop(), loop).result(5)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.05), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    with camera() as made:
        yield made


Find = Callable[..., tuple[int, str, str]]


@pytest.fixture
def find(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Find:
    def run(address: str, *more: str, password: str = "p@ss word") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        code = cli.main(["gateway", "onvif", "find", address, "--username", "viewer", "--password-stdin", *more])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_profiles_streams_and_place_are_listed(peer: Peer, find: Find) -> None:
    code, said, _ = find(f"127.0.0.1:{peer.port}")
    assert code == 0
    for words in (
        "p1  high  H264 1920x1080 25 fps  PTZ",
        "rtsp://127.0.0.1:8554/live?channel=1",
        "PTZ      yes",
        "37.500000, 126.700000, facing 270 degrees",
    ):
        assert words in said


def test_the_answer_is_also_json(peer: Peer, find: Find) -> None:
    answer: dict[str, Any] = json.loads(find(f"127.0.0.1:{peer.port}", "--json")[1])
    assert [profile["token"] for profile in answer["profiles"]] == ["p1", "p2"]
    assert (answer["ptz"], answer["snapshot"], answer["location"]["bearing"]) == (True, None, 270.0)


def test_with_source_the_camera_takes_its_place_and_the_others_stay(peer: Peer, find: Find, tmp_path: Path) -> None:
    others = [{"camera": name, "url": f"rtsp://192.0.2.1/{name}", "username": "u", "password": "p"} for name in ("cam1", "cam2")]
    import_sources(tmp_path, "gw1", others)
    code, _, note = find(peer.url, "--source", "cam1", "--name", "gw1", "--data", str(tmp_path))
    stored = load_sources(tmp_path, "gw1")
    assert (code, sorted(stored)) == (0, ["cam1", "cam2"])
    assert (stored["cam1"].url, stored["cam1"].onvif) == ("rtsp://127.0.0.1:8554/live?channel=1", peer.url)
    assert (stored["cam1"].password, stored["cam2"].url) == ("p@ss word", "rtsp://192.0.2.1/cam2")
    assert "2 sources" in note


def test_each_failure_is_named_and_no_secret_with_it(peer: Peer, find: Find, tmp_path: Path) -> None:
    code, _, note = find(peer.url, password="wr0ng")
    assert (code, "name or password" in note) == (1, True)
    assert "wr0ng" not in note
    assert "no answer" in find("127.0.0.1:9")[2]
    assert "address" in find("ftp://x")[2]
    assert "--profile" in find(peer.url, "--source", "c", "--name", "g", "--data", str(tmp_path), "--profile", "none")[2]
    assert "--source" in find(peer.url, "--source", "c")[2]
    peer.manner["GetServices"] = peer.manner["GetCapabilities"] = "<html/>"
    assert "no usable ONVIF camera" in find(peer.url)[2]


@pytest.mark.parametrize("onvif", ["rtsp://192.0.2.1/x", "http://me:pw@192.0.2.1/", "http://", 7])
def test_a_source_with_a_wrong_onvif_address_is_refused_by_name(onvif: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"sources\[0\].onvif"):
        import_sources(tmp_path, "gw1", [{"camera": "c", "url": "rtsp://192.0.2.1/x", "onvif": onvif}])
