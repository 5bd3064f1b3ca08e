"""The product's filter as policies: the whole of it, and what is left of it without its parts.

An adapter turns `bonghwa.pursuit`'s belief and choice into `Policy`, `Believes` and `Foresees` of benchmarks/pursuit/policy.py. The
report takes every maker of `FILTERS`; the one named `OURS` is held against the goals. It may import nothing of truth, families,
scenarios, operators or play.
"""

from benchmarks.pursuit.policy import Maker

OURS = "pursuit"
FILTERS: dict[str, Maker] = {}
"""By name: `pursuit` itself, then e.g. `destination only`, `heading only`, `local only`, `no negative`."""
