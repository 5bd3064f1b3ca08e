/** The single keys of the incident page (design section 7). */
import { t as clips } from '../i18n/clips';
import { t } from '../i18n/incident';
import { t as s } from '../i18n/steering';
import { t as p } from '../i18n/pursuit';
import type { Key } from '../lib/keys.svelte';
import type { Asking } from './acts';

/** What the keys act on; read at the moment a key is pressed. */
export interface Hands {
  over: () => boolean;
  /** Puts the n-th tile of the page in focus, n from 0. */
  focus: (index: number) => void;
  step: (by: 1 | -1) => void;
  page: (index: number) => void;
  enlarge: () => void;
  bad: () => void;
  /** Asks to keep evidence of the camera in focus; false where its grant does not allow it. */
  keep: () => boolean;
  steer: () => boolean;
  acknowledge: () => boolean;
  ask: (asking: Asking) => void;
  askExtend: () => boolean;
  askBasis: () => boolean;
  confirmBell: () => boolean;
  mayPursue: () => boolean;
  /** Starts a pursuit, or goes to the one that runs; false where there can be none. */
  pursue: () => boolean;
  why: () => void;
  wall: () => void;
  leave: () => void;
}

export function incidentKeys(hands: Hands): Key[] {
  const open = (): boolean => !hands.over();
  const tiles: Key[] = Array.from({ length: 9 }, (_, index) => ({
    code: `Digit${index + 1}`, cap: index === 0 ? '1–9' : String(index + 1), label: () => t('keyTiles'), run: () => hands.focus(index), when: open, line: index === 0,
  }));
  const pages: Key[] = Array.from({ length: 7 }, (_, index) => ({
    code: `Digit${index + 1}`, cap: `Alt ${index + 1}`, label: () => t('keyPages'), run: () => hands.page(index), alt: true, when: open,
  }));
  return [
    ...tiles,
    ...pages,
    { code: 'KeyJ', cap: 'J', label: () => t('keyNext'), run: () => hands.step(1), repeat: true, when: open },
    { code: 'KeyK', cap: 'K', label: () => t('keyPrevious'), run: () => hands.step(-1), repeat: true, when: open },
    { code: 'KeyA', cap: 'A', label: () => t('acknowledge'), run: () => hands.acknowledge(), when: open, line: true },
    { code: 'KeyF', cap: 'F', label: () => t('large'), run: () => hands.enlarge(), when: open, line: true },
    { code: 'Space', cap: 'Space', label: () => t('large'), run: () => hands.enlarge(), when: open },
    { code: 'KeyD', cap: 'D', label: () => t('bad'), run: () => hands.bad(), when: open, line: true },
    { code: 'KeyS', cap: 'S', label: () => clips('keep'), run: () => hands.keep(), when: open, line: true },
    { code: 'KeyG', cap: 'G', label: () => s('keySteer'), run: () => hands.steer(), when: open, line: true },
    { code: 'KeyW', cap: 'W', label: () => t('why'), run: () => hands.why(), when: open, line: true },
    { code: 'KeyB', cap: 'B', label: () => t('basisShow'), run: () => hands.askBasis(), when: open, line: true },
    { code: 'KeyE', cap: 'E', label: () => t('extend'), run: () => hands.askExtend(), when: open, line: true },
    { code: 'KeyR', cap: 'R', label: () => t('link'), run: () => hands.ask({ what: 'responder' }), when: open, line: true },
    { code: 'KeyT', cap: 'T', label: () => p('start'), run: () => hands.pursue(), when: () => open() && hands.mayPursue(), line: true },
    { code: 'KeyI', cap: 'I', label: () => t('toPolice'), run: () => hands.confirmBell(), when: open },
    { code: 'KeyW', cap: 'Shift W', label: () => t('wallAloneLong'), run: () => hands.wall(), shift: true, when: open },
    { code: 'Enter', cap: 'Ctrl Enter', label: () => t('keyClose'), run: () => hands.ask({ what: 'close' }), ctrl: true, inFields: true, when: open, line: true },
    { code: 'Escape', cap: 'Esc', label: () => t('keyBack'), run: () => hands.leave(), line: true },
  ];
}
