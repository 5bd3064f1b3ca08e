import { language, words } from '../lib/i18n.svelte';

export const t = words({
  title: ['카메라', 'Cameras'],
  list: ['카메라 목록', 'List of cameras'],
  filter: ['이름으로 거르기', 'Filter by name'],
  owner: ['관제센터', 'Centre'],
  allOwners: ['모든 관제센터', 'All centres'],
  health: ['상태', 'State'],
  anyHealth: ['모든 상태', 'Any state'],
  h_unknown: ['아직 보지 않음', 'Not yet watched'],
  h_ok: ['정상', 'Answers'],
  h_slow: ['느림', 'Slow'],
  h_dead: ['응답 없음', 'No answer'],
  h_password: ['비밀번호 불일치', 'Wrong password'],
  h_late: ['늦음', 'Late'],
  h_frozen: ['멈춘 화면', 'Frozen picture'],
  h_black: ['검은 화면', 'Black picture'],
  pose: ['방면', 'Direction'],
  anyPose: ['모든 방면', 'Any direction'],
  poseKnown: ['방면 확인', 'Direction known'],
  poseUnknown: ['방면 미상', 'Direction unknown'],
  found: ['{n}대', '{n} cameras'],
  none: ['조건에 맞는 카메라가 없습니다', 'No camera matches'],
  loading: ['카메라를 불러오는 중', 'Loading the cameras'],
  watch: ['보기', 'Watch'],
  stop: ['그만 보기', 'Stop'],
  duty: ['근무 관제', 'Duty session'],
  dutyNone: ['근무를 시작해야 우리 카메라를 볼 수 있습니다. 본 것은 모두 기록됩니다.', 'A duty session is needed to watch your own cameras. All viewing is recorded.'],
  post: ['근무석', 'Post'],
  postHint: ['예: 관제석 3', 'For example: desk 3'],
  start: ['근무 시작', 'Start duty'],
  end: ['근무 종료…', 'End duty…'],
  endTitle: ['근무 종료', 'End the duty session'],
  endText: ['열려 있는 우리 카메라 화면이 모두 닫힙니다.', 'All pictures of your own cameras close.'],
  handover: ['인수인계', 'Handover'],
  endNow: ['종료', 'End'],
  since: ['{post} · {at}부터', '{post}, since {at}'],
  watching: ['보고 있는 카메라 {n}', 'Watching {n}'],
  atMost: ['한 번에 {n}대까지 봅니다', 'At most {n} at a time'],
  started: ['근무를 시작했습니다', 'Duty started'],
  ended: ['근무를 마쳤습니다. 화면을 모두 닫았습니다.', 'Duty ended. All pictures are closed.'],
  next: ['다음 · 이전', 'Next, previous'],
});

/** The purposes of the national standard file in English. */
const PURPOSES: Record<string, string> = {
  생활방범: 'Crime prevention',
  어린이보호: 'Child protection',
  쓰레기단속: 'Littering',
  교통단속: 'Traffic enforcement',
  교통정보수집: 'Traffic information',
  재난재해: 'Disaster',
  다목적: 'Multi-purpose',
  시설물관리: 'Facilities',
  차량방범: 'Vehicle crime',
  기타: 'Other',
};

/** What a camera was put up for, in the language shown; a purpose that the standard does not know stays as it is written. */
export function purposeName(purpose: string): string {
  return language.current === 'ko' ? purpose : (PURPOSES[purpose] ?? purpose);
}
