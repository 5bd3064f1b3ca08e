"""Reading the national standard file: its encodings, its dirt, and what is not such a file at all."""

import os
import random
from pathlib import Path

import pytest

from bonghwa.data import load_city
from bonghwa.registry.borders import DistrictWords
from bonghwa.registry.standard import COLUMNS as REQUIRED
from bonghwa.registry.standard import FileProblem, StandardFile, read_standard

from .files import COLUMNS, site, sites, text_of, write

OFFICES = DistrictWords(load_city())


def read(path: Path) -> StandardFile:
    return read_standard(path, OFFICES.of_office)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_every_encoding_districts_use_gives_the_same_rows(tmp_path: Path, encoding: str) -> None:
    found = read(write(tmp_path / "a.csv", sites(3), encoding))
    assert [row.address for row in found.sites] == ["인천광역시 중구 신포로27번길 80"] * 3
    assert found.rows == 3
    assert found.rejects == []


def test_columns_are_found_by_name_in_any_order_and_others_are_passed_over(tmp_path: Path) -> None:
    shuffled = [*COLUMNS, "비고"]
    random.Random(1).shuffle(shuffled)
    (row,) = read(write(tmp_path / "a.csv", [site() | {"비고": "x"}], columns=shuffled)).sites
    assert (row.owner, row.heads, row.pixels, row.lat, row.data_date) == ("junggu", 1, 200, 37.47391732, "2025-11-10")


def test_the_number_column_may_be_missing(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.csv", sites(2), columns=COLUMNS[1:])).rows == 2


def test_zero_means_unknown_for_pixels_and_retention(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path / "a.csv", [site(카메라화소수="0", 보관일수="0")])).sites
    assert row.pixels is None
    assert row.retention_days is None


@pytest.mark.parametrize(("given", "kept"), [("2017-  ", "2017"), ("2017", "2017"), ("2017-03", "2017-03"), ("", None)])
def test_the_month_of_installation_may_be_blank(tmp_path: Path, given: str, kept: str | None) -> None:
    (row,) = read(write(tmp_path / "a.csv", [site(설치연월=given)])).sites
    assert row.installed == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("관리기관명", "경기도 김포시"),
        ("카메라대수", "셋"),
        ("카메라대수", "-1"),
        ("카메라대수", "1000"),
        ("카메라대수", ""),
        ("카메라화소수", "2백만"),
        ("보관일수", "30일"),
        ("설치연월", "2017-13"),
        ("설치목적구분", ""),
        ("WGS84위도", ""),
        ("WGS84위도", "126.62"),
        ("WGS84경도", "37.47"),
        ("WGS84경도", "nan"),
        ("데이터기준일자", "2025-02-30"),
        ("데이터기준일자", "20250230"),
    ],
)
def test_a_row_with_a_fault_is_rejected_by_line_field_and_value(tmp_path: Path, field: str, value: str) -> None:
    rows = sites(10)
    rows[4] |= {field: value}
    found = read(write(tmp_path / "a.csv", rows))
    assert [(reject.line, reject.field, reject.value) for reject in found.rejects] == [(6, field, value)]
    assert len(found.sites) == 9
    assert found.rejects[0].reason


def test_a_row_without_either_address_is_rejected(tmp_path: Path) -> None:
    rows = [*sites(3), site(소재지도로명주소="", 소재지지번주소="")]
    assert [reject.field for reject in read(write(tmp_path / "a.csv", rows)).rejects] == ["소재지도로명주소"]


def test_bytes_of_another_encoding_in_one_field_reject_that_row_by_field(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", sites(5), "utf-8")
    raw = path.read_bytes().split(b"\r\n")
    raw[3] = raw[3].replace("생활방범".encode(), "생활방범".encode("cp949"))
    path.write_bytes(b"\r\n".join(raw))
    found = read(path)
    assert [(reject.line, reject.field) for reject in found.rejects] == [(4, "설치목적구분")]
    assert len(found.sites) == 4


def test_commas_and_line_breaks_inside_quotes_belong_to_the_field(tmp_path: Path) -> None:
    address = "인천광역시 중구 신포로 1,\n2층"
    (row,) = read(write(tmp_path / "a.csv", [site(소재지도로명주소=address)])).sites
    assert row.address == address


@pytest.mark.parametrize("content", [b"", b"\n", b"   \n"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(FileProblem) as caught:
        read(path)
    assert (caught.value.code, caught.value.line) == ("empty", 1)


def test_a_header_without_rows_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as caught:
        read(write(tmp_path / "a.csv", []))
    assert caught.value.code == "empty"


@pytest.mark.parametrize("missing", REQUIRED)
def test_another_header_names_the_missing_column(tmp_path: Path, missing: str) -> None:
    with pytest.raises(FileProblem) as caught:
        read(write(tmp_path / "a.csv", sites(3), columns=[name for name in COLUMNS if name != missing]))
    assert (caught.value.code, caught.value.line, caught.value.field) == ("header", 1, missing)
    assert missing in str(caught.value)


def test_a_column_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="twice"):
        read(write(tmp_path / "a.csv", sites(1), columns=[*COLUMNS, "보관일수"]))


@pytest.mark.parametrize("keep", [0.3, 0.55, 0.97])
def test_a_file_cut_in_the_middle_of_a_line_names_the_line(tmp_path: Path, keep: float) -> None:
    path = write(tmp_path / "a.csv", sites(40))
    raw = path.read_bytes()
    cut = raw[: int(len(raw) * keep)]
    assert not cut.endswith(b"\n")
    path.write_bytes(cut)
    with pytest.raises(FileProblem) as caught:
        read(path)
    assert caught.value.code == "truncated"
    assert caught.value.line == cut.count(b"\n") + 1


def test_a_file_cut_within_its_last_date_is_truncated_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", sites(40))
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(FileProblem) as caught:
        read(path)
    assert (caught.value.code, caught.value.field) == ("truncated", "데이터기준일자")


def test_a_sound_last_line_may_lack_its_line_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", sites(4))
    path.write_bytes(path.read_bytes().rstrip())
    assert read(path).rows == 4


def test_noise_without_line_ends_is_given_up_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * 5_000_000)
    with pytest.raises(FileProblem) as caught:
        read(path)
    assert (caught.value.code, caught.value.line) == ("not_a_table", 1)


def test_binary_noise_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(os.urandom(1_000_000))
    with pytest.raises(FileProblem) as caught:
        read(path)
    assert caught.value.code in {"not_a_table", "not_text", "header"}


def test_a_true_header_over_noise_is_given_up_after_a_few_hundred_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text_of([]).encode() + b"nothing like a row of cameras\n" * 300_000)
    with pytest.raises(FileProblem) as caught:
        read(path)
    assert (caught.value.code, caught.value.line) == ("mostly_unusable", 2)
    assert "first 200 rows" in str(caught.value)


def test_offices_are_matched_by_whole_words_so_that_namdong_is_not_donggu() -> None:
    assert OFFICES.of_office("인천광역시 남동구청") == "namdong"
    assert OFFICES.of_office("인천광역시 동구청") == "donggu"
    assert OFFICES.of_office("인천광역시미추홀구청") == "michuhol"
    assert OFFICES.of_office("서울특별시 강동구청") is None
    assert OFFICES.of_address("인천광역시 미추홀구석정로 12") == "michuhol"
