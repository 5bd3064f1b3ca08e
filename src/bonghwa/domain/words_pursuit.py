"""Words of pursuits, Korean and English: why a camera is watched, and what people told."""

WHY: dict[str, tuple[str, str]] = {
    "pinned": ("고정한 화면", "Pinned"),
    "kept": ("보고 있던 화면이라 유지", "Kept, since it is being watched"),
    "in_view": ("지금 화면 안에 있을 확률 {percent} %", "In view now with {percent} %"),
    "arrives": ("{from_s}~{to_s}초 뒤 나타날 확률 {percent} %", "Comes into view in {from_s} to {to_s} s with {percent} %"),
    "adds": ("다른 화면이 못 보는 {percent} %를 더 봄", "Sees {percent} % that no other screen shows"),
}

FACTS: dict[str, tuple[str, str]] = {
    "sighting": ("{place}에서 포착", "Seen at {place}"),
    "not_seen": ("{place}에 없음", "Not at {place}"),
    "plate": ("{place}에서 차량번호 인식", "Plate read at {place}"),
    "fix": ("장치 위치 {place}", "Device fix at {place}"),
    "report": ("신고 위치 {place}", "Reported at {place}"),
    "mode_foot": ("이제 걸어서 이동", "On foot from now on"),
    "mode_car": ("이제 차로 이동", "By car from now on"),
}

PURSUITS: dict[str, tuple[str, str]] = {
    "no_such_pursuit": ("그런 추적이 없습니다", "No such pursuit"),
    "no_such_fact": ("그런 기록이 없습니다", "No such fact"),
    "no_such_roads": ("그런 도로망이 없습니다", "No such road graph"),
    "pursuit_ended": ("추적이 끝났습니다", "The pursuit has ended"),
    "pursuit_not_reckoned": ("추적 계산이 아직 준비되지 않았습니다", "The pursuit is not being reckoned now"),
    "no_picture_then": ("그때의 모습은 남아 있지 않습니다", "No picture of that moment is kept"),
    "only_leader": ("추적을 이끄는 기관만 할 수 있습니다", "Only the agency that leads the pursuit may do this"),
    "only_own_fact": (
        "추적을 이끄는 기관이나 알린 기관만 되돌릴 수 있습니다",
        "Only the leading agency or the one that told it may take it back",
    ),
    "not_on_roads": ("도로망에서 너무 멉니다: {why}", "Too far from every road: {why}"),
    "required": ("빠졌습니다", "Is missing"),
    "out_of_range": ("범위를 벗어났습니다", "Is out of range"),
    "too_old": ("너무 오래되었습니다", "Is too old"),
    "pursuit_holds": ("1분 안에 나타날 확률 {percent} %", "Shows the subject within a minute with {percent} %"),
}

TOLD: dict[str, tuple[str, str]] = {
    "pursuit_started": ("{agency}에서 추적을 시작했습니다", "{agency} began to follow"),
}
