/**
 * The hub's event stream, one per browser: the page that holds a Web Lock reads it and passes every event to its sisters over a
 * BroadcastChannel; when it closes, the next page takes over from the last event seen. Browsers allow six connections per origin
 * over HTTP/1.1, and video needs them.
 *
 * The stream is read with fetch, not EventSource: only so are the hub's five-second comments seen, and a connection that died
 * without a word is noticed.
 */
import type { HubEvent } from './eventTypes';

const URL_ = '/api/v1/events';
/** The hub writes at least a comment every 5 s; this long without a byte means the connection is dead. */
const SILENCE_MS = 12_000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000] as const;

export type Listener = (event: HubEvent) => void;
type Wire =
  | { kind: 'event'; event: HubEvent }
  | { kind: 'state'; connected: boolean; since: number; retryAt: number }
  | { kind: 'reset' }
  | { kind: 'hello' }
  | { kind: 'ended' };

class EventStream {
  /** Whether the hub is heard now. True before the first attempt, so that a page does not begin with a warning. */
  connected: boolean = $state(true);
  /** This device's time (ms) when the hub was lost, or 0. */
  lostSince: number = $state(0);
  /** This device's time (ms) of the next attempt, or 0. */
  retryAt: number = $state(0);

  #listeners = new Map<string, Set<Listener>>();
  #resets = new Set<() => void>();
  #channel: BroadcastChannel | null = null;
  #stop: AbortController | null = null;
  #leading = false;
  #lastId = '';
  #ended: () => void = () => {};

  /** Begins for one account, from the cursor of the snapshot just taken. `ended` is called when the session is over. */
  start(account: string, cursor: string | null, ended: () => void): void {
    this.stop();
    this.#lastId = cursor ?? '';
    this.#ended = ended;
    this.connected = true;
    const stop = (this.#stop = new AbortController());
    if (!('locks' in navigator) || !('BroadcastChannel' in globalThis)) {
      void this.#lead(stop.signal);
      return;
    }
    const name = `bonghwa-events-${account}`;
    const channel = (this.#channel = new BroadcastChannel(name));
    channel.onmessage = (message: MessageEvent<Wire>) => this.#heard(message.data);
    this.#tell({ kind: 'hello' });
    navigator.locks.request(name, { signal: stop.signal }, () => this.#lead(stop.signal)).catch(() => undefined);
  }

  /** Leaves the stream; a sister page takes it over. */
  stop(): void {
    this.#stop?.abort();
    this.#channel?.close();
    this.#stop = this.#channel = null;
    this.#leading = false;
    this.lostSince = this.retryAt = 0;
  }

  /** Calls `act` for each event whose type is `type` or begins with it and a dot (`incident`); the answer ends that. */
  on(type: string, act: Listener): () => void {
    const of = this.#listeners.get(type) ?? new Set<Listener>();
    this.#listeners.set(type, of.add(act));
    return () => of.delete(act);
  }

  /** Calls `act` when events were missed (the hub says reset): what was drawn from events must be fetched anew. */
  onReset(act: () => void): () => void {
    this.#resets.add(act);
    return () => this.#resets.delete(act);
  }

  /** What the hub wrote in words is fetched anew, as after missed events: the language changed. */
  refetch(): void {
    this.#reset();
  }

  #tell(wire: Wire): void {
    this.#channel?.postMessage(wire);
  }

  #heard(wire: Wire): void {
    if (wire.kind === 'event') this.#deliver(wire.event);
    else if (wire.kind === 'state') this.#state(wire.connected, wire.since, wire.retryAt);
    else if (wire.kind === 'reset') this.#reset();
    else if (wire.kind === 'ended') this.#ended();
    else if (this.#leading) this.#tell({ kind: 'state', connected: this.connected, since: this.lostSince, retryAt: this.retryAt });
  }

  #state(connected: boolean, since: number, retryAt: number): void {
    this.connected = connected;
    this.lostSince = connected ? 0 : since;
    this.retryAt = connected ? 0 : retryAt;
  }

  #reset(): void {
    for (const act of this.#resets) act();
  }

  #deliver(event: HubEvent): void {
    if (event.id) this.#lastId = event.id;
    const dot = event.type.indexOf('.');
    const keys = dot < 0 ? [event.type, '*'] : [event.type, event.type.slice(0, dot), '*'];
    for (const key of keys) for (const act of this.#listeners.get(key) ?? []) act(event);
  }

  async #lead(signal: AbortSignal): Promise<void> {
    this.#leading = true;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#read(signal, () => (failures = 0));
      } catch {
        // Every way a connection can fail is answered alike: say so and try again.
      }
      if (signal.aborted) return;
      const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 8000;
      this.#state(false, this.lostSince || Date.now(), Date.now() + wait);
      this.#tell({ kind: 'state', connected: false, since: this.lostSince, retryAt: this.retryAt });
      await new Promise((done) => setTimeout(done, wait));
    }
  }

  async #read(signal: AbortSignal, opened: () => void): Promise<void> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE_MS);
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (this.#lastId) headers['last-event-id'] = this.#lastId;
    try {
      const response = await fetch(URL_, { headers, credentials: 'same-origin', cache: 'no-store', signal: AbortSignal.any([signal, silence.signal]) });
      if (response.status === 401) {
        this.#tell({ kind: 'ended' });
        this.#ended();
        throw new Error('the session is over');
      }
      if (!response.ok || !response.body) throw new Error(`events: ${response.status}`);
      opened();
      this.#state(true, 0, 0);
      this.#tell({ kind: 'state', connected: true, since: 0, retryAt: 0 });
      if (!this.#lastId) this.#pass({ kind: 'reset' });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const frames = new FrameReader((frame) => this.#frame(frame));
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MS);
        frames.push(value);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #pass(wire: Wire): void {
    this.#tell(wire);
    this.#heard(wire);
  }

  #frame(frame: Frame): void {
    if (frame.event === 'reset') {
      if (frame.id) this.#lastId = frame.id;
      this.#pass({ kind: 'reset' });
      return;
    }
    if (!frame.data) return;
    const event = JSON.parse(frame.data) as HubEvent;
    if (event.type === 'reset') this.#pass({ kind: 'reset' });
    else this.#pass({ kind: 'event', event: { ...event, id: frame.id || event.id } });
  }
}

type Frame = { id: string; event: string; data: string };

/** Cuts a server-sent stream into frames (HTML Living Standard, 9.2.6), whatever way the text was cut on the road. */
class FrameReader {
  #rest = '';
  #frame: Frame = { id: '', event: '', data: '' };

  constructor(readonly emit: (frame: Frame) => void) {}

  push(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === '') {
      const frame = this.#frame;
      this.#frame = { id: '', event: '', data: '' };
      if (frame.data || frame.event) this.emit(frame);
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.#frame.data += this.#frame.data ? `\n${value}` : value;
    else if (name === 'id' || name === 'event') this.#frame[name] = value;
  }
}

export const events = new EventStream();
/** `onEvent('grant', fn)` or `onEvent('view.ended', fn)`; the answer ends it. Call it inside `$effect(() => onEvent(...))`. */
export const onEvent = (type: string, act: Listener): (() => void) => events.on(type, act);
