"""Reads the national standard CCTV file (전국CCTV표준데이터): UTF-8 or cp949, columns by name in any order, one row a site.

The file is read line by line in bounded memory. A row that cannot be used is a `Reject` with line, field and reason; a file that cannot
be used raises `FileProblem` before anything is changed.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import BinaryIO

COLUMNS = (
    "관리기관명",
    "소재지도로명주소",
    "소재지지번주소",
    "설치목적구분",
    "카메라대수",
    "카메라화소수",
    "촬영방면정보",
    "보관일수",
    "설치연월",
    "관리기관전화번호",
    "WGS84위도",
    "WGS84경도",
    "데이터기준일자",
)
NUMBER_COLUMN = "번호"
LONGEST_LINE_BYTES = 16_384
MOST_HEADS = 99
KOREA = (33.0, 124.0, 39.0, 132.0)
"""South, west, north, east: a point beyond is a mistake, such as swapped columns."""

_MONTH = re.compile(r"^((?:19|20)\d\d)(?:-(0[1-9]|1[0-2]|))?$")
_REJECTS_BEFORE_JUDGING = 200
_HOPELESS_SHARE = 0.5


class FileProblem(Exception):
    """The file as a whole cannot be read; `line` and `field` say where. Nothing was changed."""

    def __init__(self, code: str, text: str, line: int | None = None, field: str | None = None) -> None:
        where = "".join((f"line {line}: " if line else "", f"{field}: " if field else ""))
        super().__init__(where + text)
        self.code, self.text, self.line, self.field = code, text, line, field


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was left out: its line in the file, the field at fault and why."""

    line: int
    field: str
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One accepted row: a site with `heads` cameras. `number` is the file's own 번호, a hint only."""

    line: int
    number: str
    owner: str
    address: str
    address_lot: str
    purpose: str
    heads: int
    pixels: int | None
    direction_text: str
    retention_days: int | None
    installed: str | None
    phone: str
    lat: float
    lon: float
    decimals: int
    data_date: str


@dataclass(slots=True)
class StandardFile:
    """What a file holds: accepted site rows, rejected ones, and how many rows there were."""

    rows: int = 0
    sites: list[SiteRow] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


class _FieldFault(ValueError):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


class _Lines:
    """Decoded lines of a bounded length. Bytes that are not text become surrogates, which the row check names by field."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.ended_open = False
        head = self._raw(1)
        if not head.strip():
            raise FileProblem("empty", "the file is empty; the first line must name the columns", 1)
        self.encoding = _encoding_of(head)
        self._head: str | None = head.removeprefix(b"\xef\xbb\xbf").decode(self.encoding, "surrogateescape")
        self._line = 1

    def _raw(self, line: int) -> bytes:
        raw = self._stream.readline(LONGEST_LINE_BYTES)
        if len(raw) == LONGEST_LINE_BYTES and not raw.endswith(b"\n"):
            raise FileProblem("not_a_table", f"more than {LONGEST_LINE_BYTES} bytes without a line end; this is not a CSV table", line)
        if b"\x00" in raw:
            raise FileProblem("not_a_table", "a zero byte; this is not a text file", line)
        if raw:
            self.ended_open = not raw.endswith((b"\n", b"\r"))
        return raw

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._head is not None:
            head, self._head = self._head, None
            return head
        self._line += 1
        raw = self._raw(self._line)
        if not raw:
            raise StopIteration
        return raw.decode(self.encoding, "surrogateescape")


def _encoding_of(head: bytes) -> str:
    for encoding in ("utf-8", "cp949"):
        try:
            head.removeprefix(b"\xef\xbb\xbf").decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise FileProblem("not_text", "neither UTF-8 nor cp949 text", 1)


def _positions(header: list[str]) -> dict[str, int]:
    names = [name.strip() for name in header]
    if any(ord(letter) < 32 for name in names for letter in name):
        raise FileProblem("not_a_table", "control characters where the column names should be; this is not a CSV table", 1)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise FileProblem("header", f"column named twice: {', '.join(twice)}", 1, twice[0])
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        shown = ", ".join(name.encode("utf-8", "replace").decode()[:40] for name in names[:20])
        raise FileProblem("header", f"missing column: {', '.join(missing)}; found: {shown}", 1, missing[0])
    return {name: names.index(name) for name in (*COLUMNS, NUMBER_COLUMN) if name in names}


def _whole(field: str, text: str, most: int) -> int:
    if text == "":
        return 0
    if not (text.isascii() and text.isdigit()):
        raise _FieldFault(field, "not a whole number")
    value = int(text) if len(text) < 12 else most + 1
    if value > most:
        raise _FieldFault(field, f"over {most}")
    return value


def _degrees(field: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _FieldFault(field, "empty" if not text else "not a number") from None
    if not low <= value <= high:
        raise _FieldFault(field, f"not within Korea ({low:g} to {high:g})")
    return value


def _day(field: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if len(text) == 10 else _no_day(field)
    except ValueError:
        return _no_day(field)


def _no_day(field: str) -> str:
    raise _FieldFault(field, "not a date YYYY-MM-DD")


def _month(field: str, text: str) -> str | None:
    """YYYY-MM, or YYYY where the month is left blank ("2017-")."""
    if not text:
        return None
    match = _MONTH.match(text)
    if match is None:
        raise _FieldFault(field, "not YYYY-MM or YYYY")
    return "-".join(part for part in match.groups() if part)


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _site(line: int, cells: dict[str, str], owner_of: Callable[[str], str | None]) -> SiteRow:
    for name, text in cells.items():
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise _FieldFault(name, "bytes that are not text in the file's encoding")
    owner = owner_of(cells["관리기관명"])
    if owner is None:
        raise _FieldFault("관리기관명", "no district of this city has this office")
    address, lot = cells["소재지도로명주소"], cells["소재지지번주소"]
    if not address and not lot:
        raise _FieldFault("소재지도로명주소", "no address of either kind")
    if not cells["설치목적구분"]:
        raise _FieldFault("설치목적구분", "empty")
    if not cells["카메라대수"]:
        raise _FieldFault("카메라대수", "empty")
    south, west, north, east = KOREA
    return SiteRow(
        line=line,
        number=cells.get(NUMBER_COLUMN, ""),
        owner=owner,
        address=address,
        address_lot=lot,
        purpose=cells["설치목적구분"],
        heads=_whole("카메라대수", cells["카메라대수"], MOST_HEADS),
        pixels=_whole("카메라화소수", cells["카메라화소수"], 20_000) or None,
        direction_text=cells["촬영방면정보"],
        retention_days=_whole("보관일수", cells["보관일수"], 3_650) or None,
        installed=_month("설치연월", cells["설치연월"]),
        phone=cells["관리기관전화번호"],
        lat=_degrees("WGS84위도", cells["WGS84위도"], south, north),
        lon=_degrees("WGS84경도", cells["WGS84경도"], west, east),
        decimals=max(_decimals(cells["WGS84위도"]), _decimals(cells["WGS84경도"])),
        data_date=_day("데이터기준일자", cells["데이터기준일자"]),
    )


def read_standard(path: Path, owner_of: Callable[[str], str | None]) -> StandardFile:
    """Read a whole file; `owner_of` gives the district id of a managing office, None when it is nobody's here.

    Raises FileProblem for an empty file, another header, something that is not a table, a file cut in the middle of a line, or one of
    which most rows are unusable; OSError when it cannot be opened.
    """
    with path.open("rb") as stream:
        return _read(stream, owner_of)


def _read(stream: BinaryIO, owner_of: Callable[[str], str | None]) -> StandardFile:
    lines = _Lines(stream)
    reader = csv.reader(lines, strict=True)
    header = _next_row(reader, lines) or []
    positions, width = _positions(header), len(header)
    found = StandardFile()
    while (cells := _next_row(reader, lines, found)) is not None:
        if not cells or all(not cell.strip() for cell in cells):
            continue
        found.rows += 1
        line = reader.line_num
        try:
            if len(cells) != width:
                raise _FieldFault("", f"{len(cells)} columns where the table has {width}")
            found.sites.append(_site(line, {name: cells[at].strip() for name, at in positions.items()}, owner_of))
        except _FieldFault as fault:
            value = cells[positions[fault.field]].encode("utf-8", "replace").decode() if fault.field else ""
            found.rejects.append(Reject(line, fault.field, fault.reason, value[:120]))
            _give_up_if_hopeless(found)
    _check_end(found, lines, reader.line_num)
    return found


def _next_row(reader: Iterator[list[str]], lines: _Lines, found: StandardFile | None = None) -> list[str] | None:
    while True:
        try:
            return next(reader, None)
        except csv.Error as error:
            line: int = reader.line_num  # type: ignore[attr-defined]
            if found is None or lines.ended_open:
                code = "truncated" if found is not None else "not_a_table"
                raise FileProblem(code, f"the file is cut or not a CSV table here ({error})", line) from None
            found.rows += 1
            found.rejects.append(Reject(line, "", f"not a CSV row ({error})"))
            _give_up_if_hopeless(found)


def _give_up_if_hopeless(found: StandardFile) -> None:
    rejected = len(found.rejects)
    if rejected >= _REJECTS_BEFORE_JUDGING and rejected > _HOPELESS_SHARE * found.rows:
        _raise_hopeless(found)


def _raise_hopeless(found: StandardFile) -> None:
    first = found.rejects[0]
    text = f"{len(found.rejects)} of the first {found.rows} rows cannot be used; the first because: {first.reason}"
    raise FileProblem("mostly_unusable", text, first.line, first.field or None)


def _check_end(found: StandardFile, lines: _Lines, last_line: int) -> None:
    if found.rows == 0:
        raise FileProblem("empty", "the file has a header and no row", 2)
    last = found.rejects[-1] if found.rejects else None
    if lines.ended_open and last is not None and last.line == last_line:
        where = last.field or None
        raise FileProblem("truncated", f"the file ends in the middle of this line ({last.reason})", last.line, where)
    if len(found.rejects) > _HOPELESS_SHARE * found.rows:
        _raise_hopeless(found)
