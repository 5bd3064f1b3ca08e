"""Evidence on the whole running system: an alarm, its pictures, a clip of what was before it, fetched and proven against the ledger."""

import io
import json
import os
import signal
from pathlib import Path

import av
import httpx
import pytest

from bonghwa.cli import evidence
from tests.e2e.desk import Demo, until

pytestmark = pytest.mark.timeout(300)


def still(demo: Demo, who: str, grant: str, camera: str) -> bytes | None:
    """A still of a view of its own; None while there is no gateway, or no picture, that gives one."""
    answer = demo.call(who, "POST", "/views", json={"grant": grant, "camera": camera})
    if answer.status_code != 201:
        return None
    view = answer.json()
    try:
        taken = httpx.get(view["snapshot"], headers={"Authorization": f"Bearer {view['ticket']}"}, timeout=60)
    except httpx.TransportError:
        return None
    demo.call(who, "DELETE", f"/views/{view['id']}")
    return taken.content if taken.status_code == 200 else None


def test_a_clip_is_recorded_fetched_and_proven(demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    incident = demo.alarm()
    seen = demo.incident("tracking_centre", incident)
    grant = next(g for g in seen["grants"] if g["state"] == "active" and g["evidence"])
    body = {"camera": grant["cameras"][0], "reason": "도주 방향 확인"}
    clip = demo.call("tracking_centre", "POST", f"/grants/{grant['id']}/clips", json=body).json()
    until(lambda: still(demo, "tracking_centre", grant["id"], clip["camera"]["id"]), what="a picture of the clip's camera")
    demo.close("tracking_centre", incident)

    def proven() -> dict[str, object] | None:
        found = demo.call("tracking_centre", "GET", f"/clips/{clip['id']}").json()
        assert found["state"] in ("recording", "made"), found
        manifest = found["manifest"]
        return manifest if manifest and manifest["ledger"]["proof"] is not None else None

    manifest = until(proven, what="the clip and the ledger's proof of it")
    assert manifest["video"]["cut_short"] == "grant_over"
    given = demo.call("tracking_centre", "POST", f"/clips/{clip['id']}/ticket").json()
    file, paper = tmp_path / "clip.mp4", tmp_path / "manifest.json"
    file.write_bytes(httpx.get(given["url"], headers={"Authorization": f"Bearer {given['ticket']}"}, timeout=60).content)
    paper.write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    with av.open(str(file)) as opened:
        assert len(list(opened.decode(video=0))) == manifest["video"]["frames"]
    assert evidence.run(["verify", str(file), str(paper), "--log", demo.ready["url"]]) == 0
    assert "도주 방향 확인" in capsys.readouterr().out
    until(lambda: demo.call("tracking_centre", "GET", f"/clips/{clip['id']}").json()["fetches"][0]["whole"], what="the logged download")
    file.write_bytes(file.read_bytes() + b"\0")
    assert evidence.run(["verify", str(file), str(paper)]) == 1
    assert "SHA-256" in capsys.readouterr().err


def test_a_region_its_owner_masks_is_hidden_also_by_a_gateway_that_was_killed_and_starts_anew(demo: Demo) -> None:
    incident = demo.alarm("police112", "robbery")
    grant = next(g for g in demo.incident("police112", incident)["grants"] if g["state"] == "active" and g["owner"] == "junggu")
    camera = grant["cameras"][0]

    def left_edge() -> float:
        """How much the grey values of the left quarter differ."""
        with av.open(io.BytesIO(until(lambda: still(demo, "police112", grant["id"], camera), what="a still"))) as opened:
            image = next(opened.decode(video=0)).to_ndarray(format="gray").astype(int)
        return float(image[: image.shape[0] * 2 // 3, 8 : image.shape[1] // 4 - 8].std())

    assert left_edge() > 4
    body = {"regions": [[[0, 0], [0.25, 0], [0.25, 1], [0, 1]]], "reason": "주택 창문"}
    assert demo.call("중구", "PUT", f"/cameras/{camera}/mask", json=body).json()["unreached"] == []
    assert left_edge() < 4
    pid = demo.ready["pids"]["gateways"][0]
    os.kill(pid, signal.SIGKILL)
    until(lambda: pid not in demo.ready["pids"]["gateways"], what="another gateway")
    assert left_edge() < 4
    assert demo.call("중구", "DELETE", f"/cameras/{camera}/mask", json={"reason": "창문 없음"}).json()["unreached"] == []
    assert left_edge() > 4
    demo.close("police112", incident)
