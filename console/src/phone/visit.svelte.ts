/** A responder's visit: a link, a tap, one incident, and an end after which this page holds nothing. */
import { api, ApiError, useCsrf } from '../lib/api';
import { events } from '../lib/events.svelte';
import { desk } from '../lib/session.svelte';
import type { Incident, Session } from '../lib/types';
import { blankAll } from '../video/pool';

export type Stage = 'checking' | 'tap' | 'refused' | 'gone' | 'noLink' | 'failed' | 'on' | 'over' | 'left';
/** What a responder is shown of an incident: no notes, no timeline, nobody else's grants. */
export type Scene = Pick<
  Incident,
  'id' | 'number' | 'kind' | 'line' | 'priority' | 'state' | 'drill' | 'place' | 'look_for' | 'opened_at' | 'expires_at' | 'cameras' | 'grants' | 'not_covered' | 'radius_m'
> & { label?: string };

const GATHER_MS = 150;
/** What the hub does not tell a responder by an event (an extension, a corrected text) is asked for. */
const ASK_MS = 20_000;

export class Visit {
  stage: Stage = $state('checking');
  scene = $state.raw<Scene | null>(null);
  /** The hub's words about a failure. */
  words = $state('');
  busy = $state(false);
  readonly #code: string;
  #id = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ask: ReturnType<typeof setInterval> | undefined;
  #ends: (() => void)[] = [];

  constructor(path: string) {
    this.#code = decodeURIComponent(path.split('/')[2] ?? '');
  }

  /**
   * With a link the page waits for the tap and asks the hub nothing: a message's preview changes nothing, and the device it is bound to
   * may tap again. Without one it looks whether this device is bound already.
   */
  async check(): Promise<void> {
    if (this.#code) {
      this.stage = 'tap';
      return;
    }
    try {
      const session = await api.session();
      if (session.account.role === 'responder' && session.incident) await this.#begin(session);
      else this.stage = 'noLink';
    } catch (refusal) {
      this.#refused(refusal, 'noLink');
    }
  }

  /** Tries again what failed: the tap, or the look whether this device is bound. */
  async again(): Promise<void> {
    if (this.#code) return this.open();
    this.busy = true;
    await this.check();
    this.busy = false;
  }

  /** The tap: binds the link to this device. */
  async open(): Promise<void> {
    this.busy = true;
    try {
      await this.#begin(await api.redeem(this.#code));
      history.replaceState(null, '', '/r/');
    } catch (refusal) {
      const status = refusal instanceof ApiError ? refusal.status : 0;
      this.#refused(refusal, status === 409 ? 'refused' : status === 404 || status === 410 ? 'gone' : 'failed');
    } finally {
      this.busy = false;
    }
  }

  /** A hub that was not reached, or could not answer, has refused nothing: it is asked again. */
  #refused(refusal: unknown, stage: Stage): void {
    const answered = refusal instanceof ApiError && refusal.status >= 400 && refusal.status < 500;
    this.words = refusal instanceof ApiError ? refusal.message : '';
    this.stage = answered ? stage : 'failed';
  }

  /** Ends the session from this side. */
  async leave(): Promise<void> {
    this.#end('left');
    await api.signOut().catch(() => undefined);
  }

  async #begin(session: Session): Promise<void> {
    useCsrf(session.csrf);
    desk.session = session;
    this.#id = session.incident ?? '';
    const names = api.vocabulary().then((vocabulary) => (desk.vocabulary = vocabulary), () => undefined);
    const scene = await api.incident(this.#id);
    await Promise.race([names, new Promise((resolve) => setTimeout(resolve, 300))]);
    this.scene = scene;
    this.stage = 'on';
    this.#listen(session);
  }

  #listen(session: Session): void {
    this.#ends = [
      events.on('incident', (event) => (event.type === 'incident.closed' ? this.#end('over') : this.#soon())),
      events.on('grant', () => this.#soon()),
      events.on('responder.revoked', () => this.#soon()),
      events.on('session.ended', () => this.#end('over')),
      events.onReset(() => this.#soon()),
    ];
    events.start(session.account.id, null, () => this.#end('over'));
    this.#ask = setInterval(() => this.#soon(), ASK_MS);
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetch(), GATHER_MS);
  }

  async #fetch(): Promise<void> {
    try {
      const scene = await api.incident(this.#id);
      if (this.stage !== 'on') return;
      if (scene.state === 'closed') this.#end('over');
      else this.scene = scene;
    } catch (refusal) {
      if (refusal instanceof ApiError && [401, 403, 404].includes(refusal.status)) this.#end('over');
    }
  }

  /** The pictures go first, in this very task; then everything the page knew. */
  #end(stage: 'over' | 'left'): void {
    if (this.stage !== 'on') return;
    blankAll('closed');
    this.stage = stage;
    this.scene = null;
    clearTimeout(this.#timer);
    clearInterval(this.#ask);
    for (const end of this.#ends) end();
    events.stop();
    if (stage === 'over') {
      useCsrf('');
      desk.session = null;
    }
  }
}
