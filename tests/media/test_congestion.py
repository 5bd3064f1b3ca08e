"""When less is sent to a viewer, how much less, and when more again."""

from hypothesis import given
from hypothesis import strategies as st

from bonghwa.media.congestion import CALM_MOST_S, CALM_S, LOSS, Congestion, Missing, Thinning


def watched(has_small=False, seconds=6, bits=2_000_000):
    """A viewer that has been sent a full stream for some seconds over a good network."""
    congestion = Congestion(has_small)
    for tick in range(seconds * 20):
        congestion.offer(tick / 20, bits // 20)
    congestion.heard(seconds, round_trip=0.02, lost=0.0)
    return congestion, float(seconds)


def reports(congestion, now, seconds, **what):
    """The same report every second."""
    for tick in range(seconds):
        congestion.heard(now + tick, **what)
    return now + seconds


def test_a_low_estimate_without_a_queue_changes_nothing_for_nobody_can_estimate_more_than_he_is_sent():
    congestion, now = watched()
    reports(congestion, now, 10, estimate=1_000_000.0, round_trip=0.03, lost=0.0)
    assert congestion.mode == "full"


def test_the_loss_of_a_radio_link_changes_nothing():
    congestion, now = watched()
    reports(congestion, now, 10, estimate=3_000_000.0, round_trip=0.03, lost=0.08)
    assert congestion.mode == "full"


def test_a_queue_and_an_estimate_below_the_need_bring_the_smaller_stream():
    congestion, now = watched(has_small=True)
    reports(congestion, now, 3, estimate=1_200_000.0, round_trip=0.25, lost=0.0)
    assert congestion.mode == "small"


def test_where_the_camera_has_no_smaller_stream_fewer_pictures_follow_within_the_estimate():
    congestion, now = watched()
    reports(congestion, now, 3, estimate=1_200_000.0, round_trip=0.25, lost=0.0)
    assert congestion.mode == "fewer"
    assert 0.5 * 1_200_000 < congestion.rate < 1_200_000


def test_one_bad_report_alone_changes_nothing():
    congestion, now = watched()
    congestion.heard(now, lost=0.5)
    reports(congestion, now + 1, 3, lost=0.0)
    assert congestion.mode == "full"


def test_lasting_loss_is_congestion_even_without_an_estimate():
    congestion, now = watched()
    reports(congestion, now, 3, lost=LOSS)
    assert congestion.mode == "fewer"


def test_more_is_tried_after_a_calm_and_later_after_each_try_that_failed():
    congestion, now = watched()
    congestion.overwhelmed(now)
    waits = []
    for _ in range(4):
        began = now
        while congestion.mode != "full":
            now += 1
            congestion.heard(now, lost=0.0)
        waits.append(now - began)
        congestion.heard(now + 0.5, lost=0.6)
        assert congestion.mode == "fewer", "while more is tried the first bad sign is enough"
    assert waits == sorted(waits)
    assert CALM_S <= waits[0] <= CALM_S + 1
    assert waits[-1] >= 4 * waits[0]


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 1), st.floats(0, 1e7), st.floats(0, 3)), max_size=80), st.booleans())
def test_whatever_is_reported_the_rate_stays_sane_and_a_good_network_ends_at_the_full_stream(heard, has_small):
    congestion, now = watched(has_small)
    for wait, lost, estimate, round_trip in heard:
        now += wait
        congestion.heard(now, estimate, lost, round_trip)
        assert congestion.mode == "full" or congestion.rate >= 60_000
        assert congestion.mode != "small" or has_small
    reports(congestion, now, int(3 * CALM_MOST_S), estimate=1e8, lost=0.0, round_trip=0.0)
    assert congestion.mode == "full"


@given(st.integers(60_000, 4_000_000), st.integers(2, 60))
def test_thinned_pictures_fit_the_rate_and_none_follows_a_gap(rate, group):
    thinning, sent, whole = Thinning(), 0, False
    for index in range(20 * 60):
        key = index % group == 0
        bits = 400_000 if key else 80_000
        taken = thinning.takes(index / 20, bits, key, rate)
        assert not taken or key or whole, "a picture that builds on one that was left out"
        whole = taken
        sent += bits * taken
    assert sent <= 61 * rate + 2 * 400_000


def test_a_key_picture_alone_comes_now_and_then_however_narrow_the_network():
    thinning = Thinning()
    taken = [
        index for index in range(20 * 30) if thinning.takes(index / 20, 400_000 if index % 20 == 0 else 50_000, index % 20 == 0, 60_000)
    ]
    assert len(taken) >= 4
    assert all(index % 20 == 0 for index in taken)


def test_a_burst_that_mostly_went_missing_is_seen_within_the_second():
    missing = Missing()
    assert not missing.counts(0.0, [], 0)
    assert missing.counts(0.2, list(range(100, 300)), 300)


def test_scattered_losses_are_no_missing_burst():
    missing, packets = Missing(), 0
    for tick in range(100):
        packets += 25
        assert not missing.counts(tick / 10, [packets - 3, packets - 9], packets)
