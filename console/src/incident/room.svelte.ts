/** One incident as this page knows it: fetched, kept true by the hub's events, and acted on. */
import { api, ApiError } from '../lib/api';
import { events } from '../lib/events.svelte';
import { toast } from '../lib/toast.svelte';
import type { GrantEventData, HubEvent, ViewEventData } from '../lib/eventTypes';
import type { Grant, Incident } from '../lib/types';
import { blankIncident } from '../video/pool';

/** Events come in bursts (nine views open at once): one fetch answers them all. */
const GATHER_MS = 120;

export class IncidentRoom {
  readonly id: string;
  incident = $state.raw<Incident | null>(null);
  /** Why the incident cannot be shown. */
  failure = $state.raw<ApiError | null>(null);
  /** True while an act waits for the hub. */
  busy = $state(false);
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = false;

  constructor(id: string) {
    this.id = id;
  }

  /** True when this agency's part, or the whole incident, is over: no picture may be on the page. */
  get over(): boolean {
    return this.incident?.state === 'closed' || this.incident?.mine?.state === 'closed';
  }

  /** Fetches and listens; the answer ends both. */
  enter(): () => void {
    void this.#fetch();
    const ends = [
      events.on('incident', (event) => this.#incidentEvent(event)),
      events.on('grant', (event) => this.#grantEvent(event)),
      events.on('view', (event) => this.#viewEvent(event)),
      events.on('responder', () => this.refresh()),
      events.on('clip', (event) => event.data['incident'] === this.id && this.refresh()),
      events.onReset(() => void this.#fetch()),
    ];
    return () => {
      this.#left = true;
      clearTimeout(this.#timer);
      for (const end of ends) end();
    };
  }

  /** Fetches soon. */
  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetch(), GATHER_MS);
  }

  /** Does something at the hub and shows its answer. False, with the hub's words as a notice, when it was refused. */
  async act(what: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    try {
      const answer = await what();
      if (isIncident(answer, this.id)) this.#take(answer);
      this.refresh();
      return true;
    } catch (refusal) {
      toast(refusal instanceof ApiError ? refusal.message : String(refusal), 'alarm');
      return false;
    } finally {
      this.busy = false;
    }
  }

  async #fetch(): Promise<void> {
    clearTimeout(this.#timer);
    const asked = (this.#asked += 1);
    try {
      const incident = await api.incident(this.id);
      if (asked === this.#asked && !this.#left) this.#take(incident);
    } catch (refusal) {
      if (this.#left || !(refusal instanceof ApiError)) return;
      if (refusal.status === 0 || refusal.status >= 500) this.#timer = setTimeout(() => void this.#fetch(), 2000);
      else {
        this.failure = refusal;
        blankIncident(this.id, 'closed');
      }
    }
  }

  #take(incident: Incident): void {
    this.incident = incident;
    this.failure = null;
    if (this.over) blankIncident(this.id, 'closed');
  }

  #incidentEvent(event: HubEvent): void {
    if (event.subject === this.id) this.refresh();
  }

  #grantEvent(event: HubEvent): void {
    const data = event.data as GrantEventData;
    if (data.incident !== this.id || !this.incident) return;
    const grants = this.incident.grants.map((grant): Grant => (grant.id === data.grant ? { ...grant, state: data.state, reason: data.reason } : grant));
    this.incident = { ...this.incident, grants };
    this.refresh();
  }

  #viewEvent(event: HubEvent): void {
    const { grant } = event.data as ViewEventData;
    if (grant && this.incident?.grants.some((known) => known.id === grant)) this.refresh();
  }
}

function isIncident(answer: unknown, id: string): answer is Incident {
  return typeof answer === 'object' && answer !== null && 'id' in answer && answer.id === id && 'grants' in answer;
}
