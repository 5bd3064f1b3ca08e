/**
 * Words in two languages. Each area keeps its own dictionary in `src/i18n/<area>.ts`:
 * `export const t = words({ open: ['열기', 'Open'], left: ['{n}분 남음', '{n} min left'] })`, then `t('left', { n: 3 })`.
 */
import type { Lang, Words } from './types';

const STORE = 'bonghwa.lang';

class Language {
  /** The language shown now; Korean unless the person chose otherwise on this device. */
  current: Lang = $state(readChoice());

  /** Switches the language, remembers it on this device and sets the document's `lang`. */
  set(lang: Lang): void {
    this.current = lang;
    document.documentElement.lang = lang;
    try {
      localStorage.setItem(STORE, lang);
    } catch {
      // A device that keeps nothing still switches for this visit.
    }
  }
}

function readChoice(): Lang {
  try {
    const chosen = localStorage.getItem(STORE) === 'en' ? 'en' : 'ko';
    document.documentElement.lang = chosen;
    return chosen;
  } catch {
    return 'ko';
  }
}

export const language = new Language();

type Filling = Record<string, string | number | null | undefined>;

/** Makes an area's typed `t(key, values)` from pairs of Korean and English; `{name}` takes a value. */
export function words<K extends string>(pairs: Record<K, readonly [ko: string, en: string]>): (key: K, values?: Filling) => string {
  return (key, values) => {
    const text = pairs[key][language.current === 'ko' ? 0 : 1];
    return values ? text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? '')) : text;
  };
}

/** The half of a `{ko, en}` pair from the hub that fits the language shown; a plain text passes. */
export function say(pair: Words | string | null | undefined): string {
  if (!pair) return '';
  return typeof pair === 'string' ? pair : pair[language.current] || pair.ko || pair.en;
}

/** A whole number with its thousands marked. */
export function count(n: number): string {
  return n.toLocaleString(language.current === 'ko' ? 'ko-KR' : 'en-GB');
}
