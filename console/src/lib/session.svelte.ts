/** Who sits here: the account of this browser's session, the city's vocabulary, and the idle lock. */
import { api, ApiError, useCsrf, whenSignedOut } from './api';
import { events } from './events.svelte';
import { say } from './i18n.svelte';
import type { Place, Role, Session, Vocabulary, Words } from './types';

export type SignedOutBecause = '' | 'ended' | 'idle' | 'left';
/** Signs of a person at the desk. A moving mouse alone counts; a playing picture does not. */
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

const SIGNED_IN = 'bonghwa.signed-in';
/** The pages of one browser are one desk: when a person last touched any of them, and that they are covered. */
const TOUCHED = 'bonghwa.touched';
const COVERED = 'bonghwa.covered';
/** A touch is told to the other pages this often at most. */
const TELL_MS = 5000;

class Desk {
  /** The session, null when nobody is signed in, undefined until the hub was asked. */
  session: Session | null | undefined = $state(undefined);
  /** The words of this city: agencies, lines, kinds. Null until signed in. */
  vocabulary: Vocabulary | null = $state(null);
  /** Why the sign-in page is shown. */
  because: SignedOutBecause = $state('');
  /** True when nobody touched the desk for the session's idle time: the screen is covered until the password. */
  locked: boolean = $state(false);
  #told = 0;

  constructor() {
    whenSignedOut(() => this.#over('ended'));
    for (const sign of SIGNS) addEventListener(sign, () => this.#touch(), { passive: true, capture: true });
    addEventListener('storage', (event) => this.#heard(event));
    setInterval(() => this.#watchIdle(), 5000);
  }

  get role(): Role | null {
    return this.session?.account.role ?? null;
  }

  /** Looks whether this browser has a session already. The cookie is not readable here; a note beside it spares the question. */
  async resume(): Promise<void> {
    if (!this.session && !localStorage.getItem(SIGNED_IN)) {
      this.session = null;
      return;
    }
    try {
      await this.#begin(await api.session());
    } catch (error) {
      // Only a refusal says that nobody is signed in: a hub that is being started again says nothing about it.
      if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500) throw error;
      localStorage.removeItem(SIGNED_IN);
      this.session = null;
    }
  }

  /** Signs in; throws ApiError with the hub's words when refused. */
  async signIn(name: string, password: string): Promise<void> {
    const session = await api.signIn(name, password);
    localStorage.removeItem(COVERED);
    await this.#begin(session);
    this.#uncover();
  }

  /** Ends the session at the hub; every view of it ends with it. */
  async signOut(): Promise<void> {
    try {
      await api.signOut();
    } finally {
      this.#over('left');
    }
  }

  /** Opens the covered screen again for the same account. */
  async unlock(password: string): Promise<void> {
    const name = this.session?.account.name ?? '';
    const session = await api.signIn(name, password);
    useCsrf(session.csrf);
    this.session = session;
    this.#uncover();
  }

  async #begin(session: Session): Promise<void> {
    useCsrf(session.csrf);
    this.vocabulary = await api.vocabulary();
    this.session = session;
    localStorage.setItem(SIGNED_IN, '1');
    this.because = '';
    // A page that was loaded again, or opened beside, is covered like the others.
    this.locked = localStorage.getItem(COVERED) !== null;
  }

  #over(because: SignedOutBecause): void {
    events.stop();
    useCsrf('');
    localStorage.removeItem(SIGNED_IN);
    localStorage.removeItem(COVERED);
    this.session = null;
    this.locked = false;
    this.because = because;
  }

  /** A responder's page is no desk: it is never covered and leaves nothing on its device. */
  get #idleMs(): number {
    return this.role === 'responder' ? 0 : 1000 * (this.session?.idle_seconds ?? 0);
  }

  #touch(): void {
    if (!this.#idleMs || this.locked || Date.now() - this.#told < TELL_MS) return;
    this.#told = Date.now();
    localStorage.setItem(TOUCHED, String(this.#told));
  }

  #uncover(): void {
    this.locked = false;
    this.#told = 0;
    this.#touch();
    localStorage.removeItem(COVERED);
  }

  #watchIdle(): void {
    if (!this.#idleMs || this.locked || Date.now() - Number(localStorage.getItem(TOUCHED) ?? 0) <= this.#idleMs) return;
    this.locked = true;
    localStorage.setItem(COVERED, '1');
  }

  /** Another page was covered, or opened again: that opened a new session, whose CSRF word this page needs too. */
  #heard(event: StorageEvent): void {
    if (event.key !== COVERED || !this.#idleMs) return;
    if (event.newValue) this.locked = true;
    else void this.resume().catch(() => undefined);
  }
}

export const desk = new Desk();

/** An agency's name in the language shown, its id when unknown. */
export function agencyName(id: string | null | undefined): string {
  if (!id) return '';
  return say(desk.vocabulary?.agencies.find((a) => a.id === id)?.name) || id;
}

/** A district's own name (`junggu` is 중구), without that of its control centre. */
export function districtName(id: string | null | undefined): string {
  if (!id) return '';
  return say(desk.vocabulary?.districts.find((d) => d.id === id)) || agencyName(id);
}

/** Where an incident is, in words: district and the name of the place; empty when it has none. */
export function placeName(place: Place | null | undefined): string {
  if (!place) return '';
  const district = districtName(place.district);
  const korean = desk.vocabulary?.districts.find((d) => d.id === place.district)?.ko ?? '';
  // Names begin with the district in Korean; in another language its own name stands before them.
  const name = korean !== district && place.name?.startsWith(`${korean} `) ? place.name.slice(korean.length + 1) : (place.name ?? '');
  return [name.includes(district) ? '' : district, name].filter(Boolean).join(' · ');
}

/** A kind's name (`strap_cut` is 스트랩 절단). */
export function kindName(kind: string): string {
  return say(desk.vocabulary?.kinds[kind]) || kind;
}

/** A line's name (`fire119` is 119). */
export function lineName(line: string): string {
  return say(desk.vocabulary?.lines.find((l) => l.line === line)?.name) || line;
}

/** The name of the city and of its centre. */
export function cityName(): { name: string; centre: string } {
  const city = desk.vocabulary?.city;
  return { name: say(city?.name), centre: say(city?.centre) };
}

/** A disposition, a warning: any of the vocabulary's small dictionaries. */
export function wordOf(dictionary: 'dispositions' | 'warnings', code: string): string {
  const words: Record<string, Words> | undefined = desk.vocabulary?.[dictionary];
  return say(words?.[code]) || code;
}
