/** The incidents this desk may know of, kept by events: a snapshot once, then one row at a time, never a fetch for each event. */
import { api } from '../lib/api';
import { events, onEvent } from '../lib/events.svelte';
import type { HubEvent } from '../lib/eventTypes';
import { desk } from '../lib/session.svelte';
import type { Incident, IncidentSummary } from '../lib/types';
import { hiding, levelOf, seriousnessOf } from './triage';

export type Stage = 'real' | 'drill';
/** Counts and expiries are not in events: they are fetched anew for all rows together, this often at most. */
const COUNTS_EVERY_MS = 2000;
const PAGE = 200;

class Incidents {
  all: IncidentSummary[] = $state.raw([]);
  /** True once the first snapshot is here. */
  ready: boolean = $state(false);
  /** Drill and real never share a queue: which of the two this desk shows. */
  stage: Stage = $state('real');
  /** The row chosen in the queue. */
  selected: string | null = $state(null);
  /** The row that keys act on: the one chosen, else the first. */
  current: string | null = $state(null);
  #dirty = 0;
  #loading: Promise<string | null> | null = null;
  /** What was put or removed since the load that runs began: its snapshot may be older. */
  readonly #touched = new Set<string>();
  #undo: (() => void)[] = [];

  open: IncidentSummary[] = $derived(this.all.filter((incident) => incident.state !== 'closed'));
  drills: IncidentSummary[] = $derived(this.open.filter((incident) => incident.drill));
  /** Those of the stage shown, in queue order. */
  shown: IncidentSummary[] = $derived(this.open.filter((incident) => incident.drill === (this.stage === 'drill')).sort(inQueueOrder));
  /** Alarms nobody has acknowledged and no reason hides, the highest and newest first. */
  unanswered: IncidentSummary[] = $derived(
    this.open.filter((incident) => incident.needs.includes('acknowledge') && !hiding(incident)).sort((a, b) => a.priority - b.priority || b.opened_at.localeCompare(a.opened_at)),
  );

  /** Takes the snapshot and follows the events from it; answers with the cursor to follow from. */
  async begin(): Promise<string | null> {
    this.end();
    this.#undo = [
      onEvent('incident', (event) => this.#incident(event)),
      ...['grant', 'view'].map((of) => onEvent(of, () => this.#countsChanged())),
      events.onReset(() => void this.load().catch(() => undefined)),
    ];
    return this.load();
  }

  end(): void {
    for (const undo of this.#undo) undo();
    this.#undo = [];
    clearTimeout(this.#dirty);
    this.#dirty = 0;
    this.#touched.clear();
    this.all = [];
    this.ready = false;
    this.selected = null;
    this.stage = 'real';
  }

  byId(id: string): IncidentSummary | undefined {
    return this.all.find((incident) => incident.id === id);
  }

  /** Fetches every open incident; calls at the same time share one fetch. */
  load(): Promise<string | null> {
    this.#loading ??= this.#fetchAll().finally(() => (this.#loading = null));
    return this.#loading;
  }

  /** Takes over what an act answered, without waiting for its event. A whole incident brings its reports as a list, a row their number. */
  put(answer: IncidentSummary | Incident): void {
    const incident: IncidentSummary = { ...answer, reports: Array.isArray(answer.reports) ? answer.reports.length : answer.reports };
    const at = this.all.findIndex((other) => other.id === incident.id);
    this.#touched.add(incident.id);
    if (at < 0) this.all = [...this.all, incident];
    else if (incident.rev >= (this.all[at]?.rev ?? 0)) this.all = this.all.with(at, { ...this.all[at], ...incident });
  }

  show(stage: Stage): void {
    this.stage = stage;
    this.selected = null;
  }

  async #fetchAll(): Promise<string | null> {
    this.#touched.clear();
    const found: IncidentSummary[] = [];
    let cursor: string | null = null;
    let after: string | undefined;
    do {
      const page = await api.incidents({ state: 'open', limit: PAGE, ...(after ? { after } : {}) });
      cursor ??= page.cursor;
      found.push(...page.items);
      after = page.next ?? undefined;
    } while (after);
    const newer = new Map(this.all.map((incident) => [incident.id, incident]));
    const merged = found.flatMap((incident) => {
      const known = newer.get(incident.id);
      if (!known && this.#touched.has(incident.id)) return [];
      return known && known.rev > incident.rev ? { ...incident, ...known } : incident;
    });
    const read = new Set(found.map((incident) => incident.id));
    this.all = [...merged, ...this.all.filter(({ id }) => this.#touched.has(id) && !read.has(id))];
    // The first snapshot may be that of a reset: the one a desk begins with can fail.
    if (!this.ready) {
      this.ready = true;
      this.#chooseStage();
    }
    return cursor;
  }

  #incident(event: HubEvent): void {
    const data = event.data as Partial<IncidentSummary>;
    const id = data.id ?? event.subject;
    const known = this.byId(id);
    if (event.type === 'incident.closed' && data.state !== 'closed') return this.#countsChanged();
    if (data.state === 'closed' || !takesPart(data)) {
      this.#touched.add(id);
      this.all = this.all.filter((incident) => incident.id !== id);
      return;
    }
    if (known && event.rev !== null && event.rev < known.rev) return;
    if (!known && !data.opened_at) return this.#countsChanged();
    const blank = { needs: [], louder: false, participants: [], rev: 0 };
    this.put({ ...blank, ...known, ...data, id, rev: event.rev ?? known?.rev ?? 0 } as IncidentSummary);
    if (event.type === 'incident.opened' || event.type === 'incident.reopened' || event.data.graver) this.#opened(data.drill ?? false);
    this.#countsChanged();
  }

  /** A real alarm breaks a drill at this desk at once; a drill alarm never pushes real work away. */
  #opened(drill: boolean): void {
    if (!drill) this.stage = 'real';
    else this.#chooseStage();
  }

  #chooseStage(): void {
    const real = this.open.some((incident) => !incident.drill);
    if (this.drills.length && !real) this.stage = 'drill';
    else if (!this.drills.length) this.stage = 'real';
  }

  #countsChanged(): void {
    if (this.#dirty) return;
    this.#dirty = window.setTimeout(() => {
      this.#dirty = 0;
      // The one that runs may have read before the change.
      if (this.#loading) return this.#countsChanged();
      this.load().then(
        () => this.#chooseStageWhenEmpty(),
        () => undefined,
      );
    }, COUNTS_EVERY_MS);
  }

  #chooseStageWhenEmpty(): void {
    if (this.stage === 'drill' && !this.drills.length) this.stage = 'real';
  }
}

/** Whether the part of this desk's agency is open; what an event does not say is no news. */
const takesPart = (incident: Partial<IncidentSummary>): boolean => incident.participants?.includes(desk.session?.account.agency ?? '') ?? true;

/** What needs a person first, then by beacons and what triage says of a wearer's alarms, then the longest waiting first. */
function inQueueOrder(a: IncidentSummary, b: IncidentSummary): number {
  return (
    Number(b.needs.length > 0) - Number(a.needs.length > 0) ||
    levelOf(a) - levelOf(b) ||
    seriousnessOf(a) - seriousnessOf(b) ||
    (b.triage?.weight ?? 0) - (a.triage?.weight ?? 0) ||
    a.opened_at.localeCompare(b.opened_at) ||
    a.id.localeCompare(b.id)
  );
}

export type Group = { key: 'needs' | 'open' | 'kept' | 'hidden'; incidents: IncidentSummary[] };

/**
 * The groups of the queue. Hidden: what a reason hides for now, always counted. Kept together: notes of one beacon, and alarms of two that open no camera and wait for nothing; they are
 * counted by kind and never hidden.
 */
export function groupsOf(incidents: IncidentSummary[]): Group[] {
  const kept = (incident: IncidentSummary): boolean =>
    incident.priority === 4 || (incident.priority === 3 && incident.needs.length === 0 && incident.counts?.cameras === 0);
  const shown = incidents.filter((incident) => !hiding(incident));
  return [
    { key: 'needs', incidents: shown.filter((incident) => !kept(incident) && incident.needs.length > 0) },
    { key: 'open', incidents: shown.filter((incident) => !kept(incident) && incident.needs.length === 0) },
    { key: 'kept', incidents: shown.filter(kept) },
    { key: 'hidden', incidents: incidents.filter(hiding) },
  ];
}

export const incidents = new Incidents();
