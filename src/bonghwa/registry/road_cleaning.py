"""Cleans what a road file holds: lengths, missing nodes, loose ends, loops, roads that are there twice. Each is counted."""

from math import isnan

import numpy as np
import shapely

from bonghwa.pursuit.roads import Roads
from bonghwa.registry.road_dirt import RoadDirt
from bonghwa.registry.road_joining import count_parts, join_parts
from bonghwa.registry.road_streets import RoadFile, Street, cut, draw_up, line_length, pack

SAME_NODE_M = 8.0
"""A node that the file does not hold is one of another number that lies so near, if there is any."""
SHORTEST_LOOP_M = 5.0
LENGTH_FACTOR = 1.25
LENGTH_SLACK_M = 5.0
"""A length that differs more from that of the line, by this factor and these metres, is absurd."""


def clean(file: RoadFile, *, join: bool = True) -> tuple[Roads, RoadDirt]:
    """The road graph of a file and what was wrong with it; parts that nearly touch are joined unless told otherwise."""
    dirt = RoadDirt(rejected=len(file.rejects))
    _check_lengths(file.streets, dirt)
    _find_missing_nodes(file, dirt)
    _attach_ends(file, dirt)
    streets = _without_twice(file.streets, dirt)
    streets = _without_loops(file, streets, dirt)
    dirt.parts_before = dirt.parts = count_parts(len(file.places), streets)
    if join and dirt.parts > 1:
        streets, dirt.joined, dirt.split = join_parts(file.places, streets)
        dirt.parts = count_parts(len(file.places), streets)
    return pack(np.array(file.places).reshape(-1, 2), streets, file.source), dirt


def _check_lengths(streets: list[Street], dirt: RoadDirt) -> None:
    for street in streets:
        if street.length is None:
            continue
        drawn = line_length(street.line)
        if not street.length > 0.0:
            dirt.zero_lengths += 1
            street.length = None
        elif not drawn / LENGTH_FACTOR - LENGTH_SLACK_M <= street.length <= drawn * LENGTH_FACTOR + LENGTH_SLACK_M:
            dirt.absurd_lengths += 1
            street.length = None


def _find_missing_nodes(file: RoadFile, dirt: RoadDirt) -> None:
    """A missing node becomes the nearest one within SAME_NODE_M of where its first street ends, or is made there."""
    missing: dict[int, tuple[float, float]] = {}
    for street in file.streets:
        for node, end in ((street.start, street.line[0]), (street.end, street.line[-1])):
            if isnan(file.places[node][0]):
                missing.setdefault(node, (float(end[0]), float(end[1])))
    if not missing:
        return
    there = [node for node, (x, _) in enumerate(file.places) if not isnan(x)]
    tree = shapely.STRtree(shapely.points([file.places[node] for node in there])) if there else None
    same: dict[int, int] = {}
    for node, place in missing.items():
        near = tree.query_nearest(shapely.Point(place), max_distance=SAME_NODE_M, all_matches=False).tolist() if tree else []
        if near:
            same[node] = there[near[0]]
            dirt.nodes_joined += 1
        else:
            file.places[node] = place
            dirt.nodes_made += file.nodes_given
    for street in file.streets:
        street.start, street.end = same.get(street.start, street.start), same.get(street.end, street.end)


def _attach_ends(file: RoadFile, dirt: RoadDirt) -> None:
    """Every line begins and ends exactly at its nodes."""
    for street in file.streets:
        dirt.loose_ends += draw_up(street, file.places[street.start], file.places[street.end])


def _without_twice(streets: list[Street], dirt: RoadDirt) -> list[Street]:
    """Streets that are there once; a second one of the same way and line only adds to whom it is open."""
    seen: dict[tuple[int, int, bytes], Street] = {}
    found = []
    for street in streets:
        line = np.round(street.line, 1)
        key = (street.start, street.end, line.tobytes())
        turned = (street.end, street.start, np.ascontiguousarray(line[::-1]).tobytes())
        if key in seen:
            dirt.duplicates += 1
            seen[key].ahead |= street.ahead
            seen[key].back |= street.back
        elif turned in seen and seen[turned].ahead == street.back and seen[turned].back == street.ahead:
            dirt.duplicates += 1
        else:
            seen[key] = street
            found.append(street)
    return found


def _without_loops(file: RoadFile, streets: list[Street], dirt: RoadDirt) -> list[Street]:
    """A loop back to its own node is cut in the middle at a new one; a tiny one is left out."""
    found = []
    for street in streets:
        if street.start != street.end:
            found.append(street)
        elif line_length(street.line) < SHORTEST_LOOP_M:
            dirt.loops_dropped += 1
        else:
            dirt.loops_cut += 1
            found += cut(street, [(0.5, len(file.places))])
            file.places.append((float(found[-1].line[0, 0]), float(found[-1].line[0, 1])))
    return found
