import { words } from '../lib/i18n.svelte';

/** Masking regions of an own camera. */
export const t = words({
  open: ['가림…', 'Mask…'],
  title: ['{camera} 가림', 'Mask of {camera}'],
  text: [
    '가릴 곳을 눌러 다각형으로 두릅니다. 저장하면 가림 해제 권한이 없는 모든 열람과 증거 영상에 곧바로 적용됩니다.',
    'Click around what is to be hidden. Once saved it lies over every view and clip without the right to see it unmasked, at once.',
  ],
  picture: ['{camera} 화면. 화살표로 십자를 옮기고 Space로 점을 찍습니다.', 'Picture of {camera}. Arrows move the cross, Space sets a point.'],
  noDuty: ['화면을 보며 두르려면 근무를 시작하세요. 화면 없이도 둘 수 있습니다.', 'Begin your duty to draw over the picture. It can be drawn without.'],
  noStill: ['지금 화면을 가져올 수 없습니다: {why}', 'There is no picture now: {why}'],
  loading: ['화면을 가져옵니다', 'Fetching the picture'],
  closeRegion: ['영역 닫기', 'Close region'],
  undo: ['되돌리기', 'Undo'],
  clear: ['모두 지우기', 'Clear all'],
  regions: ['영역 {n}개', '{n} regions'],
  points: ['점 {n}개', '{n} points'],
  remove: ['영역 {n} 지우기', 'Remove region {n}'],
  save: ['가림 저장', 'Save mask'],
  lift: ['가림 해제', 'Lift the mask'],
  saved: ['가림을 저장했습니다', 'The mask is saved'],
  lifted: ['가림을 해제했습니다', 'The mask is lifted'],
  unreached: ['게이트웨이에 닿지 않았습니다. 15초 안에 열람이 끊깁니다.', 'The gateway was not reached; its views end within 15 s.'],
  maskUnknown: ['지금 가림을 알 수 없어 저장하지 않습니다', 'What is masked now is not known: nothing is saved'],
  again: ['다시', 'Try again'],
  since: ['지금 가림: {by}, {at}, {why}', 'Masked now: {by}, {at}, {why}'],
  reason: ['이유', 'Reason'],
  reasonNeeded: ['이유를 적으세요', 'Say why'],
  cancel: ['취소', 'Cancel'],
});
