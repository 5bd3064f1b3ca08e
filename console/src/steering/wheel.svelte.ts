/**
 * This desk's hand on a camera: keys that are down become velocities, sent again before the hub's two seconds are over. Whatever takes
 * the hand away (a key let go, another window, a lost page) lets the camera stop by itself.
 */
import { t } from '../i18n/steering';
import { api, ApiError } from '../lib/api';
import { onEvent } from '../lib/events.svelte';
import { keyboard, type Key } from '../lib/keys.svelte';
import { agencyName } from '../lib/session.svelte';
import { toast } from '../lib/toast.svelte';
import type { SteerAct, SteerRight } from '../lib/careTypes';
import { holds } from './holds.svelte';

const RENEW_MS = 800;
const SPEED = 0.6;
type Axis = 'pan' | 'tilt' | 'zoom';
const KEYS: Record<string, [Axis, 1 | -1]> = {
  ArrowLeft: ['pan', -1], ArrowRight: ['pan', 1], ArrowUp: ['tilt', 1], ArrowDown: ['tilt', -1],
  Equal: ['zoom', 1], NumpadAdd: ['zoom', 1], Minus: ['zoom', -1], NumpadSubtract: ['zoom', -1],
};
const STILL: Record<Axis, number> = { pan: 0, tilt: 0, zoom: 0 };

class Wheel {
  /** The camera in hand; null when none is. */
  camera: string | null = $state(null);
  /** True while the camera has not answered the last act. */
  slow: boolean = $state(false);
  #right: SteerRight | null = null;
  #down = new Set<string>();
  #sending = false;
  #next: (() => void) | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #ends: (() => void)[] = [];

  /** Takes a camera in hand: arrow keys, + and - act on it until `leave`. */
  take(camera: string, right: SteerRight): void {
    if (this.camera === camera) return;
    const other = holds.of(camera);
    if (other && !other.mine) {
      toast(t('heldBy', { agency: agencyName(other.agency), post: other.post }), 'warn');
      return;
    }
    if (this.camera) this.leave();
    this.camera = camera;
    this.#right = right;
    const down = (event: KeyboardEvent): void => this.#pressed(event);
    const up = (event: KeyboardEvent): void => this.#release(event.code);
    const away = (): void => this.#releaseAll();
    addEventListener('keydown', down, true);
    addEventListener('keyup', up);
    addEventListener('blur', away);
    this.#ends = [
      keyboard.register(this.#keys()),
      onEvent('steering.freed', (event) => (event.data as { camera?: string }).camera === camera && this.#freed()),
      () => removeEventListener('keydown', down, true),
      () => removeEventListener('keyup', up),
      () => removeEventListener('blur', away),
    ];
    this.#send('stop');
  }

  /** Gives it back: its home view returns. */
  leave(): void {
    if (!this.camera) return;
    this.#send('leave');
    this.#drop();
  }

  /** For the buttons of a tile: one step in a direction while they are held. */
  press(code: string): void {
    if (!this.camera || this.#down.has(code)) return;
    this.#down.add(code);
    this.#move();
  }

  release(code: string): void {
    this.#release(code);
  }

  home(): void {
    this.#down.clear();
    this.#rest();
    this.#send('home');
  }

  /** Before anything else on the page hears it: a map that has the focus would take the arrow keys for itself. */
  #pressed(event: KeyboardEvent): void {
    const target = event.target as Element | null;
    if (event.ctrlKey || event.altKey || event.metaKey || target?.matches?.('input, textarea, select') || document.querySelector('dialog[open]')) return;
    if (KEYS[event.code]) this.press(event.code);
    else if (event.code === 'Home') this.home();
    else if (event.code === 'Escape') this.leave();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** For the key line and the list of keys; what is pressed is heard before. */
  #keys(): Key[] {
    const turns = Object.keys(KEYS).map((code): Key => ({
      code: code.replace('Numpad', 'Digit'), cap: code === 'ArrowLeft' ? '← → ↑ ↓' : code === 'Equal' ? '+ −' : code, label: () => t(code.startsWith('Arrow') ? 'keyTurn' : 'keyZoom'),
      run: (event) => this.press(event.code), repeat: true, line: code === 'ArrowLeft' || code === 'Equal',
    }));
    return [
      ...turns,
      { code: 'Equal', cap: '+', label: () => t('keyZoom'), run: (event) => this.press(event.code), repeat: true, shift: true },
      { code: 'Home', cap: 'Home', label: () => t('keyHome'), run: () => this.home(), line: true },
      { code: 'Escape', cap: 'Esc', label: () => t('keyEnd'), run: () => this.leave(), line: true },
    ];
  }

  #release(code: string): void {
    if (this.#down.delete(code)) this.#move();
  }

  #releaseAll(): void {
    if (this.#down.size === 0) return;
    this.#down.clear();
    this.#move();
  }

  #move(): void {
    this.#rest();
    if (this.#down.size === 0) {
      this.#send('stop');
      return;
    }
    this.#send('move');
    this.#timer = setInterval(() => this.#send('move'), RENEW_MS);
  }

  #rest(): void {
    clearInterval(this.#timer);
  }

  #velocity(): Record<Axis, number> {
    const velocity = { ...STILL };
    for (const code of this.#down) {
      const [axis, way] = KEYS[code] ?? ['pan', 1];
      velocity[axis] += way * SPEED;
    }
    return velocity;
  }

  /** One act at a time; of those that come meanwhile only the last counts. */
  #send(act: SteerAct): void {
    const camera = this.camera;
    const right = this.#right;
    if (!camera || !right) return;
    const ask = (): void => {
      this.#sending = true;
      void this.#ask(camera, right, act).finally(() => {
        this.#sending = false;
        const next = this.#next;
        this.#next = null;
        next?.();
      });
    };
    if (this.#sending) this.#next = ask;
    else ask();
  }

  async #ask(camera: string, right: SteerRight, act: SteerAct): Promise<void> {
    try {
      const hold = await api.steer(camera, { act, ...(act === 'move' ? this.#velocity() : {}), ...right });
      if (act === 'leave') return;
      holds.take(hold);
      this.slow = !hold.done;
    } catch (refusal) {
      toast(refusal instanceof ApiError ? refusal.message : String(refusal), 'alarm');
      if (this.camera === camera) this.#drop();
    }
  }

  #freed(): void {
    toast(t('freed'));
    this.#next = null;
    this.#drop();
  }

  #drop(): void {
    this.#rest();
    this.#down.clear();
    for (const end of this.#ends.splice(0)) end();
    this.#right = null;
    this.camera = null;
    this.slow = false;
  }
}

export const wheel = new Wheel();
