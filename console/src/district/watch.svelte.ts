/** What an owner sees of its cameras: open and ended views, and requests waiting for an answer. */
import { api, ApiError } from '../lib/api';
import { events } from '../lib/events.svelte';
import { toast } from '../lib/toast.svelte';
import type { AskedGrant, ViewRecord } from '../lib/types';

const GATHER_MS = 120;
/** Seconds and bytes of running views come with the gateways' heartbeats and make no events: they are asked for. */
const FIGURES_MS = 4000;
/** A request runs out within a minute: what the hub did not answer is asked again this soon. */
const AGAIN_MS = 2000;

export class OwnersWatch {
  open = $state.raw<ViewRecord[]>([]);
  ended = $state.raw<ViewRecord[]>([]);
  asked = $state.raw<AskedGrant[]>([]);
  ready = $state(false);
  busy = $state(false);
  /** When the figures were fetched, so that running times can go on between. */
  fetchedAt = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #fetched = 0;
  #left = false;

  /** Fetches and listens; the answer ends both. */
  enter(): () => void {
    void this.#fetch(true);
    const ends = [
      events.on('view', () => this.#soon()),
      events.on('grant', () => this.#soon()),
      events.onReset(() => void this.#fetch(true)),
    ];
    const figures = setInterval(() => !document.hidden && void this.#fetch(false), FIGURES_MS);
    return () => {
      this.#left = true;
      clearTimeout(this.#timer);
      clearInterval(figures);
      for (const end of ends) end();
    };
  }

  /** Does something at the hub; false, with the hub's words as a notice, when it was refused. */
  async act(what: () => Promise<unknown>, done: string): Promise<boolean> {
    this.busy = true;
    try {
      await what();
      toast(done);
      return true;
    } catch (refusal) {
      toast(refusal instanceof ApiError ? refusal.message : String(refusal), 'alarm');
      return false;
    } finally {
      this.busy = false;
      this.#soon();
    }
  }

  #soon(afterMs = GATHER_MS): void {
    clearTimeout(this.#timer);
    if (!this.#left) this.#timer = setTimeout(() => void this.#fetch(true), afterMs);
  }

  async #fetch(all: boolean): Promise<void> {
    // Only of the whole: figures that come later know no less of what is open.
    const fetched = all ? (this.#fetched += 1) : this.#fetched;
    try {
      const [open, ended, asked] = await Promise.all([api.views('open'), all ? api.views('ended') : null, all ? api.askedGrants() : null]);
      // An older answer must not take back what a newer one brought.
      if (fetched !== this.#fetched) return;
      this.open = open.items;
      if (ended) this.ended = ended.items;
      if (asked) this.asked = asked.items.filter((grant) => grant.awaits === 'owner');
      this.fetchedAt = Date.now();
      this.ready = true;
    } catch (refusal) {
      if (!(refusal instanceof ApiError)) throw refusal;
      if (all && fetched === this.#fetched && (refusal.status === 0 || refusal.status >= 500)) this.#soon(AGAIN_MS);
    }
  }
}

/** Views that belong together under one heading. */
export interface Group {
  key: string;
  title: string;
  views: ViewRecord[];
}

/** Groups views in order of their first appearance. */
export function group(views: ViewRecord[], keyOf: (view: ViewRecord) => string, titleOf: (view: ViewRecord) => string): Group[] {
  const groups = new Map<string, Group>();
  for (const view of views) {
    const key = keyOf(view);
    const known = groups.get(key) ?? { key, title: titleOf(view), views: [] };
    known.views.push(view);
    groups.set(key, known);
  }
  return [...groups.values()];
}

/** Views opened in each of the last 24 hours, oldest first. */
export function byHour(views: ViewRecord[], now: number): number[] {
  const hours = Array.from({ length: 24 }, () => 0);
  for (const view of views) {
    const back = Math.floor((now - Date.parse(view.opened_at)) / 3_600_000);
    if (back >= 0 && back < 24) hours[23 - back] = (hours[23 - back] ?? 0) + 1;
  }
  return hours;
}
