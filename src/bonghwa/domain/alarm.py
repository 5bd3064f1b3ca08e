"""The words of the alarm: nine lines, their kinds, and what each means by default (CONTRACT, GLOSSARY)."""

from dataclasses import dataclass

LINES: dict[str, tuple[str, ...]] = {
    "police112": (
        "murder",
        "robbery",
        "kidnapping",
        "sexual_violence",
        "assault",
        "domestic_violence",
        "stalking",
        "weapon",
        "theft_in_progress",
        "traffic_accident",
        "hit_and_run",
        "fugitive",
        "missing_child",
        "missing_disability",
        "missing_dementia",
        "suicide_risk",
        "other",
    ),
    "fire119": ("fire", "rescue", "medical", "hazmat", "mass_casualty"),
    "tracking_centre": (
        "strap_cut",
        "interference",
        "curfew_breach",
        "exclusion_zone",
        "approach_protected",
        "location_lost",
        "low_battery",
        "device_fault",
    ),
    "disaster": (
        "flood",
        "underpass_flood",
        "landslide",
        "collapse",
        "sinkhole",
        "storm",
        "wildfire",
        "earthquake",
        "crowd",
    ),
    "market_fire": ("smoke", "heat", "flame", "multi", "fault", "restored", "test"),
    "emergency_bell": ("sos", "voice", "test", "fault"),
    "safe_return": ("sos", "radius_exit", "no_movement", "cancel"),
    "plate": ("wanted_hit",),
    "control_room": (),
}
LINES["control_room"] = tuple(dict.fromkeys(kind for kinds in LINES.values() for kind in kinds))

RECEIVERS: dict[str, tuple[str, ...]] = {
    "police112": ("police112",),
    "fire119": ("fire119",),
    "tracking_centre": ("tracking_centre",),
    "disaster": ("disaster_room", "fire119"),
    "market_fire": ("fire119",),
    "emergency_bell": ("control_room",),
    "safe_return": ("control_room",),
    "plate": ("police112",),
    "control_room": ("control_room",),
}
"""Who owns the incident of a line (first), and who takes part from the start."""

LETTERS = {
    "police112": "I",
    "fire119": "F",
    "tracking_centre": "T",
    "disaster": "D",
    "market_fire": "M",
    "emergency_bell": "B",
    "safe_return": "S",
    "plate": "P",
    "control_room": "C",
}

LINE_WORDS: dict[str, tuple[str, str]] = {
    "police112": ("112", "Police 112"),
    "fire119": ("119", "Fire 119"),
    "tracking_centre": ("위치추적관제센터", "Tracking centre"),
    "disaster": ("재난", "Disaster"),
    "market_fire": ("시장 화재감지기", "Market fire sensor"),
    "emergency_bell": ("비상벨", "Emergency bell"),
    "safe_return": ("안심귀가", "Safe return"),
    "plate": ("차량번호", "Plate read"),
    "control_room": ("관제실", "Control room"),
}

KIND_WORDS: dict[str, tuple[str, str]] = {
    "murder": ("살인", "Murder"),
    "robbery": ("강도", "Robbery"),
    "kidnapping": ("납치·감금", "Kidnapping"),
    "sexual_violence": ("성폭력", "Sexual violence"),
    "assault": ("폭행", "Assault"),
    "domestic_violence": ("가정폭력", "Domestic violence"),
    "stalking": ("스토킹", "Stalking"),
    "weapon": ("흉기 소지", "Weapon"),
    "theft_in_progress": ("진행 중 절도", "Theft in progress"),
    "traffic_accident": ("교통사고", "Traffic accident"),
    "hit_and_run": ("뺑소니", "Hit and run"),
    "fugitive": ("도주자", "Fugitive"),
    "missing_child": ("아동 실종", "Missing child"),
    "missing_disability": ("장애인 실종", "Missing, disability"),
    "missing_dementia": ("치매환자 실종", "Missing, dementia"),
    "suicide_risk": ("자살 우려", "Suicide risk"),
    "other": ("기타", "Other"),
    "fire": ("화재", "Fire"),
    "rescue": ("구조", "Rescue"),
    "medical": ("구급", "Medical"),
    "hazmat": ("위험물 누출", "Hazardous material"),
    "mass_casualty": ("다수 사상자", "Mass casualty"),
    "strap_cut": ("스트랩 절단", "Strap cut"),
    "interference": ("전파 방해", "Interference"),
    "curfew_breach": ("외출제한 위반", "Curfew breach"),
    "exclusion_zone": ("출입금지구역 진입", "Exclusion zone entered"),
    "approach_protected": ("피해자 접근", "Approach to protected person"),
    "location_lost": ("위치 소실", "Location lost"),
    "low_battery": ("저전력", "Low battery"),
    "device_fault": ("장치 고장", "Device fault"),
    "flood": ("침수", "Flood"),
    "underpass_flood": ("지하차도 침수", "Underpass flood"),
    "landslide": ("산사태", "Landslide"),
    "collapse": ("붕괴", "Collapse"),
    "sinkhole": ("땅 꺼짐", "Sinkhole"),
    "storm": ("강풍", "Storm"),
    "wildfire": ("산불", "Wildfire"),
    "earthquake": ("지진", "Earthquake"),
    "crowd": ("인파 밀집", "Crowd"),
    "smoke": ("연기 감지", "Smoke"),
    "heat": ("열 감지", "Heat"),
    "flame": ("불꽃 감지", "Flame"),
    "multi": ("복합 감지", "Several sensors"),
    "fault": ("장치 이상", "Fault"),
    "restored": ("복구", "Restored"),
    "test": ("시험", "Test"),
    "sos": ("긴급 호출", "SOS"),
    "voice": ("비명·음성 호출", "Voice call"),
    "radius_exit": ("안심 반경 이탈", "Left safe radius"),
    "no_movement": ("움직임 없음", "No movement"),
    "cancel": ("호출 취소", "Cancelled"),
    "wanted_hit": ("수배차량 일치", "Wanted car"),
}

_DEFAULT_CODES: dict[int, tuple[str, ...]] = {
    0: (
        "murder",
        "kidnapping",
        "sexual_violence",
        "robbery",
        "weapon",
        "strap_cut",
        "approach_protected",
        "mass_casualty",
        "underpass_flood",
        "earthquake",
        "collapse",
    ),
    1: (
        "assault",
        "domestic_violence",
        "stalking",
        "fugitive",
        "missing_child",
        "missing_disability",
        "missing_dementia",
        "suicide_risk",
        "fire",
        "rescue",
        "medical",
        "hazmat",
        "exclusion_zone",
        "interference",
        "flood",
        "landslide",
        "wildfire",
        "crowd",
        "sinkhole",
        "multi",
        "flame",
        "sos",
        "voice",
        "wanted_hit",
        "hit_and_run",
    ),
    2: (
        "theft_in_progress",
        "traffic_accident",
        "curfew_breach",
        "location_lost",
        "storm",
        "smoke",
        "heat",
        "radius_exit",
        "no_movement",
    ),
    3: ("other", "device_fault", "fault"),
    4: ("low_battery", "restored", "test", "cancel"),
}
DEFAULT_CODE = {kind: code for code, kinds in _DEFAULT_CODES.items() for kind in kinds}
"""The priority code (0 to 4) of a kind when the report brings none."""

SERIOUSNESS = (
    "strap_cut",
    "approach_protected",
    "exclusion_zone",
    "interference",
    "curfew_breach",
    "location_lost",
    "device_fault",
    "low_battery",
)
"""The tracking centre's kinds, the most serious first: the order of their codes, and within a code a breach before a suspicion."""

CALMING = frozenset({"restored", "cancel"})
"""Kinds that never open an incident of their own when one of the same device or subject is open: they update it."""

DISPOSITIONS: dict[str, tuple[str, str]] = {
    "real": ("실제", "Real"),
    "mistaken": ("오인", "Mistaken"),
    "malfunction": ("오작동", "Malfunction"),
    "prank": ("허위", "Prank"),
    "duplicate": ("중복", "Duplicate"),
    "test": ("시험", "Test"),
}


@dataclass(frozen=True)
class Escalation:
    """An unanswered incident of a line goes to another agency by itself after `after_s` seconds."""

    to: str
    after_s: int
    kinds: tuple[str, ...]


ESCALATIONS = {
    "emergency_bell": Escalation("police112", 15, ("sos", "voice")),
    "safe_return": Escalation("police112", 15, ("sos",)),
}
"""LAW, machines: the control room first, one key to police 112, by itself after 15 s unanswered."""
LOUDER_AFTER_S = 15


def more_serious(kind: str, other: str) -> bool:
    """Whether one kind of the tracking centre is more serious than another, whatever code either was sent with."""
    return SERIOUSNESS.index(kind) < SERIOUSNESS.index(other)


def kind_belongs(line: str, kind: str) -> bool:
    """Say whether a line's credential may file this kind."""
    return kind in LINES.get(line, ())
