"""Cameras shared among the gateways of one owner."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bonghwa.domain.gateway import Gateways, share

names = st.lists(st.text("abcdefgh0123456789-", min_size=1, max_size=8), min_size=1, max_size=6, unique=True)


@given(st.text(min_size=1), names)
def test_every_camera_has_one_gateway_whatever_the_order_they_are_named_in(camera, gateways):
    assert share(camera, gateways) == share(camera, list(reversed(gateways)))
    assert share(camera, gateways) in gateways


@given(st.text(min_size=1), names, st.text("xyz", min_size=1))
def test_a_gateway_that_comes_takes_cameras_for_itself_and_moves_no_other(camera, gateways, new):
    before, after = share(camera, gateways), share(camera, [*gateways, new])
    assert after in (before, new)


def test_the_shares_are_about_equal():
    held = Counter(share(f"cam-{number}", ["gw1", "gw2", "gw3"]) for number in range(6_000))
    assert all(1_800 < count < 2_200 for count in held.values()), held


def test_an_owner_nobody_serves_has_no_gateway():
    gateways = Gateways({"gw1": ["junggu"], "gw2": ["junggu", "seo"]})
    assert gateways.of("junggu") == ("gw1", "gw2")
    assert gateways.serving("seo", "cam-1") == "gw2"
    assert gateways.of("ulleung") == ()
    assert gateways.serving("ulleung", "cam-1") is None
