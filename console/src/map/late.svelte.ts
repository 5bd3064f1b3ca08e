/** A map's code, fetched once the page itself is of use; when it does not come, that is said in the map's place. */
import type { Component } from 'svelte';

export class Late<C extends Component<any, any, any>> {
  part = $state.raw<C | null>(null);
  failed = $state(false);
  readonly #load: () => Promise<{ default: C }>;

  constructor(load: () => Promise<{ default: C }>) {
    this.#load = load;
  }

  async fetch(): Promise<void> {
    try {
      this.part = (await this.#load()).default;
    } catch {
      this.failed = true;
    }
  }
}
