"""What the video benchmark's own instruments say: a benchmark that measures wrong is worse than none."""

import asyncio
import random
from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("av", reason="the clips need PyAV ([video] extra)")

import av

from benchmarks._table import table
from benchmarks.media.clip import BITS, BLOCK, Clip, stamp, synthetic
from benchmarks.media.networks import facts_of
from benchmarks.media.relay import Network, Relay, Way
from benchmarks.media.stats import Sample, row


def number_in(luma):
    """The number a judge would read, None where the parity is wrong: the blocks' middles, as judge.js does."""
    bits = [int(luma[BLOCK // 2, place * BLOCK + BLOCK // 2]) > 125 for place in range(BITS + 3)]
    number = sum(bit << place for place, bit in enumerate(bits[2 : 2 + BITS]))
    return number if bits[0] and not bits[1] and bits[-1] == bool(number.bit_count() & 1) else None


def test_the_number_in_every_picture_survives_coding():
    clip = synthetic(352, 288, seconds=2, fps=10)
    decoder = av.CodecContext.create("h264", "r")
    shown = []
    for picture in clip.pictures:
        coded = b"".join(b"\0\0\0\1" + nal for nal in picture)
        shown += [number_in(frame.to_ndarray(format="gray8")) for frame in decoder.decode(av.Packet(coded))]
    shown += [number_in(frame.to_ndarray(format="gray8")) for frame in decoder.decode(None)]
    assert shown == list(range(20))


def test_a_stamp_that_was_damaged_is_not_read_as_another_number():
    luma = np.zeros((BLOCK, BLOCK * (BITS + 3)), np.uint8)
    stamp(luma, 1_234)
    assert number_in(luma) == 1_234
    luma[:, 4 * BLOCK : 5 * BLOCK] = 251 - luma[:, 4 * BLOCK : 5 * BLOCK]
    assert number_in(luma) is None


@pytest.mark.parametrize(("unix", "wait_ms"), [(0.0, 0), (0.5, 1_500), (1.999, 1), (4.0, 0), (4.5, 500), (9.5, 500)])
def test_the_wait_for_the_next_idr_follows_from_the_wall_clock(unix, wait_ms):
    clip = Clip("five seconds, IDRs at 0, 2 and 4", 16, 16, Fraction(20), 40, ((b"",),) * 100)
    assert clip.until_key_ms(unix) == pytest.approx(wait_ms)


def test_a_bottleneck_passes_its_rate_and_no_datagram_waits_longer_than_its_queue():
    way = Way(Network("narrow", mbit_s=1.0, queue_ms=200), narrow=True, chance=random.Random(1))
    sent = [(number / 1000, way.due(number / 1000, 1_000 - 28)) for number in range(2_000)]
    passed = [(came, left) for came, left in sent if left is not None]
    assert len(passed) * 1_000 * 8 == pytest.approx(2.2 * 1_000_000, rel=0.02), "two seconds and the queue at 1 Mbit/s"
    assert max(left - came for came, left in passed) <= 0.2 + 0.008 + 1e-9
    assert way.overflowed == 2_000 - len(passed)


def test_jitter_delays_but_keeps_the_order_and_loss_loses_its_share():
    way = Way(Network("bad", loss=0.08, round_trip_ms=100, jitter_ms=30), narrow=False, chance=random.Random(2))
    left = [way.due(number / 100, 100) for number in range(5_000)]
    passed = [(number / 100, due) for number, due in enumerate(left) if due is not None]
    assert [due for _, due in passed] == sorted(due for _, due in passed)
    assert all(0.05 <= due - came <= 0.08 + 1e-9 for came, due in passed)
    assert way.lost / 5_000 == pytest.approx(0.08, abs=0.015)


@pytest.mark.anyio
async def test_the_relay_carries_datagrams_both_ways_between_a_viewer_and_a_server():
    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            self.transport.sendto(data.upper(), addr)

    class Listener(asyncio.DatagramProtocol):
        def datagram_received(self, data, addr):
            heard.put_nowait(data)

    server, _ = await loop.create_datagram_endpoint(Echo, ("127.0.0.1", 0))
    relay = Relay(Network("clean"), "127.0.0.1", 1)
    viewer, _ = await loop.create_datagram_endpoint(Listener, remote_addr=await relay.open(server.get_extra_info("sockname")))
    try:
        viewer.sendto(b"check")
        assert await asyncio.wait_for(heard.get(), 5) == b"CHECK"
    finally:
        viewer.close()
        relay.close()
        server.close()


def test_a_picture_that_stands_too_long_counts_as_frozen_and_a_late_one_does_not():
    clip = Clip("20 a second", 16, 16, Fraction(20), 40, ((b"",),))
    times = [*range(50, 1_001, 50), 1_240, *range(2_240, 3_001, 40)]
    facts = facts_of(clip, {"now": 0.0, "ages": []}, {"now": 3_000.0, "times": times, "ages": [10.0, 20.0], "width": 640})
    assert facts["freezes"] == pytest.approx(20)
    assert facts["frozen"] == pytest.approx(100 * 950 / 3_000)


def test_nothing_seen_all_the_time_is_all_frozen():
    clip = Clip("20 a second", 16, 16, Fraction(20), 40, ((b"",),))
    facts = facts_of(clip, {"now": 0.0, "ages": []}, {"now": 5_000.0, "times": [], "ages": [], "width": 0})
    assert facts["frozen"] == pytest.approx(99)
    assert facts["pictures"] == 0
    assert "age p95" not in facts


def test_a_goal_is_met_by_the_ratio_by_the_value_or_not_measured():
    quick, slow = Sample.of([40, 50, 60]), Sample.of([500, 900])
    assert row("ratio", quick, slow, "ms", ratio_goal=10)["met"] is True
    assert row("ratio", quick, slow, "ms", ratio_goal=20)["met"] is False
    assert row("value", quick, None, "ms", at=0.95, goal=55)["met"] is False
    assert row("value", quick, None, "ms", goal=55)["met"] is True
    assert row("no rival", quick, Sample.of([]), "ms", ratio_goal=10)["met"] is None
    assert row("more", Sample.of([20]), Sample.of([10]), "a second", more=True)["ratio"] == 2


def test_the_table_also_takes_rows_without_spread():
    plain = {"name": "plain", "ours": 5, "rival": None, "ratio": None, "unit": "us", "goal": 150.0, "met": None, "n": 3}
    text = table([plain, row("first picture", Sample.of([40, 50, 60]), Sample.of([500, 900]), "ms", ratio_goal=10)])
    assert "goal 150: not measured" in text
    assert "[45..55]" in text
    assert "goal x10: met" in text
