/**
 * Single-key acts (design section 7). Keys are matched by `event.code`, so they work with the Hangul layout on; they act only when no
 * field has focus and the desk is not covered, and all single keys can be turned off (WCAG 2.1.4). A screen registers its keys while it is shown; a dialog
 * registers a barrier, below which nothing acts.
 */

import { untrack } from 'svelte';
import { desk } from './session.svelte';

export type Key = {
  /** `KeyJ`, `Slash`, `Enter`, `Delete`: KeyboardEvent.code. */
  code: string;
  /** What the key line shows, for example `J` or `Ctrl Enter`; several words are several keycaps. */
  cap: string;
  /** What it does, in words. A function, so that it follows the language. */
  label: () => string;
  /** The act. Answering false lets the browser and lower layers have the key. */
  run: (event: KeyboardEvent) => void | boolean;
  ctrl?: boolean;
  alt?: boolean;
  shift?: boolean;
  /** Shown in the key line at the foot; all keys are in the `?` list. */
  line?: boolean;
  /** Acts while the key is held down (moving in a list). */
  repeat?: boolean;
  /** Acts also while a field has focus (Ctrl+Enter, Escape). */
  inFields?: boolean;
  /** Acts only when this says so, and is left out of the lists otherwise. */
  when?: () => boolean;
};
type Layer = { id: number; keys: Key[]; barrier: boolean };

const FIELDS = 'input:not([type=radio]):not([type=checkbox]):not([type=range]), textarea, select, [contenteditable=true]';
const STORE = 'bonghwa.keys';

class Keyboard {
  /** Layers from the lowest up. */
  layers: Layer[] = $state.raw([]);
  /** False: single keys do nothing; those with Ctrl or Alt, Escape and Enter still act. */
  single: boolean = $state(localStorage.getItem(STORE) !== 'off');
  #next = 1;

  constructor() {
    addEventListener('keydown', (event) => this.#pressed(event));
  }

  /** Adds a layer of keys; call the answer to take it away. `barrier` keeps every lower layer still (dialogs). */
  register(keys: Key[], barrier = false): () => void {
    const id = this.#next++;
    this.layers = [...untrack(() => this.layers), { id, keys, barrier }];
    return () => (this.layers = untrack(() => this.layers).filter((layer) => layer.id !== id));
  }

  /** Turns single keys off or on and remembers it on this device. */
  allowSingle(on: boolean): void {
    this.single = on;
    localStorage.setItem(STORE, on ? 'on' : 'off');
  }

  /** The keys that act now, highest layer first. */
  get acting(): Key[] {
    const wall = this.layers.findLastIndex((layer) => layer.barrier);
    return this.layers
      .slice(Math.max(wall, 0))
      .reverse()
      .flatMap((layer) => layer.keys)
      .filter((key) => key.when?.() ?? true);
  }

  #pressed(event: KeyboardEvent): void {
    // A covered desk has its password alone: a layer may still come above the cover's barrier.
    if (event.isComposing || event.defaultPrevented || desk.locked) return;
    const target = event.target as Element | null;
    const inField = target?.matches?.(FIELDS) ?? false;
    const slides = event.code.startsWith('Arrow') && (target?.matches?.('input[type=range]') ?? false);
    for (const key of this.acting) {
      if (!fits(key, event)) continue;
      if ((inField || slides) && !key.inFields) continue;
      if (event.repeat && !key.repeat) continue;
      if (!this.single && isSingle(key)) continue;
      // A focused button or link has Enter and Space for itself.
      if (!key.ctrl && (event.code === 'Enter' || event.code === 'Space') && target?.matches?.('button, a[href], summary, input:not([type=range])')) continue;
      if (key.run(event) === false) continue;
      event.preventDefault();
      return;
    }
  }
}

function fits(key: Key, event: KeyboardEvent): boolean {
  const ctrl = event.ctrlKey || event.metaKey;
  if ((key.ctrl ?? false) !== ctrl || (key.alt ?? false) !== event.altKey) return false;
  // `?` is Shift+Slash on most layouts and something else on some: what it types decides.
  if (key.code === '?' || event.key === '?') return key.code === '?' && event.key === '?';
  const code = event.code === 'NumpadEnter' ? 'Enter' : event.code.replace('Numpad', 'Digit');
  return code === key.code && (key.shift ?? false) === event.shiftKey;
}

function isSingle(key: Key): boolean {
  return !key.ctrl && !key.alt && key.code !== 'Escape' && key.code !== 'Enter';
}

export const keyboard = new Keyboard();
