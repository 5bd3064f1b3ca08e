/** What the hub's event stream says (docs/api.md, Events). */
import type { GrantState } from './types';

/** One server-sent event. `subject` is the id of the thing; `data` depends on the type (docs/api.md, Events). */
export type HubEvent<T = Record<string, unknown>> = {
  id: string;
  at: string;
  type: string;
  subject: string;
  rev: number | null;
  data: T;
};
export type GrantEventData = {
  grant: string;
  incident: string;
  agency: string;
  owner: string;
  cameras: string[];
  state: GrantState;
  reason: string | null;
};
export type ViewEventData = {
  view: string;
  grant: string | null;
  camera: string;
  agency: string;
  reason: string | null;
  by: string | null;
};
