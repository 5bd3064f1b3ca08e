/** All cameras of the city in columns, with a grid over them: what is in this view, what is at one point, what its health is now. */
import { api } from '../lib/api';
import type { CameraColumns, Health } from '../lib/types';

export type Box = { west: number; south: number; east: number; north: number };
/** One place on the ground with its cameras: the far map draws these, not cameras. */
export type CameraPoint = { lon: number; lat: number; known: boolean; dead: boolean; rows: number[] };

/** What gateways say of a camera; the position is its code in the columns. */
export const HEALTH: readonly Health[] = ['unknown', 'ok', 'slow', 'dead', 'password', 'late', 'frozen', 'black'];
const CELL = 0.01;
const cellOf = (lon: number, lat: number): string => `${Math.floor(lon / CELL)} ${Math.floor(lat / CELL)}`;

export class CameraField {
  readonly points: CameraPoint[] = [];
  #row = new Map<string, number>();
  #cells = new Map<string, number[]>();
  #watchers = new Set<(row: number) => void>();

  constructor(readonly columns: CameraColumns) {
    const at = new Map<string, CameraPoint>();
    columns.id.forEach((id, row) => {
      this.#row.set(id, row);
      const lon = columns.lon[row] ?? 0;
      const lat = columns.lat[row] ?? 0;
      const cell = cellOf(lon, lat);
      const there = this.#cells.get(cell);
      if (there) there.push(row);
      else this.#cells.set(cell, [row]);
      const key = `${lon} ${lat}`;
      let point = at.get(key);
      if (!point) {
        point = { lon, lat, known: false, dead: true, rows: [] };
        at.set(key, point);
        this.points.push(point);
      }
      point.rows.push(row);
      point.known ||= columns.pose[row] === 1;
      point.dead &&= this.silent(row);
    });
  }

  get size(): number {
    return this.columns.id.length;
  }

  row(id: string): number | undefined {
    return this.#row.get(id);
  }

  /** Whether a camera gives no picture: dead, or behind a password that is not known. */
  silent(row: number): boolean {
    const health = this.columns.health[row] ?? 0;
    return health === 3 || health === 4;
  }

  ownerOf(row: number): string {
    return this.columns.owners[this.columns.owner[row] ?? 0] ?? '';
  }

  /** Rows inside a box. */
  within(box: Box): number[] {
    const found: number[] = [];
    const { lon, lat } = this.columns;
    for (let x = Math.floor(box.west / CELL); x <= Math.floor(box.east / CELL); x++) {
      for (let y = Math.floor(box.south / CELL); y <= Math.floor(box.north / CELL); y++) {
        for (const row of this.#cells.get(`${x} ${y}`) ?? []) {
          const [a = 0, b = 0] = [lon[row], lat[row]];
          if (a >= box.west && a <= box.east && b >= box.south && b <= box.north) found.push(row);
        }
      }
    }
    return found;
  }

  /** The box that holds most cameras: outlying islands do not shrink the town. */
  heart(): Box {
    const part = (values: number[], share: number): number => values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
    const lon = [...this.columns.lon].sort((a, b) => a - b);
    const lat = [...this.columns.lat].sort((a, b) => a - b);
    return { west: part(lon, 0.03), east: part(lon, 0.995), south: part(lat, 0.02), north: part(lat, 0.9) };
  }

  /** Takes over a camera's health from an event. */
  setHealth(id: string, health: Health): void {
    const row = this.#row.get(id);
    if (row === undefined) return;
    this.columns.health[row] = Math.max(0, HEALTH.indexOf(health));
    for (const act of this.#watchers) act(row);
  }

  /** Calls `act` with the row whose health changed; the answer ends that. */
  onHealth(act: (row: number) => void): () => void {
    this.#watchers.add(act);
    return () => this.#watchers.delete(act);
  }
}

let field: Promise<CameraField> | null = null;
let basemap: Promise<GeoJSON.FeatureCollection> | null = null;
let places: Promise<GeoJSON.FeatureCollection<GeoJSON.Point>> | null = null;

/** Forgets a failed load, so that the next page that asks tries again. */
function once<T>(now: Promise<T> | null, load: () => Promise<T>, forget: () => void): Promise<T> {
  return (
    now ??
    load().catch((error: unknown) => {
      forget();
      throw error;
    })
  );
}

/** The cameras, fetched once for the whole page. */
export function cameraField(): Promise<CameraField> {
  field = once(field, async () => new CameraField(await api.cameraColumns()), () => (field = null));
  return field;
}

/** The base map, fetched once for the whole page. */
export function basemapOnce(): Promise<GeoJSON.FeatureCollection> {
  basemap = once(basemap, api.basemap, () => (basemap = null));
  return basemap;
}

export function placesOnce(): Promise<GeoJSON.FeatureCollection<GeoJSON.Point>> {
  places = once(places, api.places, () => (places = null));
  return places;
}
