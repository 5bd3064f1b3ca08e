import { api } from '../lib/api';
import type { OpenedView } from '../lib/types';
import type { Sight } from '../lib/careTypes';
import type { Attempt, Failure } from './attempt';
import { markCut, markFirstFrame } from './marks';
import { GONE_MS, patienceWith, pauseBefore, RENEW_MS, SILENT, UPGRADE_MS, WORD_MS } from './patience';
import { blankPicture, isOver, TRIES_SHOWN, type Notice, type Picture, type PictureState, type Transport } from './picture';
import { better, Race, type RaceHeard } from './race';
import { isFinal, mayAskAnew, noticeOf, stateAfter } from './refusal';
import { playAll } from './screens';
import { prepareOffer } from './whep';

const STATE_OF: Record<Transport, PictureState> = { webrtc: 'live', ws: 'fallback', still: 'stills' };

/** What a view stands on: an incident's grant, or a control room's duty session over its own cameras. */
export type Right = { grant: string } | { duty: string };

/**
 * One view of one camera, from asking the hub to the last frame.
 *
 * It tries WebRTC, then the WebSocket, then stills, and shows whichever gives a frame first; it comes back by itself after everything
 * but an end of the right to watch. {@link cut} empties the stage synchronously. The owner places {@link stage} on the page.
 */
export class Player {
  readonly camera: string;
  readonly right: Right;
  /** The only element that ever holds this picture. */
  readonly stage: HTMLElement = document.createElement('div');
  /** Frames shown so far, over all ways. */
  frames = 0;
  /** Called in the frame callback with {@link frames}. */
  onframe: ((frames: number) => void) | null = null;

  readonly #listeners = new Set<(picture: Picture) => void>();
  readonly #heard: RaceHeard = {
    frame: (way) => this.#frame(way),
    failed: (way, failure) => this.#failed(way, failure),
    health: (health) => this.health(health),
    lost: () => this.#lost(),
    silent: () => SILENT.has(this.#picture.health ?? '') || this.#picture.health === 'late',
  };
  #began = performance.now();
  #picture: Picture = blankPicture('waiting');
  #view: OpenedView | null = null;
  #race: Race | null = null;
  #shown: Attempt | null = null;
  #round = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #stillsOnly: boolean;
  #closed = false;
  #upgradeAt = 0;
  #tookMs: number | null = null;

  constructor(right: Right, camera: string, stillsOnly = false) {
    this.right = right;
    this.camera = camera;
    this.#stillsOnly = stillsOnly;
    this.stage.className = 'stage';
    void this.#begin(0);
  }

  get picture(): Picture {
    return this.#picture;
  }

  get view(): string | null {
    return this.#view?.id ?? null;
  }

  /** The words the hub wants over this picture; null until it answered. */
  get watermark(): string | null {
    return this.#view?.watermark ?? null;
  }

  /** How this view sees its camera; null until the hub answered. */
  get sight(): Sight | null {
    return this.#view?.sight ?? null;
  }

  /** Milliseconds since the shown picture was presented (for a still: taken); null when none is shown. */
  get ageMs(): number | null {
    return this.#shown ? Math.max(0, performance.now() - this.#shown.lastAt) : null;
  }

  get fps(): number {
    return this.#shown?.fps ?? 0;
  }

  get delayMs(): number | null {
    return this.#shown?.delayMs ?? null;
  }

  /** Calls at once and on every change; the answer ends it. */
  subscribe(listener: (picture: Picture) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#picture);
    return () => this.#listeners.delete(listener);
  }

  /** Only single stills from now on (a poor network), or the best way again. */
  useStills(only: boolean): void {
    if (only === this.#stillsOnly || this.#over) return;
    this.#stillsOnly = only;
    void this.#begin(0);
  }

  /**
   * Ends the right to watch on this page: the stage is empty when this returns, before any layout, and nothing comes back.
   * `heard` is when the page heard of it, on the monotonic clock. A second call
   * only makes the notice better.
   */
  cut(state: 'cut' | 'denied' | 'ended', notice: Omit<Notice, 'tookMs'>, heard: number): void {
    if (this.#closed) return;
    this.#empty();
    this.#wasCut(heard, notice.code);
    this.#change({ state, transport: null, shown: false, attempt: 0, notice: { ...notice, tookMs: this.#tookMs } });
  }

  /** Takes the picture away at once, then asks for it anew: a lost lease, a restarted gateway. */
  comeBack(heard: number, code: string): void {
    if (this.#over) return;
    this.#empty();
    this.#wasCut(heard, code);
    this.#view = null;
    this.#change({ state: 'reconnecting', transport: null, shown: false, attempt: 1 });
    this.#again(1);
  }

  /** What the gateways say of the camera: it is written on the tile and decides how patient this player is. */
  health(health: string): void {
    if (this.#over || health === this.#picture.health) return;
    if (SILENT.has(health) && !this.#fresh) this.#change({ health, state: 'dead' });
    else this.#change({ health });
    // A connection that is still tried resumes by itself when the camera does.
    if (health === 'ok' && this.#picture.state === 'dead' && !this.#race?.running) this.#again(1, 0);
  }

  /** Looks at the age of the picture; called a few times a second while the page is visible. */
  watch(): void {
    if (this.stage.isConnected) playAll(this.stage);
    if (this.#over || !this.#shown) return;
    const age = performance.now() - this.#shown.lastAt;
    if (age <= patienceWith(this.#shown)) {
      this.#tryBetter();
      return;
    }
    if (this.#picture.state !== 'dead') this.#change({ state: 'reconnecting', attempt: Math.max(1, this.#picture.attempt) });
    if (age > RENEW_MS && !this.#race?.running && this.#pause === undefined) this.#again(this.#picture.attempt, 0);
    if (age > GONE_MS) this.#dropShown();
  }

  /** The viewer leaves: connections end and the hub is told. */
  close(): void {
    if (this.#closed) return;
    const leaving = isOver(this.#picture.state) ? null : this.view;
    this.#empty();
    this.#closed = true;
    this.#listeners.clear();
    this.stage.remove();
    // A goodbye that does not arrive is mended by the gateway, which reaps vanished viewers.
    if (leaving) api.endView(leaving, true).catch(() => undefined);
  }

  get #over(): boolean {
    return this.#closed || isOver(this.#picture.state);
  }

  get #fresh(): boolean {
    return this.#shown !== null && performance.now() - this.#shown.lastAt <= patienceWith(this.#shown);
  }

  #change(change: Partial<Picture>): void {
    const since = change.state && change.state !== this.#picture.state ? performance.now() : this.#picture.since;
    this.#picture = { ...this.#picture, ...change, since };
    for (const listener of this.#listeners) listener(this.#picture);
  }

  /** Takes every picture off the stage, synchronously; the connections end in tasks of their own. The gateway knows, or is told by the hub. */
  #empty(): void {
    this.#round += 1;
    this.stage.replaceChildren();
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#race?.close(false);
    this.#race = null;
    this.#shown?.close(false);
    this.#shown = null;
  }

  /** Writes down how long the picture outlived the word; a second word about the same cut changes nothing. */
  #wasCut(heard: number, code: string): void {
    if (this.#picture.shown) this.#tookMs = markCut(this.view ?? this.camera, heard, { camera: this.camera, code });
  }

  #dropShown(): void {
    if (!this.#shown) return;
    this.#shown.close(true);
    this.#shown = null;
    this.#change({ shown: false, transport: null });
  }

  /** One round: ask the hub, then race the ways. The offer is made while the hub thinks. */
  async #begin(attempt: number): Promise<void> {
    const round = (this.#round += 1);
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#race?.close();
    this.#race = null;
    this.#change({ attempt });
    const preparing = this.#stillsOnly ? null : prepareOffer().catch(() => null);
    try {
      const ticket = await this.#admit();
      const offer = await preparing;
      if (round !== this.#round || !this.#view) offer?.peer.close();
      else this.#run(this.#view, (race) => (this.#stillsOnly ? race.startStills() : race.start(offer ?? null, ticket)));
    } catch (refusal) {
      void preparing?.then((offer) => offer?.peer.close());
      if (round === this.#round) this.#refused(refusal, attempt);
    }
  }

  #run(view: OpenedView, start: (race: Race) => void): void {
    this.#race = new Race(view, this.stage, this.#heard);
    start(this.#race);
  }

  /** A ticket for the view we have, or a new view when the hub no longer knows it. */
  async #admit(): Promise<string> {
    if (this.#view) {
      try {
        return (await api.ticket(this.#view.id)).ticket;
      } catch (refusal) {
        if (!mayAskAnew(refusal)) throw refusal;
        this.#view = null;
      }
    }
    const view = await api.openView({ ...this.right, camera: this.camera });
    if (this.#over) api.endView(view.id, true).catch(() => undefined);
    else this.#view = view;
    return view.ticket;
  }

  #refused(refusal: unknown, attempt: number): void {
    if (this.#over) return;
    if (!isFinal(refusal)) {
      this.#change({ state: this.#shown ? this.#picture.state : 'reconnecting', attempt: Math.max(1, attempt) });
      this.#again(attempt + 1);
      return;
    }
    this.cut(stateAfter(refusal), noticeOf(refusal), performance.now());
  }

  /** Begins the next round after a pause that grows with each. */
  #again(attempt: number, pauseMs?: number): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.#begin(attempt), pauseMs ?? pauseBefore(attempt, SILENT.has(this.#picture.health ?? '')));
  }

  #frame(way: Attempt): void {
    if (this.#over) return;
    if (way !== this.#shown && !this.#promote(way)) return;
    if (this.#picture.state !== STATE_OF[way.kind]) this.#change({ state: STATE_OF[way.kind], attempt: 0 });
    this.frames += 1;
    this.onframe?.(this.frames);
  }

  /** The first frame of a way: it takes the stage. False when a better picture is there already. */
  #promote(way: Attempt): boolean {
    const old = this.#shown;
    if (old && this.#fresh && !this.#stillsOnly && !better(way.kind, old.kind)) return false;
    this.#shown = way;
    this.stage.append(way.element);
    old?.close(true);
    this.#race?.settle(way);
    this.#upgradeAt = performance.now() + UPGRADE_MS;
    const firstFrameMs = this.#picture.firstFrameMs ?? markFirstFrame(this.camera, this.#began, { view: this.view, transport: way.kind });
    const health = SILENT.has(this.#picture.health ?? '') ? null : this.#picture.health;
    this.#change({ state: STATE_OF[way.kind], transport: way.kind, shown: true, attempt: 0, firstFrameMs, health, notice: null, ...sizeOf(way.element) });
    return true;
  }

  #failed(way: Attempt, failure: Failure): void {
    if (this.#over) return;
    if (failure === 'ended') {
      this.cut('cut', { code: 'gateway_closed', text: null, by: null, at: Date.now() }, performance.now());
    } else if (failure === 'lease') {
      this.comeBack(performance.now(), 'lease');
    } else if (failure === 'goodbye') {
      this.#saidGoodbye();
    } else {
      if (failure === 'dead') this.health('dead');
      // A shown picture keeps its last frame, greyed by its age, while the next round looks for a new one.
      if (way === this.#shown && !this.#race?.running) this.#again(1);
    }
  }

  /** The gateway cut it: the picture goes at once, and the hub is asked whether that was an end or a passing loss. */
  #saidGoodbye(): void {
    const heard = performance.now();
    this.#empty();
    this.#wasCut(heard, 'goodbye');
    this.#change({ state: 'reconnecting', transport: null, shown: false, attempt: 1 });
    this.#again(1, WORD_MS);
  }

  #lost(): void {
    this.#race = null;
    if (this.#over || this.#fresh) return;
    const attempt = this.#picture.attempt + 1;
    this.#change({ state: attempt > TRIES_SHOWN || this.#picture.state === 'dead' ? 'dead' : 'reconnecting', attempt });
    this.#again(attempt);
  }

  #tryBetter(): void {
    if (this.#stillsOnly || this.#shown?.kind === 'webrtc' || this.#race?.running || performance.now() < this.#upgradeAt) return;
    this.#upgradeAt = performance.now() + UPGRADE_MS;
    void this.#upgrade(this.#round);
  }

  async #upgrade(round: number): Promise<void> {
    const view = this.#view;
    const offer = await prepareOffer().catch(() => null);
    const ticket = view ? await api.ticket(view.id).catch(() => null) : null;
    if (view && offer && ticket && round === this.#round) this.#run(view, (race) => race.startUpgrade(offer, ticket.ticket));
    else offer?.peer.close();
  }
}

function sizeOf(element: HTMLVideoElement | HTMLImageElement): { width: number; height: number } {
  if (element instanceof HTMLVideoElement) return { width: element.videoWidth, height: element.videoHeight };
  return { width: element.naturalWidth, height: element.naturalHeight };
}
