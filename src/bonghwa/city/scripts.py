"""The scripts of the drills: at least one for every line, on real streets of the city."""

import csv
import gzip
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import numpy as np

from bonghwa.city.cars import Paint
from bonghwa.city.chance import key_of, unit_of
from bonghwa.city.drill import Call, Script
from bonghwa.city.figures import Outfit
from bonghwa.city.flight import strap_cut_run
from bonghwa.city.scene import City, Smoke, Water
from bonghwa.city.spots import Spot, fix, point, spot
from bonghwa.city.subjects import Actor, Track, cameras_seeing, standing, walk
from bonghwa.domain.geo import to_grid

STAYS_S = 900.0
"""Actors leave the stage a quarter of an hour after the drill began."""

_STRAP = Outfit(top=(206, 52, 40), trousers=(34, 36, 42), shoes=(225, 225, 222), bag=(214, 168, 40))
_ROBBER = Outfit(top=(224, 196, 52), trousers=(40, 44, 58), hair=(18, 18, 20), coat=True)
_WALKER_HOME = Outfit(top=(226, 224, 218), trousers=(62, 70, 98), coat=True, shoes=(200, 198, 194))
_OLD_MAN = Outfit(top=(112, 178, 196), trousers=(112, 178, 196), hair=(190, 190, 190), shoes=(70, 60, 52))
_CALLER = Outfit(top=(236, 148, 44), trousers=(44, 46, 54))
_FIGHTER = Outfit(top=(60, 150, 88), trousers=(38, 40, 46))
_WANTED = Paint((222, 196, 40))


def _on_foot(city: City, here: Spot, seed: str, speed: float, begins: float, seconds: float = STAYS_S) -> Track:
    return Track(walk(city.streets, here.street, here.along, speed * seconds, seed), speed, begins)


def _strap_cut(city: City, seed: str, begins: float) -> tuple[list[Call], list[Actor]]:
    here = spot(city, seed, "junggu", on_known_road=True)
    track, ref = _on_foot(city, here, seed, 1.6, begins), f"훈련-전자장치-{seed}"
    calls = [
        Call(
            0.0, "tracking_centre", "strap_cut", fix(track, begins, seed, 15.0), priority=0, subject=ref,
            text="훈련: 전자장치 스트랩 절단 경보. 대상자 통화 불응.", look_for="붉은 상의, 검은 바지, 흰 운동화, 노란 가방. 도보 이동.",
        )
    ]  # fmt: skip
    for after in range(10, 301, 10):
        place = fix(track, begins + after, seed, 20.0)
        calls.append(Call(float(after), "tracking_centre", "strap_cut", place, subject=ref, text=f"훈련: 위치 갱신 +{after}초"))
    return calls, [Actor(f"{seed}/subject", _STRAP, track, begins + STAYS_S)]


def _robbery(city: City, seed: str, begins: float) -> tuple[list[Call], list[Actor]]:
    here = spot(city, seed, "junggu")
    track = _on_foot(city, here, seed, 2.6, begins)
    ref, look = f"훈련-112-{seed}", "노란 외투, 청바지, 흉기 소지 추정, 걸어서 달아남"
    calls = [
        Call(0.0, "police112", "robbery", here.place(25.0), "훈련: 편의점에서 흉기로 위협하고 현금을 가져감.", look, 0, ref),
        Call(
            25.0,
            "police112",
            "robbery",
            fix(track, begins + 25, seed, 40.0),
            "훈련: 노란 외투를 입은 사람이 뛰어갔다는 두 번째 신고.",
            None,
            0,
            ref,
        ),
        Call(40.0, "emergency_bell", "sos", here.place(5.0), "훈련: 방범 비상벨 눌림", device=f"bell-{here.camera.id}"),
    ]
    return calls, [Actor(f"{seed}/subject", _ROBBER, track, begins + STAYS_S)]


def _house_fire(city: City, seed: str, begins: float) -> tuple[list[Call], list[Actor]]:
    here = spot(city, seed)
    aside = here.street.width / 2 + here.street.walk - 0.4
    ahead = here.street.at(np.array([here.along]))[1][0]
    x, y = here.x - float(ahead[1]) * aside, here.y + float(ahead[0]) * aside
    ref = f"훈련-119-{seed}"
    calls = [
        Call(0.0, "fire119", "fire", point(x, y, 20.0), "훈련: 주택 1층에서 불꽃과 연기가 보임.", priority=1, subject=ref),
        Call(20.0, "fire119", "fire", point(x, y, 30.0), "훈련: 같은 주택, 안에 사람이 있다는 두 번째 신고.", priority=0, subject=ref),
    ]
    caller = standing(here.x + 2.0, here.y + 1.0, begins, (-float(ahead[1]), float(ahead[0])))
    fire = Actor(f"{seed}/fire", Smoke(fire=True, strength=1.0), standing(x, y, begins), begins + STAYS_S)
    return calls, [fire, Actor(f"{seed}/caller", _CALLER, caller, begins + STAYS_S)]


@lru_cache(maxsize=1)
def _sites() -> tuple[dict[str, str], ...]:
    """Markets and bus stops of the packaged data; none when the package was built without them."""
    resource = files("bonghwa.data").joinpath("sites.csv.gz")
    if not resource.is_file():
        return ()
    return tuple(csv.DictReader(gzip.decompress(resource.read_bytes()).decode("utf-8").splitlines()))


def _site(city: City, kind: str, seed: str, needs: str | None = None) -> dict[str, str] | None:
    """A market or stop with at least two cameras of this city around it (about 100 m), drawn from the seed; None when there is none."""
    watched = Counter(_cell(camera.lat, camera.lon) for camera in city.cameras.values())

    def around(site: dict[str, str]) -> int:
        row, column = _cell(float(site["lat"]), float(site["lon"]))
        return sum(watched[row + down, column + right] for down in (-1, 0, 1) for right in (-1, 0, 1))

    found = [site for site in _sites() if site["kind"] == kind and (needs is None or site.get(needs)) and around(site) >= 2]
    return found[key_of(seed, kind) % len(found)] if found else None


def _kerb(city: City, x: float, y: float) -> tuple[float, float]:
    """The side of the nearest street, where cameras can see what happens."""
    street, along = city.streets.foot_points(np.array([[x, y]]))[0]
    here_x, here_y, dx, dy = street.point(along)
    aside = street.width / 2 + street.walk - 0.6
    return here_x - dy * aside, here_y + dx * aside


def _cell(lat: float, lon: float) -> tuple[int, int]:
    """Squares of about 70 m."""
    return round(lat / 0.00063), round(lon / 0.0008)


def _market_smoke(city: City, seed: str, begins: float) -> tuple[list[Call], list[Actor]]:
    site = _site(city, "market", seed, needs="alias") or _site(city, "market", seed)
    if site is None:
        here = spot(city, seed)
        x, y = here.x, here.y
        places: list[Mapping[str, object]] = [here.place(10.0), here.place(10.0)]
    else:
        x, y = _kerb(city, *to_grid(float(site["lat"]), float(site["lon"])))
        name = site["alias"] or site["name"]
        places = [{"site": f"{name}/32"}, {"site": f"{name}/33"}]
    calls = [
        Call(0.0, "market_fire", "smoke", places[0], "훈련: 32호 연기 감지", device=f"market-{seed}"),
        Call(15.0, "market_fire", "multi", places[1], "훈련: 33호까지 복합 감지", device=f"market-{seed}"),
    ]
    return calls, [Actor(f"{seed}/smoke", Smoke(fire=False, strength=1.0), standing(x, y, begins), begins + STAYS_S)]


def _emergency_bell(city: City, seed: str, begins: float) -> tuple[list[Call], list[Actor]]:
    site = _site(city, "stop", seed)
    if site is None:
        here = spot(city, seed)
        x, y, device = here.x, here.y, f"bell-{here.camera.id}"
        place = {"camera": here.camera.id}
    else:
        x, y = _kerb(city, *to_grid(float(site["lat"]), float(site["lon"])))
        place, device = {"site": site["number"]}, f"bell-{site['number']}"
    calls = [
        Call(0.0, "emergency_bell", "sos", place, "훈련: 정류소 비상벨 눌림", device=device),
        Call(8.0, "emergency_bell", "voice", place, "훈련: 비명 감지", device=device),
    ]
    return calls, [Actor(f"{seed}/caller", _CALLER, standing(x, y, begins), begins + STAYS_S)]


def _safe_return(city: City, seed: str, begins: float) -> tuple[list[Call], list[Actor]]:
    here = spot(city, seed)
    track, ref = _on_foot(city, here, seed, 1.3, begins), f"훈련-안심귀가-{seed}"
    look = "흰 외투, 남색 바지의 보행자"
    calls = [Call(0.0, "safe_return", "sos", fix(track, begins, seed, 12.0), "훈련: 안심귀가 긴급 호출", look, subject=ref)]
    calls += [
        Call(float(after), "safe_return", "sos", fix(track, begins + after, seed, 12.0), f"훈련: 위치 갱신 +{after}초", subject=ref)
        for after in range(8, 57, 8)
    ]
    return calls, [Actor(f"{seed}/subject", _WALKER_HOME, track, begins + STAYS_S)]


def _wanted_car(city: City, seed: str, begins: float) -> tuple[list[Call], list[Actor]]:
    here = spot(city, seed, "junggu", on_known_road=True)
    route = walk(city.streets, here.street, here.along, 5000.0, seed, lateral=1.6)
    track = Track(route, 11.0, begins)
    places = np.array([[camera.x, camera.y] for camera in city.cameras.values()])
    cameras, read = list(city.cameras.values()), set[str]()
    calls: list[Call] = []
    plate = f"훈련{int(unit_of(seed, 'plate') * 90 + 10)}가{int(unit_of(seed, 'number') * 9000 + 1000)}"
    for after in np.arange(0.0, 240.0, 2.0):
        x, y, _, _ = track.at(begins + float(after))
        nearest = int(np.argmin(np.hypot(places[:, 0] - x, places[:, 1] - y)))
        if np.hypot(*(places[nearest] - np.array([x, y]))) < 40.0 and cameras[nearest].id not in read and len(calls) < 4:
            read.add(cameras[nearest].id)
            calls.append(
                Call(
                    float(after),
                    "plate",
                    "wanted_hit",
                    {"camera": cameras[nearest].id},
                    f"훈련: 수배차량 {plate} 일치",
                    "노란 승용차",
                    1,
                    plate,
                )
            )
    if not calls:
        calls.append(Call(0.0, "plate", "wanted_hit", {"camera": here.camera.id}, f"훈련: 수배차량 {plate} 일치", "노란 승용차", 1, plate))
    return calls, [Actor(f"{seed}/car", _WANTED, track, begins + STAYS_S)]


def _flood(city: City, seed: str, begins: float) -> tuple[list[Call], list[Actor]]:
    owners = sorted({camera.owner for camera in city.cameras.values()})
    kinds = ("flood", "underpass_flood", "flood", "landslide", "flood", "collapse", "flood", "sinkhole")
    words = {
        "flood": "도로 침수",
        "underpass_flood": "지하차도 침수",
        "landslide": "토사 유출",
        "collapse": "담장 붕괴",
        "sinkhole": "땅 꺼짐",
    }
    calls: list[Call] = []
    actors: list[Actor] = []
    for number in range(16):
        here = spot(city, f"{seed}/{number}", owners[number % len(owners)], cameras=3)
        kind = kinds[number % len(kinds)]
        calls.append(
            Call(
                number * 1.5,
                "disaster",
                kind,
                here.place(30.0),
                f"훈련: {words[kind]} {number + 1}번 신고",
                subject=f"훈련-재난-{seed}-{number}",
            )
        )
        if "flood" in kind:
            actors.append(Actor(f"{seed}/water/{number}", Water(40.0), standing(here.x, here.y, begins), begins + STAYS_S))
    return calls, actors


def _missing_person(city: City, seed: str, begins: float) -> tuple[list[Call], list[Actor]]:
    here = spot(city, seed)
    track, ref = _on_foot(city, here, seed, 0.8, begins), f"훈련-실종-{seed}"
    look = "하늘색 환자복, 흰 머리, 느린 걸음의 노인"
    calls = [
        Call(0.0, "police112", "missing_dementia", here.place(150.0), "훈련: 치매환자가 병원에서 나간 뒤 돌아오지 않음.", look, 1, ref),
        Call(
            45.0, "police112", "missing_dementia", fix(track, begins + 45, seed, 60.0), "훈련: 비슷한 사람을 보았다는 신고.", None, 1, ref
        ),
    ]
    return calls, [Actor(f"{seed}/subject", _OLD_MAN, track, begins + STAYS_S)]


def _operator_finds(city: City, seed: str, begins: float) -> tuple[list[Call], list[Actor]]:
    here = spot(city, seed)
    seen = cameras_seeing(city.poses, here.x, here.y, 60.0)
    camera = seen[0] if seen else here.camera.id
    calls = [
        Call(
            0.0,
            "control_room",
            "assault",
            {"camera": camera},
            "훈련: 관제요원이 화면에서 다툼을 발견함.",
            "초록 상의와 주황 상의 두 사람",
            1,
        )
    ]
    pair = [
        Actor(f"{seed}/one", _FIGHTER, standing(here.x - 0.5, here.y, begins, (1.0, 0.0)), begins + STAYS_S),
        Actor(f"{seed}/two", _CALLER, standing(here.x + 0.5, here.y, begins, (-1.0, 0.0)), begins + STAYS_S),
    ]
    return calls, pair


SCRIPTS: dict[str, Script] = {
    script.name: script
    for script in (
        Script("strap_cut", {"ko": "스트랩 절단", "en": "Strap cut"}, ("tracking_centre",), _strap_cut),
        Script("strap_cut_run", {"ko": "스트랩 절단 후 도주", "en": "Strap cut, on the run"}, ("tracking_centre",), strap_cut_run),
        Script("robbery", {"ko": "강도", "en": "Robbery"}, ("police112", "emergency_bell"), _robbery),
        Script("house_fire", {"ko": "주택 화재", "en": "House fire"}, ("fire119",), _house_fire),
        Script("market_smoke", {"ko": "시장 연기", "en": "Market smoke"}, ("market_fire",), _market_smoke),
        Script("emergency_bell", {"ko": "비상벨", "en": "Emergency bell"}, ("emergency_bell",), _emergency_bell),
        Script("safe_return", {"ko": "안심귀가 긴급 호출", "en": "Safe return SOS"}, ("safe_return",), _safe_return),
        Script("wanted_car", {"ko": "수배차량", "en": "Wanted car"}, ("plate",), _wanted_car),
        Script("flood", {"ko": "침수, 여러 상황", "en": "Flood, many incidents"}, ("disaster",), _flood),
        Script("missing_person", {"ko": "치매환자 실종", "en": "Missing person"}, ("police112",), _missing_person),
        Script("operator_finds", {"ko": "관제요원 발견", "en": "Operator's find"}, ("control_room",), _operator_finds),
    )
}
"""Every drill by name."""
