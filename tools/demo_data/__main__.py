"""`python -m tools.demo_data SOURCE TARGET`: rebuild the packaged demo data from the folder of public files."""

import sys
from collections import Counter
from pathlib import Path

import shapely

from tools.demo_data.basemap import drawn_blocks, drawn_roads, ground
from tools.demo_data.borders import Borders, border_features, read_borders, to_metres
from tools.demo_data.files import write_geojson, write_gzip, write_rows
from tools.demo_data.places import MARKET_ALIASES, facilities, markets, point, streets
from tools.demo_data.roads import bus_sections, crossings, island_roads, read_stops, standard_roads, write_roads


def build(source: Path, target: Path) -> None:
    """Write every data file of the package into `target`."""
    borders = read_borders(source / "boundaries/incheon_adm_dong.geojson")
    write_geojson(target / "dongs.geojson.gz", border_features(borders))
    write_gzip(target / "incheon_cctv.csv.gz", (source / "cctv/incheon_cctv.csv").read_bytes())

    islands = to_metres(borders.city.difference(borders.district("junggu"))).buffer(50)
    stops = read_stops(source / "bus/incheon_bus_stops_20250630.csv")
    roads = standard_roads(source / "roads/incheon_junggu_links_stdnodelink.csv")
    roads += island_roads(source / "roads/incheon_ongjin_osm", islands)
    roads += bus_sections(source / "bus/incheon_bus_route_stops_20250630.csv", stops, borders)
    write_roads(target / "roads.npz", roads)
    over_water = crossings(source / "bus/incheon_bus_route_stops_20250630.csv", stops, borders)
    write_rows(target / "crossings.csv.gz", ["from_x", "from_y", "to_x", "to_y", "by_road_m"], over_water)
    write_geojson(target / "basemap.geojson.gz", ground(borders) + drawn_blocks(source / "buildings", borders) + drawn_roads(roads))
    build_places(source, target, borders, stops)
    write_rows(target / "streets.csv.gz", ["name", "district", "lat", "lon"], streets(source / "cctv/incheon_cctv.csv", roads))
    print("roads by kind", sorted(Counter(road.kind for road in roads).items()))
    for path in sorted(target.glob("*.*z")):
        print(f"{path.stat().st_size:>9,} {path.name}")


def build_places(source: Path, target: Path, borders: Borders, stops: dict[str, tuple[str, float, float]]) -> None:
    """`places.geojson.gz` for the map and `sites.csv.gz` for finding an alarm's site."""
    city = borders.city
    shapely.prepare(city)
    inside = {number: stop for number, stop in stops.items() if shapely.contains_xy(city, stop[2], stop[1])}
    bazaars = markets(source / "markets")
    features = [point("market", name, lat, lon, shops=shops) for name, _, shops, _, _, lat, lon in bazaars]
    features += [point(layer, name, lat, lon) for layer, name, _, lat, lon in facilities(source / "facilities", borders)]
    features += [point("stop", name, lat, lon, number=number) for number, (name, lat, lon) in sorted(inside.items())]
    write_geojson(target / "places.geojson.gz", features)
    rows: list[tuple[object, ...]] = [
        ("stop", number, name, "", lat, lon, "", "", "") for number, (name, lat, lon) in sorted(inside.items())
    ]
    rows += [
        ("market", "", name, MARKET_ALIASES.get(name, ""), lat, lon, shops, int(detector), int(sprinkler))
        for name, _, shops, detector, sprinkler, lat, lon in bazaars
    ]
    columns = ["kind", "number", "name", "alias", "lat", "lon", "shops", "fire_detector", "sprinkler"]
    write_rows(target / "sites.csv.gz", columns, rows)


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
