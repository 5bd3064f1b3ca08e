/** The pursuit of an incident, as the incident's page knows it: whether one runs, and how one is started. */
import { api, ApiError } from '../lib/api';
import { events } from '../lib/events.svelte';
import { pursuitPath, router } from '../lib/router.svelte';
import { desk } from '../lib/session.svelte';
import { toast } from '../lib/toast.svelte';
import type { PursuitSummary } from '../lib/pursuitTypes';
import type { Incident } from '../lib/types';

/** Kinds in which nobody moves away, or nobody is followed: a fire, a flood, a broken device. */
const STAYS = new Set([
  'fire', 'hazmat', 'mass_casualty', 'flood', 'underpass_flood', 'landslide', 'collapse', 'sinkhole', 'storm', 'wildfire', 'earthquake', 'crowd',
  'smoke', 'heat', 'flame', 'multi', 'fault', 'restored', 'test', 'voice', 'low_battery', 'device_fault', 'cancel', 'traffic_accident',
]);

export class Chases {
  running: PursuitSummary | null = $state.raw(null);
  busy = $state(false);
  #left = false;

  constructor(readonly incident: string) {}

  /** Asks once and listens; the answer ends that. */
  enter(): () => void {
    void this.#fetch();
    const ends = [
      events.on('pursuit', (event) => (!event.data['incident'] || event.data['incident'] === this.incident) && void this.#fetch()),
      events.onReset(() => void this.#fetch()),
    ];
    return () => {
      this.#left = true;
      for (const end of ends) end();
    };
  }

  /** Whether a pursuit may be offered: one runs, or our part is open, the place is known and the kind is one of somebody who moves. The hub decides. */
  may(incident: Incident | null): boolean {
    if (!incident) return false;
    if (this.running) return true;
    const open = incident.parts.some((part) => part.agency === desk.session?.account.agency && part.closed_at === null);
    return open && incident.place !== null && !STAYS.has(incident.kind);
  }

  /** Goes to the pursuit that runs, or starts one. A wanted car, or one that drove off, is followed as a car; else nobody knows yet. */
  async pursue(kind?: string): Promise<void> {
    if (this.busy) return;
    if (this.running) return router.go(pursuitPath(this.running.id));
    this.busy = true;
    try {
      const made = await api.startPursuit(this.incident, kind === 'wanted_hit' || kind === 'hit_and_run' ? 'car' : null);
      router.go(pursuitPath(made.id));
    } catch (refusal) {
      toast(refusal instanceof ApiError ? refusal.message : String(refusal), 'alarm');
    } finally {
      this.busy = false;
    }
  }

  async #fetch(): Promise<void> {
    try {
      const { items } = await api.pursuits(this.incident);
      if (!this.#left) this.running = items.find((one) => one.state !== 'ended') ?? null;
    } catch {
      // Whoever may know of none sees none.
    }
  }
}
