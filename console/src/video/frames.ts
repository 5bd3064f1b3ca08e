/** Counts the frames that really reached the screen of one video element. */
export class FrameWatch {
  /** Frames presented so far. */
  count = 0;
  /** When the last one was presented, on the page's monotonic clock; 0 before the first. */
  lastAt = 0;
  /** Receipt to display of the last frame, in milliseconds; null where the browser does not tell. */
  delayMs: number | null = null;

  readonly #video: HTMLVideoElement;
  readonly #heard: (count: number) => void;
  #handle = 0;
  #recent: number[] = [];

  /** `heard` runs in the frame callback, before the frame is painted: keep it short. */
  constructor(video: HTMLVideoElement, heard: (count: number) => void) {
    this.#video = video;
    this.#heard = heard;
    this.#next();
  }

  /** Frames a second over the last two seconds. */
  get fps(): number {
    const since = performance.now() - 2000;
    const recent = this.#recent.filter((at) => at > since);
    return recent.length / 2;
  }

  /** The usual distance between two frames in milliseconds, for judging a silence; 0 before three frames. */
  get interval(): number {
    const gaps = this.#recent.slice(1).map((at, index) => at - (this.#recent[index] ?? at));
    if (gaps.length < 2) return 0;
    return gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
  }

  stop(): void {
    if (this.#handle) this.#video.cancelVideoFrameCallback(this.#handle);
    this.#handle = 0;
  }

  #next(): void {
    this.#handle = this.#video.requestVideoFrameCallback((now, frame) => {
      this.count += 1;
      this.lastAt = now;
      this.delayMs = frame.receiveTime === undefined ? null : Math.max(0, frame.expectedDisplayTime - frame.receiveTime);
      this.#recent.push(now);
      if (this.#recent.length > 64) this.#recent.shift();
      this.#next();
      this.#heard(this.count);
    });
  }
}
