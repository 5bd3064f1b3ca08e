/** Time as the console writes it: the hub's clock, Korean wall time, ages and remaining times. */
import { hubNow } from './api';
import { language } from './i18n.svelte';

class Clock {
  /** Hub time in ms since 1970, moving once a second on the second. Reading it in markup redraws that markup each second. */
  now: number = $state(hubNow());

  constructor() {
    const tick = (): void => {
      this.now = hubNow();
      setTimeout(tick, 1000 - (this.now % 1000));
    };
    tick();
  }
}

export const clock = new Clock();

const KST = 'Asia/Seoul';
const wall = new Intl.DateTimeFormat('en-GB', { timeZone: KST, hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const shortWall = new Intl.DateTimeFormat('en-GB', { timeZone: KST, hour: '2-digit', minute: '2-digit', hour12: false });
const day = new Intl.DateTimeFormat('en-CA', { timeZone: KST });

type Moment = string | number | null | undefined;
const ms = (at: Moment): number => (typeof at === 'string' ? Date.parse(at) : (at ?? NaN));

/** `02:41:09`, Korean time. */
export function hms(at: Moment): string {
  const t = ms(at);
  return Number.isFinite(t) ? wall.format(t) : '–';
}

/** `02:41`, Korean time. */
export function hm(at: Moment): string {
  const t = ms(at);
  return Number.isFinite(t) ? shortWall.format(t) : '–';
}

/** `2026-11-23`, the Korean day. */
export function date(at: Moment): string {
  const t = ms(at);
  return Number.isFinite(t) ? day.format(t) : '–';
}

const ofTheYear = new Map<string, Intl.DateTimeFormat>();

/** `11월 23일 02:41` / `23 Nov 02:41` of another day of this year, with the year of another, `02:41` of today. */
export function dayAndTime(at: Moment): string {
  const on = date(at);
  const today = date(clock.now);
  if (on === today || on === '–') return hm(at);
  if (on.slice(0, 4) !== today.slice(0, 4)) return `${on} ${hm(at)}`;
  const locale = language.current === 'ko' ? 'ko-KR' : 'en-GB';
  const format = ofTheYear.get(locale) ?? new Intl.DateTimeFormat(locale, { timeZone: KST, month: 'short', day: 'numeric' });
  ofTheYear.set(locale, format);
  return `${format.format(ms(at))} ${hm(at)}`;
}

/** A length in seconds as `04:10` or `1:04:10`. */
export function length(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const head = s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}` : two(Math.floor(s / 60));
  return `${head}:${two(s % 60)}`;
}

/** Seconds since a moment by the hub's clock, never below 0. */
export function secondsSince(at: Moment): number {
  const t = ms(at);
  return Number.isFinite(t) ? Math.max(0, (clock.now - t) / 1000) : 0;
}

/** Seconds left until a moment, never below 0. */
export function secondsLeft(until: Moment): number {
  const t = ms(until);
  return Number.isFinite(t) ? Math.max(0, (t - clock.now) / 1000) : 0;
}

/** The age of a thing: `00:38`, `21:44`, and from a day on `3일` / `3 d`. */
export function age(at: Moment): string {
  const s = secondsSince(at);
  if (s >= 86400) return language.current === 'ko' ? `${Math.floor(s / 86400)}일` : `${Math.floor(s / 86400)} d`;
  return length(s);
}

/** How long ago in words: `2초 전`, `4 min ago`. */
export function ago(at: Moment): string {
  const s = Math.floor(secondsSince(at));
  const [n, ko, en] = s < 60 ? [s, '초', 's'] : s < 3600 ? [Math.floor(s / 60), '분', 'min'] : s < 86400 ? [Math.floor(s / 3600), '시간', 'h'] : [Math.floor(s / 86400), '일', 'd'];
  return language.current === 'ko' ? `${n}${ko} 전` : `${n} ${en} ago`;
}
