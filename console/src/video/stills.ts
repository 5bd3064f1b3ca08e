import { failureOf, type Attempt, type AttemptHeard } from './attempt';
import { isFinal } from './refusal';

const QUICKEST_MS = 1000;
const SLOWEST_MS = 2000;

/** One camera as single JPEG stills, each with its own ticket and its own age: what is left on a poor network. */
export class StillsAttempt implements Attempt {
  readonly kind = 'still';
  readonly element = document.createElement('img');
  readonly #heard: AttemptHeard;
  readonly #url: string;
  readonly #ticket: () => Promise<string>;
  readonly #life = new AbortController();
  #count = 0;
  #lastAt = 0;
  #everyMs = QUICKEST_MS;
  #address: string | null = null;

  /** `ticket` fetches a fresh one-use ticket; a rejection ends the attempt as `lost`. */
  constructor(url: string, ticket: () => Promise<string>, heard: AttemptHeard) {
    this.#url = url;
    this.#ticket = ticket;
    this.#heard = heard;
    this.element.alt = '';
    this.element.setAttribute('aria-hidden', 'true');
    void this.#loop();
  }

  /** When the shown still was *taken*, not when it arrived. */
  get lastAt(): number {
    return this.#lastAt;
  }

  get fps(): number {
    return 1000 / this.#everyMs;
  }

  get interval(): number {
    return this.#everyMs;
  }

  get delayMs(): number | null {
    return null;
  }

  close(): void {
    this.#life.abort();
    this.element.remove();
    this.element.removeAttribute('src');
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = null;
  }

  async #loop(): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted) {
      const began = performance.now();
      try {
        if (!(await this.#one(signal))) return;
      } catch (refusal) {
        // A refused ticket means that the view is over: a still of before must not stay.
        if (!signal.aborted) this.#heard.failed(isFinal(refusal) ? 'goodbye' : 'lost');
        return;
      }
      const took = performance.now() - began;
      this.#everyMs = Math.min(SLOWEST_MS, Math.max(QUICKEST_MS, took * 2));
      await rest(this.#everyMs - took, signal);
    }
  }

  async #one(signal: AbortSignal): Promise<boolean> {
    const ticket = await this.#ticket();
    if (signal.aborted) return false;
    const answer = await fetch(this.#url, { headers: { Authorization: `Bearer ${ticket}` }, credentials: 'omit', cache: 'no-store', signal });
    if (!answer.ok) {
      const failure = await failureOf(answer);
      if (!signal.aborted) this.#heard.failed(failure);
      return false;
    }
    const ageMs = Number(answer.headers.get('X-Bonghwa-Picture-Age-Ms') ?? 0);
    const address = URL.createObjectURL(await answer.blob());
    const old = this.#address;
    if (signal.aborted) {
      URL.revokeObjectURL(address);
      return false;
    }
    this.element.src = address;
    this.#address = address;
    await this.element.decode();
    if (old) URL.revokeObjectURL(old);
    if (signal.aborted) return false;
    this.#lastAt = performance.now() - ageMs;
    this.#count += 1;
    this.#heard.frame(this.#count);
    return true;
  }
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, ms));
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
