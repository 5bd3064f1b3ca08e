/** Small shapes on the ground, good to a few hundred metres: circles, sectors, rings. Bearings are degrees clockwise from north. */
import type { Spot } from './types';

const M_PER_DEG_LAT = 111_320;
type Ring = [lon: number, lat: number][];

/** How far from the scene the arcs of what nobody sees stand, where the map is near enough. */
export const UNSEEN_M = 118;

/** The spot `metres` away from another in a direction. */
export function offset(from: Spot, bearing: number, metres: number): [lon: number, lat: number] {
  const a = (bearing * Math.PI) / 180;
  const lat = from.lat + (Math.cos(a) * metres) / M_PER_DEG_LAT;
  return [from.lon + (Math.sin(a) * metres) / (M_PER_DEG_LAT * Math.cos((from.lat * Math.PI) / 180)), lat];
}

export function circle(centre: Spot, metres: number, steps = 48): Ring {
  return Array.from({ length: steps + 1 }, (_, i) => offset(centre, (i * 360) / steps, metres));
}

/** A slice of a ring between two distances: the pieces from which a wedge fading outward is laid. */
export function sector(from: Spot, bearing: number, width: number, near: number, far: number): Ring {
  const steps = Math.max(2, Math.round(width / 12));
  const at = (i: number): number => bearing - width / 2 + (width * i) / steps;
  const outer: Ring = Array.from({ length: steps + 1 }, (_, i) => offset(from, at(i), far));
  const inner: Ring = near <= 0 ? [[from.lon, from.lat]] : Array.from({ length: steps + 1 }, (_, i) => offset(from, at(steps - i), near));
  const ring = [...outer, ...inner];
  return [...ring, ring[0] ?? [from.lon, from.lat]];
}

/** Metres between two spots. */
export function distance(a: Spot, b: Spot): number {
  const dx = (b.lon - a.lon) * Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180);
  return Math.hypot(dx, b.lat - a.lat) * M_PER_DEG_LAT;
}

/** Metres a screen pixel covers at a latitude and a MapLibre zoom (512 px tiles). */
export function metresPerPixel(lat: number, zoom: number): number {
  return (40_075_016.7 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** zoom);
}

/** Area (in square degrees, signed) and centre of gravity of a ring. */
export function gravity(ring: number[][]): { area: number; lon: number; lat: number } {
  let area = 0;
  let x = 0;
  let y = 0;
  for (let i = 0; i < ring.length - 1; i++) {
    const [ax = 0, ay = 0] = ring[i] ?? [];
    const [bx = 0, by = 0] = ring[i + 1] ?? [];
    const cross = ax * by - bx * ay;
    area += cross / 2;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  }
  return area === 0 ? { area: 0, lon: ring[0]?.[0] ?? 0, lat: ring[0]?.[1] ?? 0 } : { area, lon: x / (6 * area), lat: y / (6 * area) };
}
