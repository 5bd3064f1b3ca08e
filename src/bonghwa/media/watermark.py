"""Text burned into a still: who asked for it, when. A small letter set of our own, so no font need be installed.

Korean is written in Latin letters, syllable by syllable (Revised Romanization, 2000-8, without its assimilations).
"""

_GLYPHS = {
    " ": "0000000", "A": "4AAVHHH", "B": "UHHUHHU", "C": "EHGGGHE", "D": "UHHHHHU", "E": "VGGUGGV", "F": "VGGUGGG", "G": "EHGNHHF",
    "H": "HHHVHHH", "I": "E44444E", "J": "72222IC", "K": "HIKOKIH", "L": "GGGGGGV", "M": "HRLLHHH", "N": "HPLLJHH", "O": "EHHHHHE",
    "P": "UHHUGGG", "Q": "EHHHLID", "R": "UHHUKIH", "S": "FGGE11U", "T": "V444444", "U": "HHHHHHE", "V": "HHHHHA4", "W": "HHHLLLA",
    "X": "HHA4AHH", "Y": "HHA4444", "Z": "V1248GV", "0": "EHJLPHE", "1": "4C4444E", "2": "EH1248V", "3": "V2421HE", "4": "26AIV22",
    "5": "VGU11HE", "6": "68GUHHE", "7": "V124888", "8": "EHHEHHE", "9": "EHHF12C", "-": "000V000", ".": "00000CC", ":": "0CC0CC0",
    "/": "0124800", "_": "000000V", "#": "AAVAVAA", "(": "2488842", ")": "8422248", ",": "0000C48", "+": "044V440", "?": "EH12404",
}  # fmt: skip
_BITS = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
_WIDTH, _HEIGHT, _ADVANCE = 5, 7, 6
_INITIALS = ("g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h")
_MEDIALS = (
    "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "eu", "ui", "i",
)  # fmt: skip
_FINALS = (
    "", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l",
    "p", "l", "m", "p", "p", "t", "t", "ng", "t", "t", "k", "t", "p", "t",
)  # fmt: skip


def latin(text: str) -> str:
    """The text in letters this module can draw; what has none becomes a question mark."""
    out = []
    for letter in text:
        syllable = ord(letter) - 0xAC00
        if 0 <= syllable < 11_172:
            out.append(_INITIALS[syllable // 588] + _MEDIALS[syllable % 588 // 28] + _FINALS[syllable % 28])
        else:
            out.append(" " if letter in "·|" else letter)
    return "".join(letter if letter in _GLYPHS else "?" for letter in "".join(out).upper())


def burn(luma: memoryview, stride: int, width: int, height: int, text: str) -> None:
    """Write `text` into the luma plane, light on a dark bar, wrapped at the lower edge. `luma` is `stride` bytes a row."""
    scale = max(1, width // 480)
    columns = max(1, (width - 4 * scale) // (_ADVANCE * scale))
    drawn = latin(text)
    lines = [drawn[at : at + columns] for at in range(0, len(drawn), columns)]
    row_height = (_HEIGHT + 2) * scale
    lines = lines[: max(1, height // (2 * row_height))]
    top = height - row_height * len(lines)
    for row in range(max(0, top), height):
        at = row * stride
        luma[at : at + width] = bytes(value // 4 for value in luma[at : at + width])
    for index, line in enumerate(lines):
        _draw_line(luma, stride, 2 * scale, top + scale + index * row_height, scale, line)


def _draw_line(luma: memoryview, stride: int, left: int, top: int, scale: int, line: str) -> None:
    bright = b"\xeb" * scale
    for column, letter in enumerate(line):
        for row, code in enumerate(_GLYPHS[letter]):
            bits = _BITS.index(code)
            for bit in range(_WIDTH):
                if bits >> (_WIDTH - 1 - bit) & 1:
                    x = left + (column * _ADVANCE + bit) * scale
                    for y in range(top + row * scale, top + (row + 1) * scale):
                        luma[y * stride + x : y * stride + x + scale] = bright
