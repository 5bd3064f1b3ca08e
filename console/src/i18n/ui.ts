import { words } from '../lib/i18n.svelte';

export const t = words({
  beacons: ['봉수 {n}, {level}', 'Beacons {n}, {level}'],
  level5: ['최긴급', 'life in danger'],
  level4: ['긴급', 'urgent'],
  level3: ['우선', 'soon'],
  level2: ['일반', 'normal'],
  level1: ['참고', 'note'],
  close: ['닫기', 'Close'],
  cancel: ['취소', 'Cancel'],
  drill: ['훈련', 'Drill'],
});
