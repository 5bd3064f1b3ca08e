/** The hub's HTTP API: one fetch wrapper that carries the session's CSRF word, speaks the chosen language and turns problems into errors. */
import { untrack } from 'svelte';
import { language } from './i18n.svelte';
import type {
  AskedGrant, Camera, CameraColumns, DutySession, Grant, Incident, IncidentSummary, LedgerStatus, NewResponder, Obligation, OpenedView,
  Page, Point, Priority, Problem, Quality, RejectedReport, Repair, SearchItem, Session, SystemStatus, ViewRecord, Vocabulary,
} from './types';
import type { PrivacyDay } from './privacyTypes';
import type { NewEvidence, Pursuit, PursuitSummary, Mode, RoadLines, SharedPart } from './pursuitTypes';
import type { CameraMask, Clip, ClipPart, Region, Relay, Sight, SteerAct, SteerRight, SteeringHold, SteeringRequest } from './careTypes';

const BASE = '/api/v1';

/** A refusal or failure in words a person can act on. `status` 0: the hub was not reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
  }

  get code(): string {
    return this.problem.code ?? '';
  }

  /** What the hub said about one field of the sent body, or an empty text. */
  field(name: string): string {
    if (this.problem.field === name) return this.message;
    return this.problem.errors?.find((e) => e.field === name)?.text ?? '';
  }
}

let csrf = '';
let onSignedOut: () => void = () => {};
/** Hub time minus this device's time, in ms; ages are drawn with it, so that a wrong desk clock does not lie about a picture. */
let skewMs = 0;

/** Sets the CSRF word of the session in use (empty without one). */
export function useCsrf(word: string): void {
  csrf = word;
}

/** Says what to do when the hub answers 401: the session is over. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act;
}

export function hubNow(): number {
  return Date.now() + skewMs;
}

/** The hub's `Date` has whole seconds: only a difference that cannot be rounding or network is taken over. */
function learnSkew(response: Response, sentAt: number): void {
  const stated = Date.parse(response.headers.get('date') ?? '');
  const took = Date.now() - sentAt;
  if (!Number.isFinite(stated) || took > 500) return;
  const skew = stated + 500 - (sentAt + took / 2);
  skewMs = Math.abs(skew) > 1500 ? skew : 0;
}

type Options = { body?: unknown; query?: Record<string, string | number | null | undefined>; signal?: AbortSignal; keepalive?: boolean };

/** A fetch begun inside an effect must not make that effect run again when the language changes: who wants that says so himself. */
const spoken = (): string => untrack(() => language.current);

/** The raw answer: for callers that need its headers. Throws ApiError unless 2xx. */
export async function request(method: string, path: string, options: Options = {}): Promise<Response> {
  const url = new URL(BASE + path, location.origin);
  for (const [key, value] of Object.entries(options.query ?? {})) {
    if (value !== null && value !== undefined && value !== '') url.searchParams.set(key, String(value));
  }
  const headers: Record<string, string> = { accept: 'application/json', 'accept-language': spoken() };
  if (method !== 'GET' && csrf) headers['x-bonghwa-csrf'] = csrf;
  const init: RequestInit = { method, headers, credentials: 'same-origin', keepalive: options.keepalive ?? false };
  if (options.signal) init.signal = options.signal;
  if (options.body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(options.body);
  }
  const sentAt = Date.now();
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    const title = spoken() === 'ko' ? '관제 서버에 닿지 않습니다. 다시 시도합니다.' : 'The hub was not reached. Trying again.';
    throw new ApiError(0, { type: 'about:blank', title, status: 0, code: 'unreachable' });
  }
  learnSkew(response, sentAt);
  if (response.ok) return response;
  const failure = await readProblem(response);
  if (response.status === 401 && path !== '/session') onSignedOut();
  throw failure;
}

async function readProblem(response: Response): Promise<ApiError> {
  let problem: Problem = { type: 'about:blank', title: `HTTP ${response.status}`, status: response.status };
  if (response.headers.get('content-type')?.includes('json')) {
    problem = { ...problem, ...((await response.json().catch(() => ({}))) as Partial<Problem>) };
  }
  return new ApiError(response.status, problem);
}

async function json<T>(method: string, path: string, options?: Options): Promise<T> {
  const response = await request(method, path, options);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const get = <T>(path: string, query?: Options['query'], signal?: AbortSignal): Promise<T> =>
  json<T>('GET', path, { ...(query ? { query } : {}), ...(signal ? { signal } : {}) });
const post = <T>(path: string, body: unknown = {}): Promise<T> => json<T>('POST', path, { body });
const enc = encodeURIComponent;

export type IncidentPatch = { place?: object; priority?: Priority; look_for?: string; reason: string };
export type IncidentPage = Page<IncidentSummary> & { cursor: string | null };

/** Every call of docs/api.md the console makes, under the name of what it does. */
export const api = {
  session: () => get<Session>('/session'),
  signIn: (name: string, password: string) => post<Session>('/session', { name, password }),
  signOut: () => json<void>('DELETE', '/session'),

  vocabulary: () => get<Vocabulary>('/vocabulary'),
  basemap: () => get<GeoJSON.FeatureCollection>('/map/basemap'),
  places: () => get<GeoJSON.FeatureCollection<GeoJSON.Point>>('/map/places'),
  cameraColumns: () => get<CameraColumns>('/map/cameras'),
  search: (q: string, signal?: AbortSignal) => get<{ items: SearchItem[] }>('/search', { q }, signal),
  cameras: (query: { bbox?: string; after?: string; limit?: number; owner?: string; q?: string }, signal?: AbortSignal) =>
    get<Page<Camera>>('/cameras', query, signal),
  camera: (id: string) => get<Camera>(`/cameras/${enc(id)}`),
  quality: () => get<Quality>('/quality'),

  rejectedReports: () => get<{ items: RejectedReport[] }>('/reports', { state: 'rejected' }),
  async incidents(query: { state?: 'open' | 'closed' | 'all'; after?: string; limit?: number } = {}): Promise<IncidentPage> {
    const response = await request('GET', '/incidents', { query });
    return { ...((await response.json()) as Page<IncidentSummary>), cursor: response.headers.get('event-cursor') };
  },
  incident: (id: string, signal?: AbortSignal) => get<Incident>(`/incidents/${enc(id)}`, undefined, signal),
  acknowledge: (id: string) => post<Incident>(`/incidents/${enc(id)}/acknowledge`),
  hide: (id: string, reason: string, minutes: number) => post<Incident>(`/incidents/${enc(id)}/hide`, { reason, minutes }),
  show: (id: string, reason: string) => post<Incident>(`/incidents/${enc(id)}/show`, { reason }),
  note: (id: string, text: string) => post<Incident>(`/incidents/${enc(id)}/notes`, { text }),
  invite: (id: string, agency: string, basis: string) => post<Incident>(`/incidents/${enc(id)}/invite`, { agency, basis }),
  merge: (id: string, into: string, reason: string) => post<Incident>(`/incidents/${enc(id)}/merge`, { into, reason }),
  split: (id: string, reports: string[], reason: string) => post<Incident>(`/incidents/${enc(id)}/split`, { reports, reason }),
  close: (id: string, disposition: string, reason: string) => post<Incident>(`/incidents/${enc(id)}/close`, { disposition, reason }),
  reopen: (id: string, reason: string) => post<Incident>(`/incidents/${enc(id)}/reopen`, { reason }),
  correct: (id: string, patch: IncidentPatch) => json<Incident>('PATCH', `/incidents/${enc(id)}`, { body: patch }),
  placeAt: (id: string, place: (Point & { accuracy_m?: number }) | { name: string } | { site: string } | { camera: string }, reason: string) =>
    json<Incident>('PATCH', `/incidents/${enc(id)}`, { body: { place, reason } }),
  badPicture: (id: string, camera: string, reason?: string) =>
    post<Incident>(`/incidents/${enc(id)}/bad-picture`, reason ? { camera, reason } : { camera }),
  repairs: () => get<{ items: Repair[] }>('/repairs'),
  repairDone: (id: string, note: string) => post<Repair>(`/repairs/${enc(id)}/done`, { note }),

  addResponder: (id: string, label: string) => post<NewResponder>(`/incidents/${enc(id)}/responders`, { label }),
  revokeResponder: (id: string, reason: string) => post<void>(`/responders/${enc(id)}/revoke`, { reason }),
  redeem: (code: string) => post<Session>('/responders/redeem', { code }),

  askedGrants: () => get<{ items: AskedGrant[] }>('/grants', { state: 'asked' }),
  extend: (id: string, minutes: number, reason: string) => post<Grant>(`/grants/${enc(id)}/extend`, { minutes, reason }),
  revokeGrant: (id: string, reason: string) => post<Grant>(`/grants/${enc(id)}/revoke`, { reason }),
  approve: (id: string, reason: string, cameras?: string[]) =>
    post<Grant>(`/grants/${enc(id)}/approve`, cameras ? { reason, cameras } : { reason }),
  deny: (id: string, reason: string) => post<Grant>(`/grants/${enc(id)}/deny`, { reason }),

  roads: (sha: string) => get<RoadLines>(`/roads/${enc(sha)}`),
  startPursuit: (incident: string, mode: Mode | null) => post<Pursuit>('/pursuits', { incident, mode }),
  pursuits: (incident: string) => get<{ items: PursuitSummary[] }>('/pursuits', { incident }),
  pursuit: (id: string, at?: string | null, signal?: AbortSignal) => get<Pursuit>(`/pursuits/${enc(id)}`, { at }, signal),
  addEvidence: (id: string, evidence: NewEvidence) => post<{ number: number }>(`/pursuits/${enc(id)}/evidence`, evidence),
  undoEvidence: (id: string, number: number) => json<void>('DELETE', `/pursuits/${enc(id)}/evidence/${number}`),
  pursuitWall: (id: string, wall: { k?: number; pins?: string[] }) => json<Pursuit>('PUT', `/pursuits/${enc(id)}/wall`, { body: wall }),
  sharePursuit: (id: string, shared: { with: string[]; what: SharedPart[] }) => json<Pursuit>('PUT', `/pursuits/${enc(id)}/sharing`, { body: shared }),
  endPursuit: (id: string, reason: string) => json<void>('DELETE', `/pursuits/${enc(id)}`, { body: { reason } }),

  relay: () => get<Relay>('/relay'),
  openView: (of: { grant: string; camera: string } | { duty: string; camera: string }) => post<OpenedView>('/views', of),
  ticket: (view: string) => post<{ ticket: string; sight: Sight }>(`/views/${enc(view)}/ticket`),
  endView: (view: string, keepalive = false) => json<void>('DELETE', `/views/${enc(view)}`, { keepalive }),
  revokeView: (view: string, reason: string) => post<void>(`/views/${enc(view)}/revoke`, { reason }),
  views: (state: 'open' | 'ended') => get<{ items: ViewRecord[] }>('/views', { state }),

  keepClip: (grant: string, camera: string, part: ClipPart, reason: string) =>
    post<Clip>(`/grants/${enc(grant)}/clips`, { camera, reason, ...(part === 'on' ? { from: 'now' } : {}), ...(part === 'last' ? { to: 'now' } : {}) }),
  clips: () => get<{ items: Clip[] }>('/clips'),
  clip: (id: string) => get<Clip & { manifest: object | null }>(`/clips/${enc(id)}`),
  stopClip: (id: string) => post<Clip>(`/clips/${enc(id)}/stop`),
  clipTicket: (id: string) => post<{ ticket: string; url: string }>(`/clips/${enc(id)}/ticket`),
  mask: (camera: string) => get<CameraMask>(`/cameras/${enc(camera)}/mask`),
  setMask: (camera: string, regions: Region[], reason: string) => json<CameraMask>('PUT', `/cameras/${enc(camera)}/mask`, { body: { regions, reason } }),
  removeMask: (camera: string, reason: string) => json<CameraMask>('DELETE', `/cameras/${enc(camera)}/mask`, { body: { reason } }),
  steer: (camera: string, act: { act: SteerAct; pan?: number; tilt?: number; zoom?: number } & SteerRight) => post<SteeringHold>(`/cameras/${enc(camera)}/steer`, act),
  steering: () => get<{ items: SteeringHold[] }>('/steering'),
  askToSteer: (camera: string, grant: string, text: string) => post<SteeringRequest>(`/cameras/${enc(camera)}/steer/request`, { grant, text }),
  steeringRequests: () => get<{ items: SteeringRequest[] }>('/steering-requests'),
  steeringRequestDone: (id: string) => post<SteeringRequest>(`/steering-requests/${enc(id)}/done`),

  duties: () => get<{ items: DutySession[] }>('/duties'),
  startDuty: (post_: string) => post<DutySession>('/duties', { post: post_ }),
  endDuty: (id: string, handover?: string) => post<DutySession>(`/duties/${enc(id)}/end`, handover ? { handover } : {}),
  obligations: () => get<{ items: Obligation[] }>('/obligations'),
  obligationDone: (id: string, note: string) => post<Obligation>(`/obligations/${enc(id)}/done`, { note }),

  privacyDay: (date?: string) => get<PrivacyDay>('/privacy/day', { date }),
  ledger: () => get<LedgerStatus>('/ledger/status'),
  status: () => get<SystemStatus>('/status'),
  startDrill: (name: string) => post<{ id: string }>('/drills', { name }),
};
