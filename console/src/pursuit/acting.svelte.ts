/** What a person says of a camera of the wall: seen, not here, pinned; how he moves; and how the last of these is undone. */
import { headingOf, type Arrow } from './headings';
import { t } from '../i18n/pursuit';
import { hubNow } from '../lib/api';
import type { Mode, NewEvidence } from '../lib/pursuitTypes';
import { desk } from '../lib/session.svelte';
import { toast } from '../lib/toast.svelte';
import type { ChosenCamera } from '../lib/types';
import type { Chase } from './chase.svelte';
import { headingWord } from './telling';

/** A tile of the wall: its camera, the number on it, and whether it shows what is now. */
export interface OnWall {
  camera: ChosenCamera;
  number: number;
  shows: boolean;
}

/** A sighting that waits for its heading. `at`: when the key was pressed, epoch milliseconds. */
export interface Seeing {
  camera: ChosenCamera;
  number: number;
  at: number;
  mode: Mode | null;
}

export class Acting {
  seeing: Seeing | null = $state.raw(null);
  /** Asked how he moves now, without a sighting. When the key was pressed, epoch milliseconds; null while not asked. */
  learning: number | null = $state(null);
  /** What this desk said, the newest last: its number once the hub answered, null where it refused. */
  #said: Promise<number | null>[] = [];
  /** What was taken back here, before the list says so. */
  readonly #taken = new Set<number>();

  constructor(readonly chase: Chase) {}

  /** Somebody is seen on this camera: the moment is kept, the heading asked. Where no picture is, nobody can be seen. */
  see({ camera, number, shows }: OnWall): void {
    if (!shows) return toast(t('noPicture', { camera: camera.name }), 'warn');
    this.seeing = { camera, number, at: hubNow(), mode: this.chase.live?.mode ?? null };
  }

  /** Somebody told how he moves: the moment is kept, the mode asked. */
  learn(): void {
    this.learning = hubNow();
  }

  /** Records how he moves from that moment on. */
  async learnt(mode: Mode): Promise<void> {
    const at = this.learning;
    if (at === null) return;
    this.learning = null;
    const number = await this.#say({ type: 'mode', mode, at: new Date(at).toISOString() });
    if (number === null) return;
    this.#told(t(`modeSaved_${mode}`), number);
  }

  /** He is on foot or in a car; the same again is unknown. */
  mode(mode: Mode): void {
    if (this.seeing) this.seeing = { ...this.seeing, mode: this.seeing.mode === mode ? null : mode };
  }

  cancel(): void {
    this.seeing = this.learning = null;
  }

  /** Records the sighting, with the heading of an arrow or none. */
  async confirm(arrow: Arrow | null): Promise<void> {
    const seeing = this.seeing;
    if (!seeing) return;
    this.seeing = null;
    const { camera } = seeing;
    const heading = arrow && headingOf(camera, arrow);
    const number = await this.#say({
      type: 'sighting', at: new Date(seeing.at).toISOString(), camera: camera.id,
      ...(heading === null ? {} : { heading }), ...(seeing.mode ? { mode: seeing.mode } : {}),
    });
    if (number === null) return;
    const text = heading === null ? t('seenSaved', { camera: camera.name }) : t('seenSavedHeading', { camera: camera.name, d: headingWord(heading) });
    this.#told(text, number);
  }

  async notHere({ camera, shows }: OnWall): Promise<void> {
    if (!shows) return toast(t('noPicture', { camera: camera.name }), 'warn');
    const number = await this.#say({ type: 'not_seen', at: new Date(hubNow()).toISOString(), camera: camera.id });
    if (number !== null) this.#told(t('notHereSaved', { camera: camera.name }), number);
  }

  async pin(camera: string): Promise<void> {
    const pins = this.chase.live?.pins ?? [];
    await this.chase.wall({ pins: pins.includes(camera) ? pins.filter((id) => id !== camera) : [...pins, camera] });
  }

  /** Takes back one entry, or the last this desk said; what is still on its way to the hub is waited for. */
  async undo(number?: number): Promise<void> {
    const last = number ?? (await this.#last());
    if (last === undefined) return toast(t('undoNone'), 'warn');
    // The hub refused it meanwhile, and said so.
    if (last === null) return;
    this.#taken.add(last);
    if (await this.chase.undo(last)) toast(t('undoDone'));
    else this.#taken.delete(last);
  }

  #say(evidence: NewEvidence): Promise<number | null> {
    const said = this.chase.say(evidence);
    this.#said.push(said);
    void said.then((number) => number === null && (this.#said = this.#said.filter((one) => one !== said)));
    return said;
  }

  #told(text: string, number: number): void {
    toast(text, 'info', { label: t('undo'), cap: 'Ctrl Z', run: () => void this.undo(number) });
  }

  /** What to take back next; null when the hub refused it, undefined when there is nothing. */
  async #last(): Promise<number | null | undefined> {
    for (const said of this.#said.toReversed()) {
      const number = await said;
      // Taken here and not by who asked: two quick keys mean two facts.
      if (number === null || this.#takes(number)) return number;
    }
    // After a reload nobody knows any more what this desk said.
    const { live, guest } = this.chase;
    const own = desk.session?.account.agency;
    return live?.evidence?.find((one) => (one.type === 'sighting' || one.type === 'mode') && (!guest || one.agency === own) && !one.undone && this.#takes(one.number))?.number;
  }

  /** Marks a fact as taken back; false when it was already. */
  #takes(number: number): boolean {
    if (this.#taken.has(number) || this.chase.live?.evidence?.find((one) => one.number === number)?.undone) return false;
    this.#taken.add(number);
    return true;
  }
}
