import { words } from '../lib/i18n.svelte';

export const t = words({
  map: ['지도', 'Map'],
  canvas: ['지도 화면, 화살표로 옮기고 + − 로 크기를 바꿉니다', 'Map picture: arrows move it, + and − zoom'],
  zoomIn: ['확대', 'Zoom in'],
  zoomOut: ['축소', 'Zoom out'],
  whole: ['도시 전체', 'Whole city'],
  silent: ['무응답 {n}', '{n} silent'],
  notSeen: ['안 보임', 'Not seen'],
  noGl: ['이 기기에서는 지도를 그릴 수 없습니다. 같은 내용이 목록에 있습니다.', 'This device cannot draw the map. The lists hold the same facts.'],
  failed: ['지도를 불러오지 못했습니다. 목록은 그대로 쓸 수 있습니다.', 'The map could not be loaded. The lists still work.'],
  retry: ['다시 불러오기', 'Load again'],
  attribution: [
    '경계 통계청 · 도로 표준노드링크 · 없는 곳은 버스 구간 · 블록 © OpenStreetMap · 카메라 전국CCTV표준데이터',
    'Borders: Statistics Korea · Roads: standard node-link, bus sections elsewhere · Blocks © OpenStreetMap · Cameras: national CCTV data',
  ],
  pinAria: ['{label}, 봉수 {n}, {note}', '{label}, beacons {n}, {note}'],
  more: ['외 {n}건', 'and {n} more'],
  camera: ['{n}번 카메라', 'Camera {n}'],
  me: ['내 위치', 'My place'],
  loading: ['지도를 그리는 중', 'Drawing the map'],
  pickPlace: ['지도를 눌러 장소를 정합니다', 'Click the map to set the place'],
});
