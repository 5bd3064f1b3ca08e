/** What the pursuit screen says in words: lengths, windows, kinds of subjects. */
import { direction } from '../i18n/incident';
import { t } from '../i18n/pursuit';
import type { ClosingPoint, Pursuit, Watch } from '../lib/pursuitTypes';
import { kindName } from '../lib/session.svelte';
import { distance } from '../map/shapes';
import type { Spot } from '../map/types';

/** `504 m`, `2.6 km`. */
export function metres(m: number): string {
  return m < 1000 ? `${Math.round(m)} m` : `${(m / 1000).toFixed(m < 10_000 ? 1 : 0)} km`;
}

/** `18%`; what is there but rounds to nothing is `<1%`. */
export function percent(share: number): string {
  const n = Math.round(share * 100);
  return n === 0 && share > 0.0005 ? '<1%' : `${n}%`;
}

/** `0:31`, `1:02:09`. */
export function minutesSeconds(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

export function reachWord(minutes: number): string {
  return minutes === 0 ? t('now') : t('plusMinutes', { n: minutes });
}

/** When he may be before a camera, `elapsed` seconds after the picture was reckoned: `지금–0:24`, `0:05–0:38`. */
export function windowOf(watch: Watch, elapsed: number): { text: string; now: boolean } {
  const from = Math.max(0, watch.from_s - elapsed);
  const to = Math.max(0, watch.to_s - elapsed);
  if (from < 1) return { text: to < 1 ? t('now') : `${t('now')}–${minutesSeconds(to)}`, now: true };
  return { text: `${minutesSeconds(from)}–${minutesSeconds(to)}`, now: false };
}

const SUBJECT_OF: Record<string, 'missing' | 'vehicle' | 'suspect' | 'crew'> = {
  missing_child: 'missing', missing_disability: 'missing', missing_dementia: 'missing', suicide_risk: 'missing',
  wanted_hit: 'vehicle', hit_and_run: 'vehicle', murder: 'suspect', robbery: 'suspect', kidnapping: 'suspect', sexual_violence: 'suspect', weapon: 'suspect',
  assault: 'suspect', fugitive: 'suspect', stalking: 'suspect', domestic_violence: 'suspect', theft_in_progress: 'suspect',
  rescue: 'crew', medical: 'crew', fire: 'crew', hazmat: 'crew', mass_casualty: 'crew',
};

/** Somebody who flees is cut off, somebody who is lost is looked for at the ways out, a crew is only accompanied. */
export type Role = 'flees' | 'lost' | 'crew';

export function roleOf(incident: { kind: string; line: string }): Role {
  const by = SUBJECT_OF[incident.kind];
  if (by === 'crew') return 'crew';
  if (by) return by === 'missing' ? 'lost' : 'flees';
  return calls(incident) ? 'lost' : 'flees';
}

/** Whom one follows, in words: by what the incident is. */
export function subjectOf(incident: { kind: string; line: string }): string {
  const by = SUBJECT_OF[incident.kind];
  if (by) return t(`subject_${by}`);
  return t(incident.line === 'tracking_centre' ? 'subject_wearer' : calls(incident) ? 'subject_caller' : 'subject_person');
}

/** What is being done: who called for help is looked for, not the call. */
export function titleOf(incident: { kind: string; line: string }): string {
  const called = calls(incident) && !SUBJECT_OF[incident.kind];
  return t(`title_${roleOf(incident)}`, { kind: called ? subjectOf(incident) : kindName(incident.kind) });
}

function calls(incident: { line: string }): boolean {
  return incident.line === 'safe_return' || incident.line === 'emergency_bell';
}

/** A bearing as one of eight directions. */
export function headingWord(bearing: number): string {
  return direction(Math.round((((bearing % 360) + 360) % 360) / 45) % 8);
}

/** What the one number counts from. */
export function sinceWord(pursuit: Pursuit): string {
  return t(`since_${pursuit.since?.kind ?? 'start'}` as 'since_sighting');
}

/** Where he was known last: the newest sighting that stands, else the start. */
export function lastPlace(path: Pursuit['path'], start: Pursuit['start']): Spot | null {
  return path?.points.findLast((point) => !point.undone) ?? start;
}

/** A crossing as people find it: its name, and which way and how far from where he was known last, since many crossings have no name. */
export function crossingName(point: ClosingPoint, from: Spot | null): string {
  return [point.name || t('unnamed'), crossingWay(point, from)].filter(Boolean).join(' · ');
}

/** `남동 448 m`, from where he was known last. */
export function crossingWay(point: ClosingPoint, from: Spot | null): string {
  if (!from) return '';
  const squeeze = Math.cos((from.lat * Math.PI) / 180);
  const bearing = (Math.atan2((point.lon - from.lon) * squeeze, point.lat - from.lat) * 180) / Math.PI;
  return `${headingWord(bearing)} ${metres(distance(from, point))}`;
}
