import { words } from '../lib/i18n.svelte';

export const t = words({
  title: ['훈련', 'Drills'],
  lead: ['훈련은 모든 화면과 기록에 「훈련」으로 남고 통계에 들지 않습니다. 실제 경보가 오면 그 자리의 훈련은 곧바로 멈춥니다.', 'A drill is marked as one on every screen and record and never counts in statistics. A real alarm pauses it at that desk at once.'],
  start: ['시작', 'Start'],
  confirmTitle: ['훈련 시작: {title}', 'Start the drill: {title}'],
  confirmText: ['연계된 기관의 자리에 훈련 경보가 울립니다.', 'Drill alarms will sound at the desks of the agencies concerned.'],
  requested: ['훈련을 요청했습니다', 'Drill requested'],
  cancel: ['취소', 'Cancel'],
  running: ['훈련 상황', 'Drill incidents'],
  none: ['진행 중인 훈련이 없습니다', 'No drill is running'],
  noScenario: ['준비된 훈련이 없습니다', 'No drill is prepared'],
  open: ['열기', 'Open'],
});
