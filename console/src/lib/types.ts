/** The forms of the hub's HTTP API, as docs/api.md gives them. Times are RFC 3339 UTC texts, bearings degrees clockwise from north. */
import type { Clip, Sight } from './careTypes';

export type Lang = 'ko' | 'en';
export type Words = { ko: string; en: string };
export type Role =
  | 'police112'
  | 'fire119'
  | 'tracking_centre'
  | 'disaster_room'
  | 'control_room'
  | 'district'
  | 'privacy_officer'
  | 'responder';
export type Line =
  | 'police112'
  | 'fire119'
  | 'tracking_centre'
  | 'disaster'
  | 'market_fire'
  | 'emergency_bell'
  | 'safe_return'
  | 'plate'
  | 'control_room';
/** 0 is life in danger now, 4 a note. The number of lit beacons is 5 less the code. */
export type Priority = 0 | 1 | 2 | 3 | 4;
export type IncidentState = 'new' | 'acknowledged' | 'working' | 'closed';
export type GrantState = 'asked' | 'active' | 'denied' | 'revoked' | 'expired' | 'ended';
export type Need = 'acknowledge' | 'place' | 'confirm';
export type Health = 'unknown' | 'ok' | 'slow' | 'dead' | 'password' | 'late' | 'frozen' | 'black';
export type Point = { lat: number; lon: number };
export type Values = Record<string, string | number | boolean | null>;
export type Reason = { code: string; values: Values; text: string };
export type Page<T> = { items: T[]; next: string | null };

export type Account = {
  id: string;
  name: string;
  role: Role;
  agency: string;
  agency_name: Words;
  owns: string[];
  /** The owners whose cameras count as one's own in a duty session. */
  duty_owners: string[];
};
export type Session = {
  account: Account;
  csrf: string;
  expires_at: string;
  idle_seconds: number;
  last_access_at: string | null;
  incident?: string | null;
};

export type Vocabulary = {
  city: { name: Words; centre: Words; bounds: [number, number, number, number] };
  agencies: { id: string; role: Role; name: Words }[];
  districts: ({ id: string } & Words)[];
  lines: { line: Line; name: Words; receiver: string; kinds: string[] }[];
  kinds: Record<string, Words>;
  dispositions: Record<string, Words>;
  purposes: (string | Words)[];
  warnings: Record<string, Words>;
  drills: { name: string; title: Words }[];
};

/** All cameras as columns; `owner` and `purpose` are indexes into the lists of the same answer. */
export type CameraColumns = {
  version: string;
  owners: string[];
  purposes: string[];
  id: string[];
  name: string[];
  lat: number[];
  lon: number[];
  owner: number[];
  purpose: number[];
  pose: (0 | 1)[];
  bearing: (number | null)[];
  fov: (number | null)[];
  range_m: (number | null)[];
  ptz: (0 | 1)[];
  health: number[];
  warn: number[];
};
export type SearchItem = {
  type: 'camera' | 'street' | 'stop' | 'market' | 'place' | 'incident';
  id: string;
  name: string;
  detail: string;
  lat: number | null;
  lon: number | null;
};
export type Pose = {
  state: 'known' | 'unknown';
  source: string | null;
  bearing: number | null;
  fov: number | null;
  range_m: number | null;
  ptz: boolean;
};
export type Camera = {
  id: string;
  name: string;
  owner: string;
  site: string;
  ordinal: number;
  address: string | null;
  address_lot: string | null;
  purpose: string;
  lat: number;
  lon: number;
  pixels: number | null;
  retention_days: number | null;
  installed: string | null;
  direction_text: string | null;
  pose: Pose;
  health: Health;
  health_at: string | null;
  warnings: string[];
};
export type Quality = {
  generated_at: string;
  totals: { sites: number; cameras: number; pose_known: number };
  districts: {
    owner: string;
    name: Words;
    sites: number;
    cameras: number;
    pose_known: number;
    warnings: Record<string, number>;
    health: Partial<Record<Health, number>>;
  }[];
  warnings: { code: string; n: number; text: string }[];
  towns: {
    kind: 'old' | 'new';
    name: Words;
    cameras: number;
    area_km2: number;
    per_km2: number;
    road_km: number | null;
    seen_share: number | null;
    pose_known_share: number;
  }[];
};

export type Place = Point & {
  accuracy_m: number | null;
  name: string | null;
  district: string | null;
  source: string | null;
};
/** What the queue shows: the neutral part of an incident. Another agency's text is absent, not hidden. */
export type IncidentSummary = {
  id: string;
  number: string;
  kind: string;
  line: Line;
  priority: Priority;
  state: IncidentState;
  drill: boolean;
  place: Place | null;
  look_for?: string | null;
  opened_at: string;
  acknowledged_at?: string | null;
  closed_at?: string | null;
  owner: string;
  participants: string[];
  rev: number;
  needs: Need[];
  louder: boolean;
  reports?: number;
  counts?: { cameras: number; live: number; views: number; watched: number; asked: number };
  expires_at?: string | null;
  mine?: { state: string; disposition: string | null } | null;
  /** Where a wearer's alarms stand and why; only for the incident's owner, null for what is not triaged. */
  triage?: Triage | null;
};
/** Why a line of the queue is hidden, until when at the latest. */
export type Hiding = Reason & { since: string; until: string; by_hand: boolean };
export type Triage = {
  /** 10 + 10 x the code of the kind, moved by signs; lower stands higher. */
  level: number;
  weight: number;
  why: Reason[];
  count: number;
  kinds: Record<string, number>;
  first_at: string;
  last_at: string;
  last_place: (Point & { accuracy_m: number; name: string }) | null;
  hidden: Hiding | null;
  spells: number;
};
export type IncidentPart = {
  agency: string;
  state: string;
  joined_at: string;
  invited_by: string | null;
  basis: string | null;
  closed_at: string | null;
  disposition: string | null;
};
export type ChosenCamera = {
  id: string;
  name: string;
  address: string | null;
  owner: string;
  lat: number;
  lon: number;
  rank: number;
  score: number;
  distance_m: number;
  why: Reason[];
  pose: 'known' | 'unknown';
  bearing: number | null;
  fov: number | null;
  range_m: number | null;
  ptz: boolean;
  spare: boolean;
  state: 'chosen' | 'replaced' | 'spare' | 'bad';
  stands_for: string | null;
  grant: string | null;
  health: Health;
};
export type NotCovered = Reason & { bearing?: number | null; lat?: number | null; lon?: number | null };
export type Grant = {
  id: string;
  agency: string;
  agreement: string;
  agreement_hash: string;
  clause: string;
  basis: string;
  purpose: string;
  owner: string;
  state: GrantState;
  awaits: null | 'owner' | 'officer';
  asked_at: string | null;
  decided_at: string | null;
  answer_by: string | null;
  expires_at: string | null;
  minutes: number;
  cameras: string[];
  reason: string | null;
  review: boolean;
  /** The clause lets the agency keep clips. */
  evidence: boolean;
  /** The clause lifts the cameras' masks. */
  unmasked: boolean;
};
export type AskedGrant = Grant & {
  incident: { id?: string; number: string; kind: string; priority: Priority; place: Place | null; drill: boolean };
};
export type Denial = { agency: string; agreement: string; clause: string | null; code: string; values: Values; text: string };
export type IncidentReport = {
  id: string;
  line: Line;
  kind: string;
  at: string;
  text: string | null;
  subject_ref: string | null;
  external_id: string;
};
export type TimelineEntry = {
  id: string;
  at: string;
  agency: string | null;
  by: string | null;
  code: string;
  values: Values;
  text: string;
};
export type IncidentLink = { kind: string; line: Line; at: string; place: Place | null; agency: string; text: string };
export type Watcher = { view: string; viewer: string; agency: string; camera: string; since: string; transport: string | null };
export type ResponderLink = {
  id: string;
  label: string;
  state: string;
  created_at: string;
  bound_at: string | null;
  expires_at: string;
};
export type Duty = { id: string; kind: string; text: string; due_at: string | null; done_at: string | null };
export type Timing = {
  received_at: string | null;
  /** How long the choice of cameras took, in microseconds. */
  chosen_us?: number | null;
  /** How long the camera's pull took until its first picture, as its gateway measured it. */
  pulled_ms?: number | null;
  /** From the report to the first picture at a gateway. */
  first_picture_ms?: number | null;
};
export type Incident = IncidentSummary & {
  parts: IncidentPart[];
  cameras: ChosenCamera[];
  not_covered: NotCovered[];
  coverage: { directions: boolean[]; exits: number; exits_seen: number };
  /** Radius of the clause around the place, in metres; 0 without a selection. */
  radius_m?: number;
  grants: Grant[];
  denials: Denial[];
  reports: IncidentReport[] | number;
  timeline: TimelineEntry[];
  links: IncidentLink[];
  watchers: Watcher[];
  responders: ResponderLink[];
  clips: Clip[];
  duties: Duty[];
  timing: Timing | null;
};
export type NewResponder = { id: string; url: string; code: string; qr_svg: string; expires_at: string };

export type OpenedView = {
  id: string;
  ticket: string;
  whep: string;
  stream: string;
  snapshot: string;
  lease_expires_at: string;
  watermark: string;
  camera: string;
  grant: string | null;
  sight: Sight;
};
export type ViewRecord = {
  id: string;
  state: 'open' | 'ended';
  camera: { id: string; name: string; address: string | null; owner: string };
  viewer: string;
  agency: string;
  incident: { number: string; kind: string; priority: Priority; drill: boolean } | null;
  duty: string | null;
  grant: string | null;
  agreement: string | null;
  clause: string | null;
  basis: string | null;
  transport: string | null;
  opened_at: string;
  seconds: number;
  bytes: number;
  expires_at: string | null;
  ended_at: string | null;
  end_reason: string | null;
  cut_ms: number | null;
  drill: boolean;
};
export type DutySession = { id: string; post: string; started_at: string; ended_at?: string | null; account?: string };
export type Obligation = {
  id: string;
  kind: string;
  text: string;
  incident: { number: string };
  due_at: string | null;
  done_at: string | null;
  drill: boolean;
};
export type Repair = { id: string; camera: string; reason: string | null; at: string; done_at: string | null; note?: string | null };
/** `problem` is `field: code`, `text` says it in words; `body` is what was sent. */
export type RejectedReport = { id: string; line: Line; received_at: string; problem: string; text: string; body: string };

export type LedgerStatus = {
  size: number;
  checkpoint_at: string | null;
  root: string | null;
  verified: boolean | null;
  verified_at: string | null;
  error: string | null;
  /** Entries written but not yet under a signed checkpoint, or seconds behind, as the hub says. */
  lag: number | null;
};
export type SystemStatus = {
  gateways: { name: string; state: 'up' | 'lost'; owners: string[]; viewers: number; pulls: number }[];
  ledger: LedgerStatus;
  clock: { ok: boolean; text: string };
  disk: { ok: boolean; text: string };
  lines: { line: Line; last_at: string | null }[];
};
/** RFC 9457. `field` or `errors` name what was wrong in a sent body. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  detail?: string;
  code?: string;
  field?: string;
  errors?: { field: string; code: string; text: string }[];
  reason?: string;
};
