/** Who watches now, as far as this role is told: kept by events, fetched anew a few seconds after a change at most. */
import { api, ApiError } from '../lib/api';
import { events, onEvent } from '../lib/events.svelte';
import type { ViewRecord } from '../lib/types';

const EVERY_MS = 3000;

class OpenViews {
  items: ViewRecord[] = $state.raw([]);
  /** False when the hub does not tell this role. */
  told: boolean = $state(true);
  cameras: string[] = $derived([...new Set(this.items.map((view) => view.camera.id))]);

  /** Follows the open views; the answer ends that. */
  follow(): () => void {
    let timer = 0;
    const load = async (): Promise<void> => {
      timer = 0;
      try {
        this.items = (await api.views('open')).items;
        this.told = true;
      } catch (error) {
        if (error instanceof ApiError && error.status === 403) this.told = false;
      }
    };
    const soon = (): void => {
      timer ||= window.setTimeout(() => void load(), EVERY_MS);
    };
    void load();
    const undo = [onEvent('view', soon), events.onReset(soon)];
    return () => {
      clearTimeout(timer);
      for (const off of undo) off();
      this.items = [];
    };
  }
}

export const openViews = new OpenViews();
