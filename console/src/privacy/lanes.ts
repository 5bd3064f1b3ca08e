/** The day as lanes: where each viewing stands on the 24-hour axis of Korean time. */
import { date as dayOf } from '../lib/time.svelte';
import { t } from '../i18n/privacy';
import type { PrivacyDay } from '../lib/privacyTypes';

const DAY_MS = 86_400_000;
/** Rows of one lane; viewings that overlap more than this share a row. */
export const ROWS = 3;

export interface Bar {
  id: string;
  left: number;
  width: number;
  row: number;
}

/** Places the viewings of a lane: left and width in percent of the day, on the first row that is free. */
export function bars(views: PrivacyDay['lanes'][number]['views'], date: string, now: number): Bar[] {
  const start = Date.parse(`${date}T00:00:00+09:00`);
  const free = Array.from({ length: ROWS }, () => -Infinity);
  return [...views]
    .sort((a, b) => a.from.localeCompare(b.from))
    .map((view) => {
      const from = Math.max(0, Date.parse(view.from) - start);
      const to = Math.min(DAY_MS, (view.to ? Date.parse(view.to) : now) - start);
      const found = free.findIndex((until) => until <= from);
      const row = found < 0 ? ROWS - 1 : found;
      free[row] = Math.max(free[row] ?? 0, to);
      return { id: view.id, left: (from / DAY_MS) * 100, width: Math.max(0.15, ((to - from) / DAY_MS) * 100), row };
    });
}

/** Where a moment stands on the axis, in percent; null outside the day. */
export function at(moment: string | number, date: string): number | null {
  const ms = (typeof moment === 'string' ? Date.parse(moment) : moment) - Date.parse(`${date}T00:00:00+09:00`);
  return ms >= 0 && ms <= DAY_MS ? (ms / DAY_MS) * 100 : null;
}

/** The Korean day `days` after a date. */
export function shift(date: string, days: number): string {
  return dayOf(Date.parse(`${date}T12:00:00+09:00`) + days * DAY_MS);
}

/** A length as people say it: `42분`, `3시간 5분`, `2일`. */
export function lengthWords(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return t('seconds', { s });
  const m = Math.floor(s / 60);
  if (m < 60) return t('minutes', { m });
  const h = Math.floor(m / 60);
  return h < 48 ? t('hours', { h, m: m % 60 }) : t('days', { n: Math.floor(h / 24) });
}
