"""The standard node-link, as CSV and as shapefile: two links of one road are one street, dirt is counted, broken files are refused."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bonghwa.domain.geo import to_wgs84
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT
from bonghwa.registry.road_cleaning import clean
from bonghwa.registry.roads_nodelink import read_nodelink
from bonghwa.registry.standard import FileProblem

from .roadfiles import LINKS, NODES, check_roads, edges_of, link, write_shapes, write_table

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "roads"
BOTH = FOOT | CAR
A, B, C = (166_000.0, 542_000.0), (166_200.0, 542_000.0), (166_200.0, 542_300.0)


def six_metres_off(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """The line of a link as the standard draws it: right of the middle, and short of its nodes."""
    (x1, y1), (x2, y2) = start, end
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    east, north = (x2 - x1) / length, (y2 - y1) / length
    return [(x1 + 4 * east + 4 * north, y1 + 4 * north - 4 * east), (x2 - 4 * east + 4 * north, y2 - 4 * north - 4 * east)]


def town() -> list[dict[str, str]]:
    return [
        link("a", "b", six_metres_off(A, B)),
        link("b", "a", six_metres_off(B, A)),
        link("b", "c", six_metres_off(B, C), ROAD_RANK="101", MAX_SPD="0", ROAD_NAME="-"),
    ]


def node(name: str, place: tuple[float, float]) -> dict[str, str]:
    lat, lon = to_wgs84(*place)
    return {"Id": name, "NODE_TYPE": "101", "latitude": f"{lat:.9f}", "longitude": f"{lon:.9f}"}


def nodes(folder: Path) -> Path:
    return write_table(folder / "nodes.csv", NODES, [node("a", A), node("b", B), node("c", C)])


WANTED = {(A, B, BOTH), (B, A, BOTH), (B, C, CAR), (C, B, AGAINST)}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp949"])
def test_a_link_each_way_is_one_street_and_a_lone_one_is_one_way(tmp_path: Path, encoding: str) -> None:
    file = read_nodelink(write_table(tmp_path / "links.csv", LINKS, town(), encoding), nodes(tmp_path))
    roads, dirt = clean(file)
    check_roads(roads)
    assert edges_of(roads) == WANTED
    assert (dirt.rejected, dirt.loose_ends, dirt.parts) == (0, 0, 1)
    assert set(roads.names) == {"", "제물량로"}
    assert sorted({round(speed * 3.6) for speed in roads.speed}) == [50, 100]
    assert roads.length[0] == pytest.approx(192 + 2 * 32**0.5)


def test_the_ministrys_shapefiles_are_the_same_town(tmp_path: Path) -> None:
    links, its_nodes = write_shapes(tmp_path, town(), {"a": A, "b": B, "c": C})
    roads, _ = clean(read_nodelink(links, its_nodes))
    check_roads(roads)
    assert edges_of(roads) == WANTED
    assert set(roads.names) == {"", "제물량로"}


def test_a_shapefile_cut_anywhere_or_in_degrees_is_refused(tmp_path: Path) -> None:
    links, _ = write_shapes(tmp_path, town(), {"a": A})
    for suffix in (".shp", ".dbf"):
        part = links.with_suffix(suffix)
        whole = part.read_bytes()
        for size in range(0, len(whole) - 2, max(1, len(whole) // 25)):
            part.write_bytes(whole[:size])
            with pytest.raises(FileProblem):
                read_nodelink(links)
        part.write_bytes(whole)
    links.with_suffix(".prj").write_text('GEOGCS["WGS 84"]')
    with pytest.raises(FileProblem, match=r"MOCT_LINK\.prj says degrees"):
        read_nodelink(links)


CENTRAL_BELT = (
    'PROJCS["ITRF2000_Central_Belt_60",GEOGCS["GCS_ITRF_2000",DATUM["D_ITRF_2000",SPHEROID["GRS_1980",6378137.0,298.257222101]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",200000.0],'
    'PARAMETER["False_Northing",600000.0],PARAMETER["Central_Meridian",127.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",38.0],UNIT["Meter",1.0]]'
)


@pytest.mark.parametrize(
    ("said", "instead"),
    [("False_Northing", ("600000.0", "500000.0")), ("Central_Meridian", ("127.0", "129.0")), ("False_Easting", ("200000.0", "1000000"))],
)
def test_a_shapefile_in_another_of_koreas_grids_is_refused_and_not_put_a_hundred_kilometres_off(
    tmp_path: Path, said: str, instead: tuple[str, str]
) -> None:
    links, its_nodes = write_shapes(tmp_path, town(), {"a": A, "b": B, "c": C})
    links.with_suffix(".prj").write_text(CENTRAL_BELT)
    assert len(read_nodelink(links, its_nodes).streets) == 2
    links.with_suffix(".prj").write_text(CENTRAL_BELT.replace(f'"{said}",{instead[0]}', f'"{said}",{instead[1]}'))
    with pytest.raises(FileProblem, match=f"geometry: MOCT_LINK.prj says {said} {instead[1]}"):
        read_nodelink(links, its_nodes)


def test_nodes_in_degrees_beside_links_in_metres_are_refused(tmp_path: Path) -> None:
    links, its_nodes = write_shapes(tmp_path, town(), {"a": A, "b": (126.6, 37.4), "c": C})
    with pytest.raises(FileProblem, match=r"line 2: geometry: not within Korea in EPSG:5186 metres: 126.6 37.4"):
        read_nodelink(links, its_nodes)


@pytest.mark.parametrize("said", ["UTF-8", "CP949", "949", "EUC-KR", "ks_c_5601-1987", "ANSI 949", "", "nonsense", "949\0"])
def test_the_names_of_a_shapefile_are_in_the_encoding_that_its_cpg_says(tmp_path: Path, said: str) -> None:
    links, its_nodes = write_shapes(tmp_path, town(), {"a": A, "b": B, "c": C}, "utf-8" if said == "UTF-8" else "cp949")
    links.with_suffix(".cpg").write_text(said)
    roads, _ = clean(read_nodelink(links, its_nodes))
    assert set(roads.names) == {"", "제물량로"}


def test_a_shapefile_whose_endings_are_in_capitals_is_read(tmp_path: Path) -> None:
    for part in write_shapes(tmp_path, town(), {"a": A, "b": B, "c": C}):
        for suffix in (".shp", ".shx", ".dbf"):
            part.with_suffix(suffix).rename(part.with_suffix(suffix.upper()))
    roads, _ = clean(read_nodelink(tmp_path / "MOCT_LINK.SHP", tmp_path / "MOCT_NODE.SHP"))
    assert edges_of(roads) == WANTED


def test_links_alone_make_their_nodes_where_they_end(tmp_path: Path) -> None:
    rows = [link("a", "b", [A, B]), link("b", "c", [B, C])]
    roads, dirt = clean(read_nodelink(write_table(tmp_path / "links.csv", LINKS, rows)))
    check_roads(roads)
    assert (roads.nodes, dirt.parts, dirt.nodes_made) == (3, 1, 0)


def test_a_node_that_is_not_in_the_file_is_found_nearby_or_made(tmp_path: Path) -> None:
    rows = [*town(), link("c", "x", [(C[0] + 3, C[1]), A]), link("c", "y", [C, (C[0], C[1] + 500)])]
    rows[3]["Source"] = "c2"
    roads, dirt = clean(read_nodelink(write_table(tmp_path / "links.csv", LINKS, rows), nodes(tmp_path)))
    check_roads(roads)
    assert (dirt.nodes_joined, dirt.nodes_made, dirt.parts, roads.nodes) == (2, 1, 1, 4)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("geometry", "LINESTRING (1", "not a line"),
        ("geometry", "POLYGON ((0 0, 1 0, 1 1, 0 0))", "not a line"),
        ("geometry", "LINESTRING (126.6 37.4, 126.7 37.5)", "not within Korea in EPSG:5186 metres"),
        ("geometry", "", "not a line"),
        ("geometry", "POINT (166000 542100)", "not a line"),
        ("MAX_SPD", "fast", "not a number"),
        ("LENGTH", "nan", "not a number"),
        ("Source", "", "empty"),
    ],
)
def test_a_bad_row_is_rejected_with_line_field_and_reason(tmp_path: Path, field: str, value: str, reason: str) -> None:
    rows = [*town(), {**town()[0], field: value}]
    file = read_nodelink(write_table(tmp_path / "links.csv", LINKS, rows), nodes(tmp_path))
    assert [(reject.line, reject.field, reject.reason) for reject in file.rejects] == [(5, field, reason)]
    assert len(file.streets) == 2


def test_a_file_cut_anywhere_is_refused_or_lacks_only_its_last_line_end(tmp_path: Path) -> None:
    links = write_table(tmp_path / "links.csv", LINKS, town())
    whole = links.read_bytes()
    borders = {at for at in range(len(whole)) if whole[at : at + 2] == b"\r\n" or whole[at - 2 : at] == b"\r\n"}
    last_header = whole.index(b"\r\n")
    for size in range(len(whole) - 2):
        if (size in borders or whole[:size].endswith(b"\r")) and size > last_header + 2:
            continue
        links.write_bytes(whole[:size])
        with pytest.raises(FileProblem) as problem:
            read_nodelink(links)
        assert problem.value.code in {"empty", "header", "truncated", "not_text", "mostly_unusable", "not_a_table"}


@pytest.mark.parametrize("missing", LINKS)
def test_a_missing_column_is_named(tmp_path: Path, missing: str) -> None:
    links = write_table(tmp_path / "links.csv", [name for name in LINKS if name != missing], town())
    with pytest.raises(FileProblem, match=f"missing column: {missing}"):
        read_nodelink(links)


def test_nodes_of_another_country_or_with_words_for_degrees_are_refused(tmp_path: Path) -> None:
    links = write_table(tmp_path / "links.csv", LINKS, town())
    for change in ({"latitude": "126.6"}, {"longitude": "east"}):
        its_nodes = write_table(tmp_path / "nodes.csv", NODES, [node("a", A), {**node("b", B), **change}])
        with pytest.raises(FileProblem, match="line 3: latitude"):
            read_nodelink(links, its_nodes)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.binary(max_size=200), name=st.sampled_from(["a.csv", "a.shp"]), signed=st.booleans())
def test_garbage_is_no_table_of_links(tmp_path: Path, garbage: bytes, name: str, signed: bool) -> None:
    head = ",".join(LINKS).encode() + b"\r\n" if signed and name == "a.csv" else b""
    for suffix in (".csv", ".shp", ".dbf"):
        (tmp_path / "a").with_suffix(suffix).write_bytes(head + garbage)
    with pytest.raises(FileProblem):
        read_nodelink(tmp_path / name)


@pytest.mark.skipif(not SHARED.exists(), reason="the public road files are not beside the checkout (../shared/data/roads)")
def test_the_real_file_of_junggu(tmp_path: Path) -> None:
    file = read_nodelink(SHARED / "incheon_junggu_links_stdnodelink.csv", SHARED / "incheon_junggu_nodes_stdnodelink.csv")
    assert (file.rows, file.rejects) == (2_791, [])
    roads, dirt = clean(file)
    check_roads(roads)
    assert dirt.nodes_joined + dirt.nodes_made == 19
    assert (dirt.parts, dirt.duplicates, dirt.zero_lengths, dirt.absurd_lengths) == (3, 0, 0, 0)
    assert roads.nodes == 1_063
    assert 500 < roads.length.sum() / 2000 < 515
    # Every link is there, ahead or as the twin of its opposite, and no other way is open to who keeps the law.
    assert (roads.use & CAR > 0).sum() == 2_791
