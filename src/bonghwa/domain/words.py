"""Words for every code, Korean and English. Codes are stable, words may be improved.

A template uses the reason's values by name (`str.format`). A missing value shows as an ellipsis, never as an error.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Literal

from bonghwa.domain.alarm import DISPOSITIONS, KIND_WORDS, LINE_WORDS
from bonghwa.domain.reason import Reason
from bonghwa.domain.words_pursuit import PURSUITS, TOLD

Language = Literal["ko", "en"]

DECISIONS: dict[str, tuple[str, str]] = {
    "incident_closed": ("상황이 끝났습니다", "The incident is over"),
    "not_taking_part": ("이 상황에 참여하지 않는 기관입니다", "This agency takes no part in the incident"),
    "no_agreement": ("소유 기관과 맺은 협약이 없습니다", "No agreement with the owner"),
    "agreement_not_in_force": ("협약 {agreement}의 효력 기간이 아닙니다", "Agreement {agreement} is not in force"),
    "clause_denies": ("협약 {agreement} 제{clause}항이 열지 않습니다", "Agreement {agreement} clause {clause} does not open it"),
    "no_clause": ("이 종류와 코드에 맞는 조항이 없습니다", "No clause fits this kind and code"),
    "decision_failed": ("판정 중 오류가 나서 거부했습니다", "Deciding failed, so it was denied"),
    "owner_refused": ("{owner}에서 거부했거나 거둔 승인입니다", "{owner} denied it or took it back"),
    "place_unknown": ("장소를 모릅니다", "Place unknown"),
    "other_incident": ("다른 상황의 영상입니다", "It belongs to another incident"),
    "other_agency": ("다른 기관의 승인입니다", "The grant is another agency's"),
    "part_closed": ("이 기관의 조치는 끝났습니다", "This agency has closed its part"),
    "grant_asked": ("아직 승인을 기다립니다", "The grant is still asked for"),
    "grant_denied": ("승인이 거부되었습니다", "The grant was denied"),
    "grant_revoked": ("승인이 철회되었습니다", "The grant was revoked"),
    "grant_expired": ("승인 시간이 지났습니다", "The grant has expired"),
    "grant_ended": ("승인이 끝났습니다", "The grant has ended"),
    "camera_not_granted": ("승인에 들지 않은 카메라입니다", "The camera is not in the grant"),
    "other_duty": ("다른 사람의 근무입니다", "The duty session is someone else's"),
    "duty_ended": ("근무가 끝났습니다", "The duty session has ended"),
    "shift_over": ("교대 시간이 지났습니다", "The shift is over"),
    "not_own_camera": ("우리 카메라가 아닙니다", "Not a camera of your own"),
    "only_owner_steers": ("카메라를 움직이는 것은 {owner} 관제실만 합니다", "Only the control room of {owner} steers it"),
    "not_its_purpose": ("설치 목적({purpose})에 맞지 않는 상황입니다", "The incident is not what the camera is for ({purpose})"),
    "no_picture": ("화면이 오지 않음", "No picture came"),
    "stands_for": ("{rank}번 대신 봅니다", "Looks instead of no. {rank}"),
    "bad_picture": ("화면 불량 ({by})", "Bad picture ({by})"),
}

REFUSALS: dict[str, tuple[str, str]] = {
    "bad_credential": ("인증 정보가 맞지 않습니다", "The credential is not valid"),
    "no_credential": ("로그인이 필요합니다", "Sign-in is needed"),
    "session_over": ("로그인이 끝났습니다", "The session is over"),
    "account_disabled": ("사용이 멈춘 계정입니다", "The account is disabled"),
    "locked": ("{retry_s}초 뒤에 다시 시도하세요", "Try again in {retry_s} s"),
    "rate_limited": ("요청이 너무 잦습니다. {retry_s}초 뒤에 다시 시도하세요", "Too many requests; try again in {retry_s} s"),
    "csrf": ("화면을 새로 고쳐 다시 시도하세요", "Reload the page and try again"),
    "role_may_not": ("이 역할은 할 수 없습니다", "This role may not do that"),
    "line_may_not": ("연계 인증으로는 접수만 할 수 있습니다", "A line may only file reports"),
    "other_line": ("이 연계의 인증이 아닙니다", "The credential belongs to another line"),
    "kind_not_of_line": ("{line} 연계가 보낼 수 없는 종류입니다: {kind}", "Line {line} cannot file {kind}"),
    "only_owner_hides": ("상황을 맡은 기관만 숨기거나 다시 보일 수 있습니다", "Only the owner of the incident hides or shows it"),
    "not_triaged": ("전자감독 경보가 아닙니다", "Not an alarm of a supervised person"),
    "never_hidden": ("숨길 수 없는 종류입니다: {kind}", "Nothing hides this kind: {kind}"),
    "acknowledge_first": ("먼저 확인해야 숨길 수 있습니다", "Acknowledge it before hiding it"),
    "no_such_incident": ("그런 상황이 없습니다", "No such incident"),
    "no_such_grant": ("그런 승인이 없습니다", "No such grant"),
    "no_such_view": ("그런 열람이 없습니다", "No such view"),
    "no_such_camera": ("그런 카메라가 없습니다", "No such camera"),
    "no_such_duty": ("그런 근무가 없습니다", "No such duty session"),
    "no_such_link": ("그런 링크가 없습니다", "No such link"),
    "no_such_repair": ("그런 보수 요청이 없습니다", "No such repair note"),
    "no_such_obligation": ("그런 의무가 없습니다", "No such duty"),
    "no_such_drill": ("그런 훈련이 없습니다", "No such drill"),
    "no_such_path": ("그런 주소가 없습니다", "No such path"),
    "method": ("쓸 수 없는 방법입니다", "The method is not allowed"),
    "link_over": ("링크가 끝났습니다", "The link is over"),
    "link_bound_elsewhere": (
        "다른 기기에서 이미 열었습니다. 보낸 기관에 알렸습니다",
        "Already opened on another device; the sender was told",
    ),
    "already_taking_part": ("이미 참여하고 있습니다", "Already takes part"),
    "only_owner_reopens": ("주관 기관만 다시 열 수 있습니다", "Only the owner reopens"),
    "only_owner_merges": ("주관 기관만 병합할 수 있습니다", "Only the owner merges"),
    "only_owner_splits": ("주관 기관만 분리할 수 있습니다", "Only the owner splits"),
    "part_open": ("이미 열려 있습니다", "It is open already"),
    "drill_and_real": ("훈련과 실제는 합칠 수 없습니다", "A drill and a real incident cannot be merged"),
    "same_incident": ("같은 상황입니다", "It is the same incident"),
    "unknown_report": ("이 상황의 접수가 아닙니다", "Not a report of this incident"),
    "nothing_stays": ("하나는 남아야 합니다", "One report must stay"),
    "unknown_agency": ("그런 기관이 없습니다", "No such agency"),
    "nothing_to_change": ("바꿀 것이 없습니다", "Nothing to change"),
    "external_id_reused": ("같은 external_id로 다른 내용이 왔습니다", "The external_id came with another body"),
    "grant_not_asked": ("승인을 기다리는 상태가 아닙니다", "The grant is not waiting for an answer"),
    "grant_not_active": ("열려 있는 승인이 아닙니다", "The grant is not active"),
    "grant_over": ("이미 끝난 승인입니다", "The grant is over"),
    "grant_at_limit": ("조항이 허락한 {minutes}분을 넘습니다", "Past the clause's {minutes} minutes"),
    "owner_answers": ("소유 기관이 답합니다", "The owner answers"),
    "officer_answers": ("요청 기관의 담당자가 확인합니다", "The agency's own officer confirms"),
    "agency_extends": ("연장은 요청 기관이 합니다", "The agency extends"),
    "agreement_changed": ("협약이 바뀌거나 끝났습니다", "The agreement has changed or is over"),
    "none_of_the_asked": ("요청한 카메라가 없습니다", "None of the cameras asked for"),
    "camera_not_shown": ("지금 보이는 카메라가 아닙니다", "The camera is not shown now"),
    "steered_by_another": ("지금 {post}에서 움직이고 있습니다", "Being steered from {post}"),
    "steering_unsupported": ("움직일 수 없는 카메라입니다", "The camera cannot be steered"),
    "steering_unreachable": ("카메라가 조종에 답하지 않습니다", "The camera does not answer"),
    "steering_password": ("카메라가 게이트웨이를 받아들이지 않습니다", "The camera refuses the gateway's password"),
    "only_who_watches_asks": ("보고 있는 카메라만 요청할 수 있습니다", "Only who watches it may ask"),
    "requests_wait": ("이 카메라에 보낸 요청 {n}건이 아직 기다립니다", "{n} requests for this camera still wait"),
    "no_such_request": ("그런 요청이 없습니다", "No such request"),
    "request_done": ("이미 답한 요청입니다", "Answered already"),
    "repair_done": ("이미 고쳤습니다", "Mended already"),
    "obligation_done": ("이미 마쳤습니다", "Done already"),
    "no_mask": ("가림이 없는 카메라입니다", "The camera has no mask"),
    "between": ("{low}개에서 {high}개까지입니다", "From {low} to {high}"),
    "point": ("0에서 1 사이의 [x, y]여야 합니다", "Must be [x, y] from 0 to 1"),
    "no_area": ("넓이가 없습니다", "Encloses nothing"),
    "no_such_clip": ("그런 증거 영상이 없습니다", "No such clip"),
    "evidence_not_allowed": (
        "협약 {agreement} 제{clause}항은 증거 영상 저장을 허락하지 않습니다",
        "Agreement {agreement} clause {clause} does not allow evidence clips",
    ),
    "clip_not_recording": ("녹화 중인 증거 영상이 아닙니다", "The clip is not being recorded"),
    "clip_not_there": ("내려받을 수 있는 증거 영상이 아닙니다", "The clip is not there to be fetched"),
    "clip_not_held": ("보존을 연장한 증거 영상이 아닙니다", "The clip is not held"),
    "clip_too_long": ("{seconds}초를 넘을 수 없습니다", "At most {seconds} s"),
    "before_the_grant": ("승인 {seconds}초 전보다 앞설 수 없습니다", "No earlier than {seconds} s before the grant"),
    "after_the_grant": ("승인이 끝난 뒤일 수 없습니다", "Not after the grant's end"),
    "in_the_future": ("지금보다 뒤입니다", "Lies in the future"),
    "not_after_from": ("시작보다 뒤여야 합니다", "Must be after the beginning"),
    "view_ended": ("열람이 끝났습니다", "The view has ended"),
    "too_many_views": ("한 사람이 동시에 {limit}개까지 볼 수 있습니다", "At most {limit} views at once"),
    "gateway_lost": ("영상 게이트웨이와 연결이 끊겼습니다", "The video gateway is not reached"),
    "clock_stepped": ("시계가 갑자기 바뀌어 새 열람을 멈췄습니다", "The clock jumped; nothing new is opened"),
    "timers_late": ("시간에 따른 처리가 늦어 새 열람을 멈췄습니다", "Timed work is late; nothing new is opened"),
    "storage_failed": ("기록을 저장하지 못해 멈췄습니다", "The record could not be written, so nothing was done"),
    "disk_full": ("저장 공간이 부족해 새 열람을 멈췄습니다", "The disk is full; nothing new is opened"),
    "no_cameras_of_its_own": ("근무로 볼 카메라가 없는 기관입니다", "The agency has no cameras of its own"),
    "on_duty_already": ("이미 근무 중입니다", "On duty already"),
    "taken": ("이미 있는 이름입니다", "The name is taken"),
    "time": ("시각이 아닙니다(RFC 3339)", "Not a time (RFC 3339)"),
    "not_json": ("JSON이 아닙니다", "Not JSON"),
    "not_object": ("JSON 객체여야 합니다", "Must be a JSON object"),
    "not_text": ("글자가 아닌 것이 들어 있습니다", "Holds what is no text"),
    "characters": ("쓸 수 없는 글자가 들어 있습니다", "Holds characters that cannot be used here"),
    "too_large": ("너무 큽니다", "Too large"),
    "missing": ("빠졌습니다", "Is missing"),
    "unknown_field": ("모르는 항목입니다", "Is not a known field"),
    "type": ("형식이 다릅니다", "Has the wrong type"),
    "length": ("길이는 {low}에서 {high} 글자입니다", "Must be {low} to {high} characters long"),
    "range": ("{low}에서 {high} 사이여야 합니다", "Must be between {low} and {high}"),
    "not_time": ("RFC 3339 시각이어야 합니다", "Must be an RFC 3339 time"),
    "one_of": ("다음 가운데 하나여야 합니다: {allowed}", "Must be one of: {allowed}"),
    "one_place": ("장소는 한 가지 방식으로 적습니다", "A place is given in one way"),
    "wrong_password": ("계정 또는 비밀번호가 맞지 않습니다", "Account or password is wrong"),
    "range_unsatisfied": ("그 지점부터 이어갈 수 없습니다", "Cannot resume from there"),
    "invalid": ("값이 맞지 않습니다", "Not a valid value"),
    "internal": ("내부 오류입니다. 바뀐 것은 없습니다", "Something failed inside; nothing was changed"),
}

TIMELINE: dict[str, tuple[str, str]] = {
    "clip_asked": ("증거 영상 저장: {camera} ({why})", "Keeps evidence of {camera} ({why})"),
    "opened": ("{kind} 접수, 상황 {number}", "{kind} received, incident {number}"),
    "acknowledged": ("접수 확인", "Acknowledged"),
    "note": ("{text}", "{text}"),
    **TOLD,
    "invited": ("{agency_invited} 공조 요청: {basis}", "{agency_invited} invited: {basis}"),
    "escalated": ("{seconds}초 동안 응답이 없어 {agency_invited}에 넘김", "Unanswered for {seconds} s, passed to {agency_invited}"),
    "changed": ("변경: 코드 {priority}, {place}", "Changed: code {priority}, {place}"),
    "merged_by_hand": ("상황 {number} 병합: {reason}", "Incident {number} merged: {reason}"),
    "merged_same_subject": ("같은 대상자의 접수를 합침", "Merged: same subject"),
    "merged_same_device": ("같은 장치 {device}의 접수를 합침", "Merged: same device {device}"),
    "calmed": ("복구·취소 알림", "Restored or cancelled"),
    "split": ("상황 {number}로 분리: {reason}", "Split into incident {number}: {reason}"),
    "split_from": ("상황 {number}에서 분리: {reason}", "Split from incident {number}: {reason}"),
    "hidden": ("{minutes}분 동안 숨김: {reason}", "Hidden for {minutes} min: {reason}"),
    "shown": ("다시 보임: {reason}", "Shown again: {reason}"),
    "closed": ("상황 종결 ({disposition})", "Incident closed ({disposition})"),
    "part_closed": ("{agency_closed} 조치 종결 ({disposition})", "{agency_closed} closed its part ({disposition})"),
    "reopened": ("다시 엶", "Reopened"),
    "own_words": ("사유: {reason}", "Reason: {reason}"),
    "linked": ("{other_agency}의 {kind} 상황과 관련", "Linked with {kind} of {other_agency}"),
    "grant_asked": ("{owner}에 승인 요청, 제{clause}항, {n}대", "Asked {owner}, clause {clause}, {n} cameras"),
    "grant_opened": ("{owner} 카메라 {n}대 열림, {agreement} 제{clause}항", "{n} cameras of {owner} opened, {agreement} clause {clause}"),
    "grant_denied": ("{owner} 거부: {reason}", "{owner} denied: {reason}"),
    "grant_revoked": ("{owner} 승인 철회: {reason}", "Grant of {owner} revoked: {reason}"),
    "grant_extended": ("{owner} 승인 {minutes}분 연장: {reason}", "Grant of {owner} extended by {minutes} min: {reason}"),
    "bad_picture": ("{camera} 화면 불량: {reason}", "Bad picture {camera}: {reason}"),
    "responder_invited": ("출동요원 링크: {label}", "Responder link: {label}"),
    "responder_bound": ("출동요원 연결: {label}", "Responder connected: {label}"),
    "responder_refused": ("{label} 링크를 다른 기기에서 열려 함, 거부", "Link {label} tried on another device, refused"),
}

ENDINGS: dict[str, tuple[str, str]] = {
    "closed": ("상황 종결", "Incident closed"),
    "expired": ("승인 만료", "Grant expired"),
    "viewer": ("열람자가 닫음", "Closed by the viewer"),
    "viewer_gone": ("열람자 연결 끊김", "Viewer gone"),
    "lease": ("열람 유효시간 만료", "Lease ended"),
    "gateway_lost": ("게이트웨이 재시작", "Gateway restarted"),
    "place_corrected": ("장소 정정", "Place corrected"),
    "pursuit_moved": ("추적이 옮겨 감", "The pursuit moved on"),
    "bad_picture": ("화면 불량", "Bad picture"),
    "decided_again": ("다시 판정", "Decided again"),
    "unanswered": ("응답 없음", "No answer"),
    "session_ended": ("로그아웃", "Signed out"),
    "duty_ended": ("근무 종료", "Duty ended"),
    "agreement_over": ("협약 종료", "Agreement over"),
    "follows_issuer": ("보낸 기관의 승인 변경", "The sender's grant changed"),
}

OBLIGATIONS: dict[str, tuple[str, str]] = {
    "notify_wearer": ("전자감독 대상자 통지", "Notify the wearer"),
    "notify_subjects": ("정보주체 통지", "Notify the data subjects"),
    "destroy": ("영상 파기와 증명", "Destroy, with proof"),
    "review": ("사후 검토", "Review afterwards"),
}

REFUSAL_TITLES: dict[int, tuple[str, str]] = {
    400: ("잘못된 요청", "Bad request"),
    401: ("인증 필요", "Not signed in"),
    403: ("허용되지 않음", "Not allowed"),
    404: ("없음", "Not found"),
    405: ("쓸 수 없는 방법", "Method not allowed"),
    409: ("상태가 맞지 않음", "Conflict"),
    413: ("너무 큼", "Too large"),
    422: ("입력이 맞지 않음", "Invalid input"),
    429: ("잠시 뒤 다시", "Too many requests"),
    500: ("내부 오류", "Internal error"),
    503: ("지금은 할 수 없음", "Not available now"),
}

WORDS: dict[str, tuple[str, str]] = {**REFUSALS, **DECISIONS, **PURSUITS}


class _Values(defaultdict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def fill(template: tuple[str, str], values: Mapping[str, Any], language: Language) -> str:
    """One template in one language, with known codes among the values (kinds, lines, dispositions) put into words."""
    shown = _Values(None, values)
    index = 0 if language == "ko" else 1
    for key, words in (("kind", KIND_WORDS), ("line", LINE_WORDS), ("disposition", DISPOSITIONS)):
        value = values.get(key)
        if isinstance(value, str) and value in words:
            shown[key] = words[value][index]
    return template[index].format_map(shown)


def say(reason: Reason, language: Language, extra: Mapping[str, tuple[str, str]] = WORDS) -> str:
    """A reason in words; a code without words stands for itself."""
    template = extra.get(reason.code) or WORDS.get(reason.code) or TIMELINE.get(reason.code)
    return fill(template, reason.values, language) if template else reason.code
