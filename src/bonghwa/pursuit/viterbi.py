"""The most likely sequence of hidden states, and how likely each pair of neighbours is against all others (Viterbi 1967; forward-backward).

All scores are natural logarithms; minus infinity is impossible.
"""

from collections.abc import Sequence

import numpy as np

from bonghwa.pursuit.roads import Floats


def best(states: Sequence[Floats], steps: Sequence[Floats]) -> tuple[list[int], float] | None:
    """The best state of each layer and the score of the whole; None when no sequence is possible.

    `states[t]` are the scores of layer t, `steps[t][i, j]` those of going from state i of layer t to j of the next. Of equals the first.
    """
    score, came = states[0], []
    for state, step in zip(states[1:], steps, strict=True):
        through = score[:, None] + step
        came.append(through.argmax(axis=0) if len(score) else np.zeros(len(state), np.intp))
        score = (through.max(axis=0) if len(score) else np.full(len(state), -np.inf)) + state
    if not len(score) or not np.isfinite(score.max()):
        return None
    at = int(score.argmax())
    found, total = [at], float(score[at])
    for back in reversed(came):
        at = int(back[at])
        found.append(at)
    return found[::-1], total


def pairs(states: Sequence[Floats], steps: Sequence[Floats]) -> list[Floats]:
    """For each step the probability of every (from, to) pair over all sequences; each sums to 1 when any sequence is possible."""
    forward, backward = [states[0]], [np.zeros(len(states[-1]))]
    for state, step in zip(states[1:], steps, strict=True):
        forward.append(_log_sum(forward[-1][:, None] + step, 0) + state)
    for state, step in zip(reversed(states[1:]), reversed(steps), strict=True):
        backward.append(_log_sum(step + (state + backward[-1])[None, :], 1))
    backward.reverse()
    total = float(_log_sum(forward[-1][:, None], 0)[0])
    if not np.isfinite(total):
        return [np.zeros(step.shape) for step in steps]
    return [
        np.exp(forward[t][:, None] + step + (states[t + 1] + backward[t + 1])[None, :] - total) for t, step in enumerate(steps)
    ]  # fmt: skip


def _log_sum(scores: Floats, axis: int) -> Floats:
    """The logarithm of the sum of exponentials, safe for minus infinity."""
    top = scores.max(axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        total: Floats = np.squeeze(top, axis) + np.log(np.exp(scores - top).sum(axis=axis))
    return total
