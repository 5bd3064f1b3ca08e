/** Who steers which camera now, as far as the hub tells this desk: fetched when somebody first asks, kept by events. */
import { api } from '../lib/api';
import { events } from '../lib/events.svelte';
import type { SteeringHold } from '../lib/careTypes';

class Holds {
  #byCamera: Record<string, SteeringHold> = $state.raw({});
  #followers = 0;
  #ends: (() => void)[] = [];

  /** Who holds this camera; null while nobody does. */
  of(camera: string): SteeringHold | null {
    return this.#byCamera[camera] ?? null;
  }

  /** Takes the hub's answer to an act before its event comes. */
  take(hold: SteeringHold): void {
    this.#byCamera = { ...this.#byCamera, [hold.camera]: hold };
  }

  /** Follows as long as one of the callers does; the answer ends that. */
  follow(): () => void {
    this.#followers += 1;
    if (this.#followers === 1) this.#begin();
    return () => {
      this.#followers -= 1;
      if (this.#followers === 0) for (const end of this.#ends.splice(0)) end();
    };
  }

  #begin(): void {
    const load = (): void => void api.steering().then(({ items }) => (this.#byCamera = Object.fromEntries(items.map((hold) => [hold.camera, hold]))), () => undefined);
    load();
    this.#ends = [events.on('steering.held', load), events.on('steering.freed', load), events.onReset(load)];
  }
}

export const holds = new Holds();
