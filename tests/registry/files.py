"""National standard files as districts send them, made small."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

COLUMNS = (
    "번호", "관리기관명", "소재지도로명주소", "소재지지번주소", "설치목적구분", "카메라대수", "카메라화소수", "촬영방면정보", "보관일수",
    "설치연월", "관리기관전화번호", "WGS84위도", "WGS84경도", "데이터기준일자",
)  # fmt: skip


def site(**changes: str) -> dict[str, str]:
    """A sound row of Jung-gu; named columns may be given other words."""
    row = dict(
        zip(
            COLUMNS,
            ("1", "인천광역시 중구청", "인천광역시 중구 신포로27번길 80", "인천광역시 중구 관동1가 9", "생활방범", "1", "200", "", "30",
             "2019-05", "032-760-7804", "37.47391732", "126.6216115", "2025-11-10"),
            strict=True,
        )
    )  # fmt: skip
    return row | changes


def sites(number: int, **changes: str) -> list[dict[str, str]]:
    """Sound rows a few metres apart."""
    return [site(번호=str(n + 1), WGS84위도=f"{37.47 + n * 1e-4:.8f}", **changes) for n in range(number)]


def text_of(rows: Sequence[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def write(path: Path, rows: Sequence[Mapping[str, str]], encoding: str = "utf-8-sig", columns: Sequence[str] = COLUMNS) -> Path:
    path.write_bytes(text_of(rows, columns).encode(encoding))
    return path
