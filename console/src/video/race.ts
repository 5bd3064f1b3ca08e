import { api } from '../lib/api';
import type { OpenedView } from '../lib/types';
import type { Attempt, AttemptHeard, Failure } from './attempt';
import { Fmp4Attempt } from './fmp4';
import type { Transport } from './picture';
import { StillsAttempt } from './stills';
import { WhepAttempt, type PreparedOffer } from './whep';

/** No frame after this: the WebSocket is tried beside WebRTC. */
const FALLBACK_AFTER_MS = 1500;
/** No frame after this: stills are tried beside both. */
const STILLS_AFTER_MS = 4500;
/** No frame after this: the race is lost. */
const LOST_AFTER_MS = 9000;

const BETTER: Record<Transport, number> = { webrtc: 2, ws: 1, still: 0 };

/** True when `one` is a better way to see than `other`. */
export function better(one: Transport, other: Transport): boolean {
  return BETTER[one] > BETTER[other];
}

/** What a race tells its player. Frames and failures of a way go on after it won. */
export interface RaceHeard {
  frame(way: Attempt): void;
  failed(way: Attempt, failure: Failure): void;
  health(health: string): void;
  lost(): void;
  /** True when the camera itself is known to be silent: another way round the network would not help. */
  silent(): boolean;
}

/** The ways to see one view, started one after the other until one of them gives a frame. */
export class Race {
  readonly #view: OpenedView;
  readonly #stage: HTMLElement;
  readonly #heard: RaceHeard;
  readonly #ways = new Set<Attempt>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #started = new Set<Transport>();
  #over = false;

  constructor(view: OpenedView, stage: HTMLElement, heard: RaceHeard) {
    this.#view = view;
    this.#stage = stage;
    this.#heard = heard;
  }

  get running(): boolean {
    return !this.#over;
  }

  /** Starts WebRTC at once and the others when it stays silent; without an offer the others begin at once. */
  start(offer: PreparedOffer | null, ticket: string): void {
    if (offer) this.#call(offer, ticket);
    this.#later(offer ? FALLBACK_AFTER_MS : 0, () => void this.#stream());
    this.#later(STILLS_AFTER_MS, () => this.#stills());
    this.#later(LOST_AFTER_MS, () => this.#lose());
  }

  /** Only single stills. */
  startStills(): void {
    this.#stills();
    this.#later(LOST_AFTER_MS, () => this.#lose());
  }

  /** Only WebRTC, beside a fallback that is shown. */
  startUpgrade(offer: PreparedOffer, ticket: string): void {
    this.#started.add('ws').add('still');
    this.#call(offer, ticket);
    this.#later(STILLS_AFTER_MS, () => this.#lose());
  }

  /** A way won: it leaves the race, ways not better than it end, and a better one may still come. */
  settle(winner: Attempt): void {
    this.#ways.delete(winner);
    this.#started.add('ws').add('still');
    for (const way of this.#ways) if (!better(way.kind, winner.kind)) this.#drop(way, true);
    if (this.#ways.size === 0) this.close();
  }

  /** Ends every way that has not won. */
  close(tell = true): void {
    this.#over = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const way of this.#ways) this.#drop(way, tell);
  }

  #drop(way: Attempt, tell: boolean): void {
    this.#ways.delete(way);
    way.close(tell);
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  #call(offer: PreparedOffer, ticket: string): void {
    this.#started.add('webrtc');
    this.#enter((heard) => new WhepAttempt(offer, this.#view.whep, ticket, heard));
  }

  async #stream(): Promise<void> {
    if (this.#over || this.#started.has('ws') || this.#heard.silent()) return;
    this.#started.add('ws');
    if (!Fmp4Attempt.supported) {
      this.#stills();
      return;
    }
    const ticket = await this.#ticket().catch(() => null);
    if (ticket && !this.#over) this.#enter((heard) => new Fmp4Attempt(this.#view.stream, ticket, heard));
  }

  #stills(): void {
    if (this.#over || this.#started.has('still') || this.#heard.silent()) return;
    this.#started.add('still');
    this.#enter((heard) => new StillsAttempt(this.#view.snapshot, () => this.#ticket(), heard));
  }

  async #ticket(): Promise<string> {
    return (await api.ticket(this.#view.id)).ticket;
  }

  #enter(make: (heard: AttemptHeard) => Attempt): void {
    const way: Attempt = make({
      frame: () => this.#heard.frame(way),
      failed: (failure) => this.#failed(way, failure),
      health: (health) => this.#heard.health(health),
    });
    this.#ways.add(way);
    this.#stage.append(way.element);
  }

  #failed(way: Attempt, failure: Failure): void {
    if (!this.#ways.has(way)) {
      this.#heard.failed(way, failure);
      return;
    }
    this.#drop(way, failure === 'lost');
    if (failure !== 'lost' && failure !== 'refused' && failure !== 'unsupported') this.#heard.failed(way, failure);
    if (this.#over) return;
    if (way.kind === 'webrtc') void this.#stream();
    if (way.kind === 'ws') this.#stills();
    if (this.#ways.size === 0 && (this.#started.size === 3 || this.#heard.silent())) this.#lose();
  }

  #lose(): void {
    if (this.#over) return;
    this.close();
    this.#heard.lost();
  }
}
