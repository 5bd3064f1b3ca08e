/** What the map is asked to show. */
import type { Line, Priority } from '../lib/types';

export type MapMode = 'city' | 'incident' | 'district' | 'phone';
/** An incident on the map. Its shape says the line, its fill the priority; `label` is written beside it. */
export type Pin = {
  id: string;
  lat: number;
  lon: number;
  line: Line;
  kind: string;
  priority: Priority;
  label: string;
  /** Written after the label, for example the age; also spoken. */
  note?: string;
  drill?: boolean;
  louder?: boolean;
};
/** A camera chosen for an incident. `number` is the badge, the same as on its tile and its key; null draws no badge. */
export type Chosen = {
  id: string;
  number: number | null;
  lat: number;
  lon: number;
  pose: 'known' | 'unknown';
  bearing: number | null;
  fov: number | null;
  range_m: number | null;
  live?: boolean;
  /** Written beside the badge, for example when he may be there. */
  note?: string;
};
export type Spot = { lat: number; lon: number };
/** Where to look: a new object moves the map there. */
export type MapFocus = Spot & { zoom?: number };
/** The responder's own place, from the phone. */
export type OwnPlace = Spot & { accuracy_m?: number | null; heading?: number | null };
