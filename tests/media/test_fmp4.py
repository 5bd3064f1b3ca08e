"""The fragments of a camera are an MP4 that a reader none of us wrote plays, on a time line without gaps."""

import io
import itertools

import av
from hypothesis import given, settings
from hypothesis import strategies as st

from bonghwa.media.fmp4 import Fragmenter, init_segment
from bonghwa.media.h264 import AccessUnit, ParameterSets


def units_of(clip, step=4_500):
    """The clip's pictures as the gateway keeps them."""
    sets = ParameterSets.parse(*(next(nal for nal in clip[0] if nal[0] & 0x1F == kind) for kind in (7, 8)))
    slices = [[nal for nal in picture if nal[0] & 0x1F in (1, 5)] for picture in clip]
    return sets, [AccessUnit(nals, index * step, nals[0][0] & 0x1F == 5, 0.0) for index, nals in enumerate(slices)]


def test_every_picture_of_the_clip_is_decoded_from_the_fragments(clip):
    sets, units = units_of(clip)
    fragmenter = Fragmenter()
    file = init_segment(sets) + b"".join(fragmenter.fragment(unit) for unit in units)
    with av.open(io.BytesIO(file)) as opened:
        stream = opened.streams.video[0]
        frames = list(opened.decode(stream))
        times = [frame.pts * frame.time_base for frame in frames]
    assert (stream.codec_context.width, stream.codec_context.height) == (sets.width, sets.height) == (640, 360)
    assert len(frames) == len(units)
    assert times == sorted(times)


def test_viewers_of_a_camera_share_the_fragment(clip):
    _, units = units_of(clip)
    fragmenter = Fragmenter()
    assert fragmenter.fragment(units[0]) is fragmenter.fragment(units[0])


def begins_and_duration(fragment):
    at = fragment.index(b"tfdt") + 8
    run = fragment.index(b"trun") + 16
    return int.from_bytes(fragment[at : at + 8], "big"), int.from_bytes(fragment[run : run + 4], "big")


@settings(deadline=None)
@given(st.lists(st.integers(0, 9_000), min_size=1, max_size=60))
def test_the_time_line_has_no_gap_and_keeps_with_the_cameras_clock(steps):
    fragmenter, time, end = Fragmenter(), 0, None
    for step in steps:
        begins, duration = begins_and_duration(fragmenter.fragment(AccessUnit([b"\x65\x88"], time, True, 0.0)))
        assert duration > 0
        assert end is None or begins == end
        end = begins + duration
        assert abs(begins - time) <= 9_000 + len(steps)
        time += step


def test_after_a_long_pause_the_time_line_jumps_with_the_camera():
    fragmenter = Fragmenter()
    times = [0, 4_500, 4_500 + 30 * 90_000]
    begins = [begins_and_duration(fragmenter.fragment(AccessUnit([b"\x65\x88"], time, True, time / 90_000)))[0] for time in times]
    assert [later - earlier for earlier, later in itertools.pairwise(begins)][1] > 29 * 90_000


def test_what_leads_up_to_the_present_lasts_a_millisecond_each_and_the_present_lies_where_it_lies_for_all(clip):
    sets, units = units_of(clip)
    fragmenter = Fragmenter()
    given = [fragmenter.fragment(unit) for unit in units]
    for count in (1, 2, 7, 20):
        file = init_segment(sets) + fragmenter.squeezed(units[:count])
        with av.open(io.BytesIO(file)) as opened:
            times = [int(frame.pts) for frame in opened.decode(video=0)]
        assert len(times) == count
        assert times[-1] == begins_and_duration(given[count - 1])[0]
        assert [later - earlier for earlier, later in itertools.pairwise(times)] == [90] * (count - 1)
