import type { Attempt, AttemptHeard, Failure } from './attempt';
import { FrameWatch } from './frames';
import { borrowScreen, returnScreen } from './screens';

/** Behind this many seconds the picture jumps to the live edge. */
const JUMP_BEHIND = 0.5;
/** Behind this many seconds it plays a little faster instead. */
const HURRY_BEHIND = 0.18;
const HURRY_RATE = 1.08;
/** Seconds of past kept in the buffer. */
const KEEP_PAST = 4;

const CLOSED_BECAUSE: Record<number, Failure> = { 4003: 'ended', 4004: 'dead', 4008: 'lease', 4001: 'refused', 4401: 'refused' };

interface StreamHello {
  codec?: string;
  health?: string;
}

/** One camera as fragmented MP4 over a WebSocket, played through Media Source Extensions: the way round a blocked UDP port. */
export class Fmp4Attempt implements Attempt {
  readonly kind = 'ws';
  readonly element = borrowScreen();
  readonly #socket: WebSocket;
  readonly #media = new MediaSource();
  readonly #frames: FrameWatch;
  readonly #heard: AttemptHeard;
  readonly #address: string;
  #buffer: SourceBuffer | null = null;
  /** Fragments, and between them the codec of a new format. */
  #queue: (ArrayBuffer | string)[] = [];
  #opened: Promise<void>;
  #closed = false;

  /** True where the browser can play H.264 through Media Source Extensions. */
  static get supported(): boolean {
    return typeof MediaSource !== 'undefined' && MediaSource.isTypeSupported('video/mp4; codecs="avc1.42e01f"');
  }

  constructor(url: string, ticket: string, heard: AttemptHeard) {
    this.#heard = heard;
    this.#frames = new FrameWatch(this.element, (count) => heard.frame(count));
    this.#opened = new Promise((resolve) => this.#media.addEventListener('sourceopen', () => resolve(), { once: true }));
    this.#address = URL.createObjectURL(this.#media);
    this.element.src = this.#address;
    this.#socket = new WebSocket(url.replace(/^http/, 'ws'), ['bonghwa.v1', `ticket.${ticket}`]);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.#receive(event.data);
    this.#socket.onclose = (event) => this.#fail(CLOSED_BECAUSE[event.code] ?? 'lost');
  }

  get lastAt(): number {
    return this.#frames.lastAt;
  }

  get fps(): number {
    return this.#frames.fps;
  }

  get interval(): number {
    return this.#frames.interval;
  }

  get delayMs(): number | null {
    const behind = this.#behind();
    return behind === null ? null : Math.round(behind * 1000);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.element.remove();
    this.#frames.stop();
    this.#queue = [];
    this.#buffer = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    setTimeout(() => {
      returnScreen(this.element);
      URL.revokeObjectURL(this.#address);
      this.#socket.close(1000);
    });
  }

  #receive(data: string | ArrayBuffer): void {
    if (typeof data === 'string') {
      void this.#hello(JSON.parse(data) as StreamHello);
      return;
    }
    this.#queue.push(data);
    this.#append();
  }

  async #hello(hello: StreamHello): Promise<void> {
    if (hello.health) this.#heard.health(hello.health);
    if (!hello.codec) return;
    if (this.#buffer) {
      this.#queue.push(hello.codec);
      this.#append();
      return;
    }
    await this.#opened;
    if (this.#closed) return;
    const type = `video/mp4; codecs="${hello.codec}"`;
    if (!MediaSource.isTypeSupported(type)) {
      this.#fail('unsupported');
      return;
    }
    this.#media.duration = Infinity;
    this.#buffer = this.#media.addSourceBuffer(type);
    this.#buffer.addEventListener('updateend', () => this.#afterUpdate());
    this.#buffer.addEventListener('error', () => this.#fail('lost'));
    this.#append();
  }

  #append(): void {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating || this.#queue.length === 0) return;
    const codec = this.#queue.findIndex((part) => typeof part === 'string');
    const parts = this.#queue.splice(0, codec < 0 ? this.#queue.length : Math.max(1, codec));
    try {
      if (typeof parts[0] === 'string') {
        buffer.changeType(`video/mp4; codecs="${parts[0]}"`);
        this.#append();
      } else {
        const fragments = parts.filter((part) => typeof part !== 'string');
        buffer.appendBuffer(fragments.length === 1 && fragments[0] ? fragments[0] : joined(fragments));
      }
    } catch {
      this.#fail('lost');
    }
  }

  #afterUpdate(): void {
    const buffer = this.#buffer;
    if (!buffer || this.#closed) return;
    this.#stayLive();
    const past = buffer.buffered.length > 0 ? buffer.buffered.start(0) : 0;
    if (this.element.currentTime - past > KEEP_PAST * 2 && this.#queue.length === 0) {
      buffer.remove(past, this.element.currentTime - KEEP_PAST);
      return;
    }
    this.#append();
  }

  #behind(): number | null {
    const ranges = this.element.buffered;
    return ranges.length === 0 ? null : Math.max(0, ranges.end(ranges.length - 1) - this.element.currentTime);
  }

  #stayLive(): void {
    const behind = this.#behind();
    if (behind === null) return;
    const ranges = this.element.buffered;
    const last = ranges.length - 1;
    const edge = ranges.end(last);
    if (behind > JUMP_BEHIND || this.element.currentTime < ranges.start(last)) this.element.currentTime = Math.max(ranges.start(last), edge - 0.03);
    this.element.playbackRate = behind > HURRY_BEHIND ? HURRY_RATE : 1;
    if (this.element.paused) this.element.play().catch(() => undefined);
  }

  #fail(failure: Failure): void {
    if (!this.#closed) this.#heard.failed(failure);
  }
}

function joined(parts: ArrayBuffer[]): ArrayBuffer {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return whole.buffer;
}
