"""A 5 x 7 bitmap font of our own for what a camera burns into its picture, and the word 훈련 (drill)."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

GLYPH_W, GLYPH_H = 5, 7

_ROWS = {
    "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1F02040201110E", "4": "02060A121F0202",
    "5": "1F101E0101110E", "6": "0608101E11110E", "7": "1F010204080808", "8": "0E11110E11110E", "9": "0E11110F01020C",
    "A": "0E11111F111111", "B": "1E11111E11111E", "C": "0E11101010110E", "D": "1C12111111121C", "E": "1F10101E10101F",
    "F": "1F10101E101010", "G": "0E11101711110F", "H": "1111111F111111", "I": "0E04040404040E", "J": "0702020202120C",
    "K": "11121418141211", "L": "1010101010101F", "M": "111B1515111111", "N": "11111915131111", "O": "0E11111111110E",
    "P": "1E11111E101010", "Q": "0E11111115120D", "R": "1E11111E141211", "S": "0F10100E01011E", "T": "1F040404040404",
    "U": "1111111111110E", "V": "11111111110A04", "W": "1111111515150A", "X": "11110A040A1111", "Y": "1111110A040404",
    "Z": "1F01020408101F", " ": "00000000000000", "-": "0000001F000000", ":": "000C0C000C0C00", ".": "00000000000C0C",
    "/": "00010204081000", "_": "0000000000001F", "?": "0E110102040004", "#": "0A0A1F0A1F0A0A", "+": "0004041F040400",
}  # fmt: skip

_DRILL_WORD = """
.....XX.......XXXXX....X
..XXXXXXXX........X....X
....XXXX......XXXXX.XXXX
...X....X.....X........X
....XXXX......XXXXX.XXXX
.XXXXXXXXXX............X
.....X.................X
..X..X........X.........
..X...........X.........
..XXXXXXXX....XXXXXXXXXX
"""


def _glyph(letter: str) -> NDArray[np.bool_]:
    code = _ROWS.get(letter.upper(), _ROWS["?"])
    rows = [int(code[i : i + 2], 16) for i in range(0, 14, 2)]
    return np.array([[bool(row >> (4 - column) & 1) for column in range(5)] for row in rows])


_GLYPHS = {letter: np.pad(_glyph(letter), ((0, 0), (0, 1))) for letter in _ROWS}


def mask(text: str) -> NDArray[np.bool_]:
    """The text as a (7, 6 n) mask; letters the font lacks show as a question mark."""
    return np.concatenate([_GLYPHS.get(letter, _GLYPHS["?"]) for letter in text.upper()], axis=1)


@lru_cache(maxsize=512)
def _outlined(text: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    ink = np.pad(mask(text), 1)
    dark = np.zeros_like(ink)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            dark |= np.roll(ink, (down, right), axis=(0, 1))
    return ink, dark & ~ink


def write(luma: NDArray[np.uint8], text: str, column: int, row: int) -> None:
    """Write white letters with a dark edge; `column`, `row` is the top left of the first letter. It must fit."""
    ink, dark = _outlined(text)
    part = luma[row - 1 : row - 1 + ink.shape[0], column - 1 : column - 1 + ink.shape[1]]
    part[ink] = 225
    part[dark] = part[dark] // 3 + 10


def read(luma: NDArray[np.uint8], letters: int, column: int, row: int) -> str:
    """Read back a line written by `write`, even after coding: each letter the glyph that fits best."""
    found = []
    for number in range(letters):
        part = luma[row : row + GLYPH_H, column + 6 * number : column + 6 * number + GLYPH_W].astype(np.float64)
        part = part - part.mean()
        scored = {
            letter: float((part * (glyph[:, :5] - glyph[:, :5].mean())).sum() / max(1.0, glyph.sum()) ** 0.5)
            for letter, glyph in _GLYPHS.items()
        }
        best = max(scored, key=scored.__getitem__)
        found.append(best if scored[best] > 60 else " ")
    return "".join(found)


def drill_word() -> NDArray[np.bool_]:
    """The word 훈련 as a mask."""
    rows = [row for row in _DRILL_WORD.splitlines() if row]
    width = max(map(len, rows))
    return np.array([[mark == "X" for mark in row.ljust(width, ".")] for row in rows])
