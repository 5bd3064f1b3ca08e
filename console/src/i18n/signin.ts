import { words } from '../lib/i18n.svelte';

export const t = words({
  title: ['봉화', 'Bonghwa'],
  sub: ['도시 안전 연계망', 'City safety network'],
  name: ['계정', 'Account'],
  password: ['비밀번호', 'Password'],
  enter: ['들어가기', 'Sign in'],
  entering: ['확인하는 중', 'Checking'],
  sound: ['들어가면 시험음이 한 번 울립니다', 'A test tone sounds when you sign in'],
  logged: ['모든 접속은 기록됩니다', 'Every access is recorded'],
  last: ['마지막 접속 {at} · 모든 접속은 기록됩니다', 'Last access {at} · every access is recorded'],
  ended: ['접속이 끝났습니다. 다시 들어오십시오.', 'The session has ended. Please sign in again.'],
  idle: ['자리를 비워 접속을 끝냈습니다.', 'Signed out because nobody was at the desk.'],
  left: ['나갔습니다. 열려 있던 영상은 모두 닫혔습니다.', 'Signed out. Every open picture is closed.'],
  unreachable: ['관제 서버에 닿지 않습니다. 5초마다 다시 해 봅니다.', 'The hub is not reached. Trying again every 5 s.'],
});
