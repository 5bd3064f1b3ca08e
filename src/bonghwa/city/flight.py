"""The strap-cut run: somebody cuts his strap, walks off, takes a car, and walks again; a quarter of an hour, from a seed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.cars import Paint
from bonghwa.city.chance import unit_of
from bonghwa.city.drill import Call, NoSuchPlace
from bonghwa.city.figures import Outfit
from bonghwa.city.graph import RoadGraph, packaged_graph
from bonghwa.city.journey import Journey, Leg, on_foot, paced
from bonghwa.city.routes import STEP_M, Spur, drawn, wander
from bonghwa.city.scene import City
from bonghwa.city.spots import fix, spot
from bonghwa.city.streets import Streets
from bonghwa.city.subjects import Actor, standing

LASTS_S = 900.0
SLOWEST_WALK, FASTEST_WALK = 1.4, 3.0
"""Metres a second on foot."""

_OUTFIT = Outfit(top=(206, 52, 40), trousers=(34, 36, 42), shoes=(225, 225, 222), bag=(214, 168, 40))
_CAR = Paint((196, 44, 160))
_BOARDING_M_S = 1.4
_CAR_GAIN, _CAR_BRAKE, _FOOT_GAIN, _SIDEWAYS = 2.0, 3.0, 1.5, 2.2
"""Changes of speed, m/s²; the last is what a driver bears in a bend."""
_RED, _BEFORE_CROSSING = 0.3, 3
"""Share of crossings at which he waits, and how many points of the way before their middle."""
_PARKED_AFTER_S = 60.0


@dataclass(frozen=True)
class _Fate:
    """What the seed decides."""

    seed: str

    def draw(self, low: float, high: float, *words: object) -> float:
        return low + (high - low) * unit_of(self.seed, *words)


def flight(streets: Streets, graph: RoadGraph, start: Spur, begins: float, seed: str) -> Journey:
    """The subject's whole way; the same seed gives the same. He is `foot`, then `car`, then `foot`, with pauses and red lights."""
    fate = _Fate(seed)
    walked, at = _walk(streets, graph, start, fate.draw(100.0, 220.0, "first walk"), seed + "/1", hurried=True)
    driven, at = _drive(streets, graph, at, fate.draw(270.0, 420.0, "drive"), seed + "/2")
    boarding = _across(walked.xy[-1], driven.xy[0], fate.draw(5.0, 9.0, "boarding"))
    rest = LASTS_S - sum(float(leg.seconds[-1]) for leg in (walked, boarding, driven))
    again, _ = _walk(streets, graph, at, max(60.0, rest), seed + "/3", hurried=False)
    leaving = _across(driven.xy[-1], again.xy[0], fate.draw(4.0, 7.0, "leaving"))
    return Journey((walked, boarding, driven, leaving, again), begins)


def _walk(streets: Streets, graph: RoadGraph, start: Spur, seconds: float, seed: str, hurried: bool) -> tuple[Leg, Spur]:
    """About so many seconds on foot, at a pace that changes every 60 to 140 m, with a pause now and then."""
    route = wander(graph, start, FASTEST_WALK * seconds, "foot", seed)
    xy, fate = drawn(streets, route.xy, "foot"), _Fate(seed)
    pace, stops, at, part = np.empty(len(xy)), list[tuple[int, float]](), 0, 0
    while at < len(xy):
        size = round(fate.draw(60.0, 140.0, "stretch", part) / STEP_M)
        runs = unit_of(seed, "runs", part) < (0.6 if hurried else 0.2)
        pace[at : at + size] = fate.draw(2.2, FASTEST_WALK, "pace", part) if runs else fate.draw(SLOWEST_WALK, 1.9, "pace", part)
        if part and unit_of(seed, "pause", part) < 0.35:
            stops.append((at, fate.draw(6.0, 25.0, "rest", part)))
        at, part = at + size, part + 1
    leg, last = _cut(xy, pace, stops, seconds, _FOOT_GAIN, _FOOT_GAIN)
    return on_foot(leg), route.place(graph, float(route.along[last]))


def _drive(streets: Streets, graph: RoadGraph, start: Spur, seconds: float, seed: str) -> tuple[Leg, Spur]:
    """About so many seconds by car from a place, the legal way: at road speeds, slower in bends, stopping at some crossings."""
    begin = Spur(start.link, start.along, start.forwards or bool(graph.oneway[start.link]))
    route = wander(graph, begin, 16.0 * seconds, "car", seed)
    xy, fate = drawn(streets, route.xy, "car"), _Fate(seed)
    zeal = fate.draw(0.85, 1.1, "zeal")
    stops = [
        (max(1, mark - _BEFORE_CROSSING), fate.draw(5.0, 28.0, "red", mark))
        for mark in route.crossings
        if unit_of(seed, "light", mark) < _RED
    ]
    fastest = np.minimum(route.speed * zeal, np.sqrt(_SIDEWAYS / np.maximum(_bends(xy), 1e-4)))
    leg, last = _cut(xy, np.maximum(fastest, 2.5), stops, seconds, _CAR_GAIN, _CAR_BRAKE)
    return leg, route.place(graph, float(route.along[last]))


def _cut(
    xy: NDArray[np.float64], fastest: NDArray[np.float64], stops: list[tuple[int, float]], seconds: float, gain: float, brake: float
) -> tuple[Leg, int]:
    """The way as far as one comes in so many seconds, ending at a stand, and the number of its last point."""
    whole = paced(xy, fastest, stops, gain, brake)
    reached = whole.xy[min(int(np.searchsorted(whole.seconds, seconds)), len(whole.xy) - 1)]
    last = max(2, int(np.flatnonzero((xy == reached).all(axis=1))[0]))
    return paced(xy[: last + 1], fastest[: last + 1], stops, gain, brake), last


def _bends(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """How sharply the way bends at each point, 1/m, the sharpest within 8 m."""
    step = np.gradient(xy, axis=0)
    turn = np.gradient(np.unwrap(np.arctan2(step[:, 1], step[:, 0])))
    bend = np.abs(turn) / np.maximum(np.hypot(step[:, 0], step[:, 1]), 0.5)
    wide = np.pad(bend, 2, mode="edge")
    sharpest: NDArray[np.float64] = np.max([wide[i : i + len(bend)] for i in range(5)], axis=0)
    return sharpest


def _across(start: NDArray[np.float64], end: NDArray[np.float64], seconds: float) -> Leg:
    """A few steps on foot between the pavement and the car, and the time it takes to get in or out."""
    walks = max(0.5, float(np.hypot(*(end - start))) / _BOARDING_M_S)
    return Leg("foot", np.stack([start, end, end]), np.array([0.0, walks, walks + seconds]))


def strap_cut_run(city: City, seed: str, begins: float) -> tuple[list[Call], list[Actor]]:
    """The drill: one alarm with a last fix that is some seconds old, perhaps one more fix minutes later, and the way of the subject."""
    here, graph = spot(city, seed, "junggu", on_known_road=True), packaged_graph()
    if not graph.lines:
        raise NoSuchPlace("no roads of known shape")
    link, along = graph.nearest(here.x, here.y)
    age = round(5.0 + 40.0 * unit_of(seed, "age"))
    journey = flight(city.streets, graph, Spur(link, along, unit_of(seed, "way") < 0.5), begins - age, seed)
    ref, accuracy = f"훈련-전자장치-{seed}", round(10.0 + 40.0 * unit_of(seed, "accuracy"))
    words = f"훈련: 전자장치 스트랩 절단 경보. 마지막 위치 {age}초 전(오차 {accuracy} m). 대상자 통화 불응."
    look = "붉은 상의, 검은 바지, 흰 운동화, 노란 가방. 도보 이동, 자홍색 승용차 이용 가능성."
    place = fix(journey, begins - age, seed, float(accuracy))
    calls = [Call(0.0, "tracking_centre", "strap_cut", place, words, look, 0, ref)]
    if unit_of(seed, "later fix") < 0.5:
        after = round(180.0 + 180.0 * unit_of(seed, "later"))
        later = fix(journey, begins + after, seed, 80.0)
        calls.append(Call(float(after), "tracking_centre", "strap_cut", later, f"훈련: 휴대장치 위치 +{after}초", subject=ref))
    return calls, _cast(journey, seed)


def _cast(journey: Journey, seed: str) -> list[Actor]:
    """The subject, and his car where it waits for him and where he leaves it."""
    begins, ends = journey.begins, journey.begins + LASTS_S
    gets_in, gets_out = (begins + float(journey.starts[leg]) for leg in (2, 3))
    x, y, ahead, _ = journey.at(gets_in + 1e-3)
    waiting = Actor(f"{seed}/car waiting", _CAR, standing(x, y, begins, ahead), gets_in)
    x, y, ahead, _ = journey.at(gets_out - 1e-3)
    left = Actor(f"{seed}/car left", _CAR, standing(x, y, gets_out, ahead), ends + _PARKED_AFTER_S)
    return [Actor(f"{seed}/subject", _OUTFIT, journey, ends, _CAR), waiting, left]
