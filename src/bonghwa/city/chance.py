"""Deterministic chance: the same words and numbers always give the same draw, in every process and for every camera.

The simulated city has no state. Whatever looks random in it is a hash of what it belongs to, so two cameras that look at one
place agree on its buildings, its people and their clothes.
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLY_A = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLY_B = np.uint64(0x94D049BB133111EB)
_SHIFT_A, _SHIFT_B, _SHIFT_C, _TO_UNIT = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


def key_of(*words: object) -> int:
    """A 63-bit key of the given words; stable across processes and machines."""
    text = "\x1f".join(str(word) for word in words)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def unit_of(*words: object) -> float:
    """A draw in [0, 1) that belongs to the given words."""
    return key_of(*words) / float(1 << 63)


def units(keys: NDArray[np.int64], salt: int) -> NDArray[np.float64]:
    """One draw in [0, 1) per integer key (splitmix64, Steele et al. 2014); `salt` tells one question about a key from another."""
    with np.errstate(over="ignore"):
        word = keys.astype(np.uint64) + np.uint64(salt + 1) * _GOLDEN
        word = (word ^ (word >> _SHIFT_A)) * _MULTIPLY_A
        word = (word ^ (word >> _SHIFT_B)) * _MULTIPLY_B
        word = word ^ (word >> _SHIFT_C)
    draws: NDArray[np.float64] = (word >> _TO_UNIT).astype(np.float64) / float(1 << 53)
    return draws


def quarter_units(keys: NDArray[np.int64], salt: int) -> tuple[NDArray[np.float32], ...]:
    """Four coarse draws in [0, 1) per key for the price of one: 16 bits each, for what millions of pixels ask."""
    with np.errstate(over="ignore"):
        word = keys.astype(np.uint64) + np.uint64(salt + 1) * _GOLDEN
        word = (word ^ (word >> _SHIFT_A)) * _MULTIPLY_A
        word = word ^ (word >> _SHIFT_B)
    parts = np.ascontiguousarray(word).view(np.uint16).reshape(-1, 4)
    return tuple(parts[:, i].astype(np.float32) / np.float32(65536) for i in range(4))


def child_keys(parent: int, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keys of the numbered children of `parent`, 62 bits and non-negative."""
    with np.errstate(over="ignore"):
        word = (np.uint64(parent) ^ (numbers.astype(np.uint64) * _GOLDEN)) * _MULTIPLY_A
        word = (word ^ (word >> _SHIFT_B)) * _MULTIPLY_B
    children: NDArray[np.int64] = (word >> np.uint64(2)).astype(np.int64)
    return children
