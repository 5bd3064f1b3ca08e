/** One incident in full, kept fresh by its events: fetched anew a moment after a change, never once per event. */
import { api } from '../lib/api';
import { events, onEvent } from '../lib/events.svelte';
import type { HubEvent } from '../lib/eventTypes';
import type { Incident } from '../lib/types';

const WAIT_MS = 120;

export class IncidentDetail {
  incident: Incident | null = $state.raw(null);

  /** Follows an incident; the answer ends that. */
  follow(id: string): () => void {
    const stop = new AbortController();
    let timer = 0;
    const load = (): void => {
      timer = 0;
      api.incident(id, stop.signal).then(
        (incident) => (this.incident = incident),
        () => undefined,
      );
    };
    const about = (event: HubEvent): void => {
      const data = event.data as { incident?: string; id?: string };
      if (event.subject === id || data.incident === id || data.id === id) timer ||= window.setTimeout(load, WAIT_MS);
    };
    load();
    const undo = [onEvent('incident', about), onEvent('grant', about), events.onReset(load)];
    return () => {
      stop.abort();
      clearTimeout(timer);
      for (const off of undo) off();
      this.incident = null;
    };
  }
}
