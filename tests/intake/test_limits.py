"""No request body is larger than the hub will hold, whoever sends it and however it says so."""

import asyncio
from urllib.parse import urlsplit

import httpx
import pytest

from bonghwa.api.limits import MAX_BODY

JSON = {"Content-Type": "application/json"}


def pieces(size):
    """A body whose length nobody announces."""
    for _ in range(size // 4096):
        yield b" " * 4096
    yield b" " * (size % 4096)


def check(answer):
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("who", [None, "line:police112", "police112"])
@pytest.mark.parametrize("body", [lambda size: b" " * size, pieces], ids=["announced", "chunked"])
def test_a_body_above_the_limit_is_refused_before_anyone_asks_who_sends_it(shared_house, who, body):
    check(shared_house.call(who, "POST", "/reports", content=body(MAX_BODY + 1), headers=JSON))
    check(shared_house.call(who, "POST", "/session", content=body(MAX_BODY + 1), headers=JSON))


@pytest.mark.parametrize("body", [lambda size: b" " * size, pieces], ids=["announced", "chunked"])
def test_a_body_at_the_limit_reaches_the_rules(shared_house, body):
    assert shared_house.call(None, "POST", "/reports", content=body(MAX_BODY), headers=JSON).status_code == 401
    reached = shared_house.call("line:police112", "POST", "/reports", content=body(MAX_BODY), headers=JSON)
    assert (reached.status_code, reached.json()["field"]) == (422, "body")


def test_a_huge_announced_body_is_refused_before_it_is_sent(shared_house):
    where = urlsplit(shared_house.url)

    async def ask():
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(f"POST /api/v1/reports HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: {10**12}\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer

    assert asyncio.run(ask()).startswith(b"HTTP/1.1 413 ")


def test_small_chunked_bodies_and_streams_work_as_before(shared_house):
    answer = shared_house.call(None, "POST", "/session", content=iter([b'{"name": "nobody"', b', "password": "wrong"}']), headers=JSON)
    assert answer.status_code == 401
    with httpx.stream(
        "GET", f"{shared_house.url}/api/v1/events", headers={"Authorization": f"Bearer {shared_house.token('police112')}"}, timeout=20
    ) as stream:
        assert stream.status_code == 200
        assert next(stream.iter_bytes())
