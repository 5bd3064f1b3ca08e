/** The keys of the pursuit screen (design section 7). */
import { t } from '../i18n/pursuit';
import type { Key } from '../lib/keys.svelte';

/** What the keys act on; read at the moment a key is pressed. */
export interface Hands {
  open: () => boolean;
  guest: () => boolean;
  /** Whether there is a way to close: nobody cuts a crew off. */
  closes: () => boolean;
  past: () => boolean;
  focus: (index: number) => void;
  step: (by: 1 | -1) => void;
  seen: () => boolean;
  notHere: () => boolean;
  pin: () => boolean;
  large: () => void;
  scrub: (by: 1 | -1) => void;
  now: () => void;
  closing: () => void;
  patrol: () => void;
  share: () => void;
  radio: () => void;
  size: () => void;
  legend: () => void;
  fit: () => void;
  mode: () => void;
  undo: () => void;
  leave: () => void;
}

export function pursuitKeys(hands: Hands): Key[] {
  const open = hands.open;
  const own = (): boolean => open() && !hands.guest();
  const closes = (): boolean => open() && hands.closes();
  const tiles: Key[] = Array.from({ length: 9 }, (_, index) => ({
    code: `Digit${index + 1}`, cap: index === 0 ? '1–9' : String(index + 1), label: () => t('keyTiles'), run: () => hands.focus(index), when: open, line: index === 0,
  }));
  return [
    ...tiles,
    { code: 'KeyS', cap: 'S', label: () => t('keySeen'), run: () => hands.seen(), when: open, line: true },
    { code: 'KeyN', cap: 'N', label: () => t('notHere'), run: () => hands.notHere(), when: open, line: true },
    { code: 'KeyP', cap: 'P', label: () => t('pin'), run: () => hands.pin(), when: own, line: true },
    { code: 'KeyV', cap: 'V', label: () => t('keyMode'), run: () => hands.mode(), when: open, line: true },
    { code: 'KeyZ', cap: 'Ctrl Z', label: () => t('undoLong'), run: () => hands.undo(), ctrl: true, when: open, line: true },
    { code: 'BracketLeft', cap: '[', label: () => t('keyBack'), run: () => hands.scrub(-1), repeat: true, when: open, line: true },
    { code: 'BracketRight', cap: ']', label: () => t('keyNow'), run: () => hands.now(), when: open, line: true },
    { code: 'ArrowLeft', cap: '←', label: () => t('keyBack'), run: () => hands.scrub(-1), repeat: true, when: open },
    { code: 'ArrowRight', cap: '→', label: () => t('keyForward'), run: () => hands.scrub(1), repeat: true, when: open },
    { code: 'KeyR', cap: 'R', label: () => t('radio'), run: () => hands.radio(), when: open, line: true },
    { code: 'KeyC', cap: 'C', label: () => t('keyClosing'), run: () => hands.closing(), when: closes, line: true },
    { code: 'KeyG', cap: 'G', label: () => t('askPatrol'), run: () => hands.patrol(), when: closes, line: true },
    { code: 'KeyI', cap: 'I', label: () => t('shareDialog'), run: () => hands.share(), when: own, line: true },
    { code: 'KeyF', cap: 'F', label: () => t('large'), run: () => hands.large(), when: open },
    { code: 'Space', cap: 'Space', label: () => t('large'), run: () => hands.large(), when: open, line: true },
    { code: 'KeyK', cap: 'K', label: () => t('tilesKey'), run: () => hands.size(), when: own, line: true },
    { code: 'KeyJ', cap: 'J', label: () => t('keyNext'), run: () => hands.step(1), repeat: true, when: open },
    { code: 'KeyJ', cap: 'Shift J', label: () => t('keyPrevious'), run: () => hands.step(-1), repeat: true, shift: true, when: open },
    { code: 'KeyL', cap: 'L', label: () => t('keyLayers'), run: () => hands.legend(), when: open },
    { code: 'Digit0', cap: '0', label: () => t('fitLong'), run: () => hands.fit(), when: open },
    { code: 'Escape', cap: 'Esc', label: () => (hands.past() ? t('keyNow') : t('keyLeave')), run: () => hands.leave(), line: true },
  ];
}
