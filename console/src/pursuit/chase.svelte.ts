/** One pursuit as this page knows it: fetched each second, kept true by the hub's events, acted on, and scrubbed back. */
import { api, ApiError, hubNow } from '../lib/api';
import { events } from '../lib/events.svelte';
import { toast } from '../lib/toast.svelte';
import { desk } from '../lib/session.svelte';
import type { NewEvidence, Pursuit, SharedPart } from '../lib/pursuitTypes';

const POLL_MS = 1000;
/** A hub that does not answer is asked less often. */
const LOST_MS = 3000;
/** An answer that did not come for this long counts as lost. */
const ANSWER_MS = 5000;
/** The hub keeps one picture each ten seconds of the last ten minutes. */
export const STEP_S = 10;
export const KEPT_S = 600;

export class Chase {
  readonly id: string;
  /** The newest picture. */
  live: Pursuit | null = $state.raw(null);
  /** The picture of an earlier moment, while one is looked at. */
  past: Pursuit | null = $state.raw(null);
  /** The moment looked at, epoch milliseconds; null is now. */
  at: number | null = $state(null);
  failure = $state.raw<ApiError | null>(null);
  busy = $state(false);
  /** Since when the hub does not answer, epoch milliseconds; 0 while it does. */
  lostSince = $state(0);
  #asked = 0;
  #askedPast = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = false;

  constructor(id: string) {
    this.id = id;
  }

  /** What map and facts show: the moment looked at, else now. Until its picture came the newest one stays, marked as not yet that moment. */
  get shown(): Pursuit | null {
    return this.at === null ? this.live : (this.past ?? this.live);
  }

  /** Epoch milliseconds of what is shown. */
  get moment(): number {
    return this.shown?.now ? Date.parse(this.shown.now) : hubNow();
  }

  get over(): boolean {
    return this.live?.state === 'ended';
  }

  /** True when another agency's pursuit is looked at: only what it shares is here. */
  get guest(): boolean {
    return this.live !== null && this.live.agency !== desk.session?.account.agency;
  }

  /** Fetches and listens; the answer ends both and forgets everything. */
  enter(): () => void {
    void this.#fetch();
    const ends = [
      events.on('pursuit', (event) => (event.subject === this.id || event.data['id'] === this.id) && void this.#fetch()),
      events.onReset(() => void this.#fetch()),
    ];
    return () => {
      this.#left = true;
      clearTimeout(this.#timer);
      for (const end of ends) end();
    };
  }

  /** Does something at the hub and fetches anew. False, with the hub's words as a notice, when it was refused. */
  async act<T>(what: () => Promise<T>): Promise<T | null> {
    this.busy = true;
    try {
      const answer = await what();
      void this.#fetch();
      return answer;
    } catch (refusal) {
      toast(refusal instanceof ApiError ? refusal.message : String(refusal), 'alarm');
      return null;
    } finally {
      this.busy = false;
    }
  }

  /** Says what a person saw or did not see; the number of the entry, or null when the hub refused it. */
  async say(evidence: NewEvidence): Promise<number | null> {
    return (await this.act(() => api.addEvidence(this.id, evidence)))?.number ?? null;
  }

  async undo(number: number): Promise<boolean> {
    return (await this.act(async () => (await api.undoEvidence(this.id, number), true))) ?? false;
  }

  async wall(change: { k?: number; pins?: string[] }): Promise<boolean> {
    return this.#taken(await this.act(() => api.pursuitWall(this.id, change)));
  }

  async share(agencies: string[], what: SharedPart[]): Promise<boolean> {
    return this.#taken(await this.act(() => api.sharePursuit(this.id, { with: agencies, what })));
  }

  async end(reason: string): Promise<boolean> {
    return (await this.act(async () => (await api.endPursuit(this.id, reason), true))) ?? false;
  }

  /** Looks at an earlier moment; null goes back to now. Moments are whole steps, none before the start and none older than is kept. */
  look(at: number | null): void {
    if (this.over) return;
    const now = this.#now();
    const began = Math.max(Date.parse(this.live?.started_at ?? ''), now - KEPT_S * 1000);
    const step = STEP_S * 1000;
    this.at = at === null || at > now - step / 2 ? null : Math.max(Math.ceil(began / step) * step, Math.round(at / step) * step);
    if (this.at === null) this.past = null;
    else void this.#fetchPast(this.at);
  }

  /** One step back or forward in time. */
  step(by: 1 | -1): void {
    if (by > 0 && this.at === null) return;
    this.look((this.at ?? this.#now()) + by * STEP_S * 1000);
  }

  #now(): number {
    return this.live?.now ? Date.parse(this.live.now) : hubNow();
  }

  #taken(answer: Pursuit | null): boolean {
    if (answer && 'rev' in answer) this.#take(answer);
    return answer !== null;
  }

  async #fetch(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#left) return;
    const asked = (this.#asked += 1);
    let wait = POLL_MS;
    try {
      const pursuit = await api.pursuit(this.id, null, AbortSignal.timeout(ANSWER_MS));
      if (asked !== this.#asked || this.#left) return;
      this.#take(pursuit);
      this.lostSince = 0;
    } catch (refusal) {
      if (this.#left || asked !== this.#asked) return;
      if (!(refusal instanceof ApiError) || refusal.status === 0 || refusal.status >= 500) {
        this.lostSince ||= hubNow();
        wait = LOST_MS;
      } else {
        this.failure = refusal;
        this.live = this.past = null;
        return;
      }
    }
    if (!this.over && !this.#left) this.#timer = setTimeout(() => void this.#fetch(), wait);
  }

  async #fetchPast(at: number): Promise<void> {
    const asked = (this.#askedPast += 1);
    try {
      const past = await api.pursuit(this.id, new Date(at).toISOString());
      if (asked === this.#askedPast && this.at === at) this.past = past;
    } catch (refusal) {
      if (asked !== this.#askedPast || this.at !== at) return;
      this.look(null);
      toast(refusal instanceof ApiError ? refusal.message : String(refusal), 'warn');
    }
  }

  #take(pursuit: Pursuit): void {
    this.live = pursuit;
    this.failure = null;
    if (this.over) this.at = this.past = null;
  }
}
