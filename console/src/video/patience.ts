/** How long a player waits for what. */
import type { Attempt } from './attempt';

/** A picture older than this is not now. */
const STALE_MS = 1000;
/** Slow cameras are given two and a half of their own frame intervals, but never more than this. */
const STALE_AT_MOST_MS = 3000;
/** Stills are fetched every one or two seconds: their age is written, and only a missing one is a silence. */
const STALE_STILL_MS = 6000;
/** A silence this long makes a new connection. */
export const RENEW_MS = 3500;
/** A picture this old is taken away. */
export const GONE_MS = 10_000;
/** On a fallback WebRTC is tried again this often. */
export const UPGRADE_MS = 30_000;
/** The hub's word about a cut comes within this time of the gateway's goodbye; asking sooner would be asking in vain. */
export const WORD_MS = 500;
const PAUSES_MS = [250, 1000, 2000, 4000, 8000];
/** A camera known to be silent is asked again this seldom; its return is heard from the hub. */
const SILENT_PAUSE_MS = 15_000;

/** Health words of a camera that gives nothing. */
export const SILENT: ReadonlySet<string> = new Set(['dead', 'password']);

/** How old a picture of this way may be and still pass for now, in milliseconds. */
export function patienceWith(way: Attempt): number {
  if (way.kind === 'still') return STALE_STILL_MS;
  return Math.max(STALE_MS, Math.min(STALE_AT_MOST_MS, way.interval * 2.5));
}

/** The pause before the n-th try, growing; a camera known to be silent is asked seldom. */
export function pauseBefore(attempt: number, silent: boolean): number {
  const growing = PAUSES_MS[Math.min(attempt, PAUSES_MS.length) - 1] ?? 0;
  return silent ? Math.max(SILENT_PAUSE_MS, growing) : growing;
}
