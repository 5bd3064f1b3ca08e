"""Korean and English sentences for where an alarm of a wearer stands in the queue, and why it is hidden for a while."""

WORDS: dict[str, tuple[str, str]] = {
    # why it stands where it stands
    "triage_cut_moving": ("스트랩이 끊겼고 움직이고 있음", "Strap cut and moving"),
    "triage_cut_moved": ("스트랩이 끊긴 때 {m} m 이동", "Strap cut, moved {m} m about then"),
    "triage_suspicion": ("의심과 긴급을 기록함", "Suspicion and urgency recorded"),
    "triage_lost_after_cut": ("스트랩 절단 뒤 위치 소실", "Location lost after the strap was cut"),
    "triage_lost_moving": ("이동 중 위치 소실", "Location lost while moving"),
    "triage_likely_flat": (
        "같은 곳에서 저전력 뒤 위치 소실: 방전으로 보임",
        "Lost soon after a low battery at the same place: likely flat",
    ),
    "triage_raised": ("코드 {code}로 올림", "Raised to code {code}"),
    "triage_repeated": ("한 시간 안에 {count}번", "{count} times within an hour"),
    "triage_far": ("집·구역 경계에서 {m} m", "{m} m from home or the zone's border"),
    "triage_night": ("밤 시간", "At night"),
    # why it is hidden for a while
    "said_again": (
        "{kind} {count}번: {since}부터, 마지막 {last}",
        "{kind} {count} times since {since}, last {last}",
    ),
    "hidden_by_hand": ("담당자가 숨김: {reason}", "Hidden by an officer: {reason}"),
    # why it came back before its time
    "back_kind": ("숨긴 뒤 새 종류: {kind}", "Back: a new kind since it was hidden, {kind}"),
    "back_code": ("숨긴 뒤 코드 {code}로 온 경보", "Back: an alarm of code {code}"),
    "back_place": ("숨긴 뒤 다른 곳에서 경보", "Back: an alarm from another place"),
    "back_count": ("숨긴 뒤 경보가 두 배로 늘어 {count}건", "Back: twice as many alarms, {count}"),
}
