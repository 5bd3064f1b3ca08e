"""The fuzz harnesses work: their seeds and what is near them pass. The hunt itself is `scripts/fuzz`."""

import importlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_strangers_send_and_what_is_near_it_does_no_harm(name):
    harness = importlib.import_module(f"tests.fuzz.{name}")
    for seed in harness.SEEDS:
        harness.fuzz(seed)

    @settings(max_examples=40, deadline=None)
    @given(st.sampled_from(harness.SEEDS), st.integers(0, 400), st.integers(0, 20), st.binary(max_size=20))
    def near(seed, at, dropped, rubbish):
        harness.fuzz(seed[:at] + rubbish + seed[at + dropped :])

    near()
