/** The forms of a pursuit (docs/api.md, Pursuits). Times are RFC 3339 UTC texts, lengths metres, bearings degrees clockwise from north. */
import type { Health, Point, Reason, Words } from './types';

/** How the subject moves; null when nobody knows. */
export type Mode = 'foot' | 'car';
export type SharedPart = 'belief' | 'path' | 'watch' | 'containment';
export type EvidenceType = 'sighting' | 'not_seen' | 'plate' | 'fix' | 'report' | 'mode';
/** A part of a street: its number, and from where to where along its line (0 to 1). */
export type Stretch = [street: number, from: number, to: number];

export type RoadLines = { sha: string; source: string; streets: Record<string, number[]>; names: Record<string, string>; inferred: number[] };
export type PursuitSummary = { id: string; incident: string; agency: string; state: 'running' | 'starting' | 'ended'; kind: string; mode: Mode | null; drill: boolean; started_at: string };

/** `set`: 2 in the 50 % set, 1 in the 90 % set, 0 neither. */
export type BeliefStreet = [street: number, share: number, metres: number, set: 0 | 1 | 2];
export type Belief = { streets: BeliefStreet[]; m50: number; m90: number; modes: { foot: number; car: number; left: number }; blind: number };
export type Watch = {
  camera: { id: string; name: string; owner: string; lat: number | null; lon: number | null; health: Health; pose: { known: boolean; bearing: number | null; fov: number | null; range_m: number | null } | null };
  /** The chance that the subject is before this camera in its window. */
  holds: number;
  /** The window, in seconds from the picture's moment; both 0 when he may be in view now. */
  from_s: number;
  to_s: number;
  why: ({ code: string } & Words)[];
  pinned: boolean;
  granted: boolean;
  grant: string | null;
};
export type PathPoint = {
  number: number; kind: EvidenceType | 'start'; at: string; lat: number; lon: number; camera: { id: string; name: string } | null; confidence: number;
  heading: number | null; mode: Mode | null; by: string; undone: boolean;
};
export type PathLeg = { line: [lat: number, lon: number][]; chance: number; from_at: string; to_at: string };
export type ClosingPoint = Point & { n: number; name: string; watched: { id: string; name: string }[]; patrol: boolean; earliest_s: number; likely_s: number };
export type Containment = { minutes: number; patrols: number; cameras: number; reckoned_at: string; points: ClosingPoint[] };
export type Evidence = {
  number: number; type: EvidenceType; at: string; camera: { id: string; name: string } | null; heading: number | null; mode: Mode | null; confidence: number;
  place: (Point & { accuracy_m?: number | null }) | null; by: string; agency: string; undone: boolean; words: Words;
};
export type StripTick = { at: string; m90: number; m50: number; seen: boolean; vain: string[] };

/** One picture of a pursuit. What the owner did not share is null for a guest. */
export type Pursuit = PursuitSummary & {
  /** How he moves, as people said last; null where nobody knows, or where he was seen otherwise since. */
  mode: Mode | null;
  /** The moment of the answers; null before the first and after the end. */
  now: string | null;
  rev: number;
  /** How many cameras are watched at once, and which stay. */
  k: number;
  pins: string[];
  scrubbed?: boolean;
  /** The reckoning's own state: while it is not `ok` the answers are the last known ones. */
  reckoner: 'ok' | 'starting' | 'restarting';
  since: { kind: 'start' | 'sighting' | 'plate' | 'fix' | 'report'; at: string; seconds: number } | null;
  start: (Point & { accuracy_m: number | null; age_s: number | null }) | null;
  roads: { sha: string; source?: string } | null;
  belief: Belief | null;
  reach: { minutes: number; parts: Stretch[] }[] | null;
  watch: Watch[] | null;
  next_change_s: number | null;
  hope: number | null;
  ceiling: number | null;
  path: { legs: PathLeg[]; points: PathPoint[] } | null;
  containment: Containment | null;
  blind: [street: number, from: number, to: number, mass: number][] | null;
  evidence: Evidence[] | null;
  strip: StripTick[] | null;
  radio: Words | null;
  shared: { with: string[]; what: SharedPart[] };
};
export type NewEvidence = {
  type: EvidenceType; at: string; camera?: string; heading?: number; mode?: Mode; confidence?: number; place?: Point & { accuracy_m?: number };
};
/** The reason of a chosen camera in the form the incident's pages read. */
export const asReason = (why: { code: string } & Words, lang: 'ko' | 'en'): Reason => ({ code: `pursuit_${why.code}`, values: {}, text: why[lang] || why.ko });
