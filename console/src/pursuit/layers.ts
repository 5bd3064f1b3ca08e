/** What a pursuit lays over the map: reachable area, heat on roads, blind roads, the path. Small sources of its own, drawn anew each second. */
import type { ExpressionSpecification, GeoJSONSource, LayerSpecification, Map as GlMap } from 'maplibre-gl';
import type { Belief, Pursuit, Stretch } from '../lib/pursuitTypes';
import { circle } from '../map/shapes';
import type { Colours } from '../map/style';
import { outlineOf } from './outline';
import type { Streets } from './roads';

type Feature = GeoJSON.Feature;
export type Part = 'belief' | 'reach' | 'blind';
/** A ring of the reachable area and where its word stands: its northernmost point. */
export type ReachWord = { minutes: number; lat: number; lon: number };

const SOURCES = ['pu-reach', 'pu-inferred', 'pu-belief', 'pu-blind', 'pu-path'] as const;
type Source = (typeof SOURCES)[number];
const LAYERS_OF: Record<Part, readonly string[]> = {
  belief: ['pu-glow', 'pu-heat'],
  reach: ['pu-reach-fill', 'pu-reach-0', 'pu-reach-1', 'pu-reach-3', 'pu-reach-5'],
  blind: ['pu-blind'],
};
/** The reachable area is redrawn at most this often: its outline moves by metres a second. */
const REACH_MS = 2500;
/** Each step of colour is a density this many times less. */
const STEP = 2.1;
/** The share of the estimate on each side that may lie outside the view. */
const TAIL = 0.03;

const collection = (features: Feature[]): GeoJSON.FeatureCollection => ({ type: 'FeatureCollection', features });
const line = (coordinates: GeoJSON.Position[], properties: Record<string, unknown> = {}): Feature => ({ type: 'Feature', geometry: { type: 'LineString', coordinates }, properties });
const byZoom = (at13: unknown, at16: unknown): ExpressionSpecification => ['interpolate', ['exponential', 1.4], ['zoom'], 13, at13, 16, at16] as unknown as ExpressionSpecification;
const bySet = (half: number, most: number, rest: number): ExpressionSpecification => ['match', ['get', 'set'], 2, half, 1, most, rest];

function layers(c: Colours): LayerSpecification[] {
  const round = { 'line-cap': 'round', 'line-join': 'round' } as const;
  const edge = (minutes: number, width: number, dash?: number[]): LayerSpecification => ({
    id: `pu-reach-${minutes}`, type: 'line', source: 'pu-reach', filter: ['==', ['get', 'minutes'], minutes], layout: { 'line-join': 'round' },
    paint: { 'line-color': c['m-reach'], 'line-width': width, 'line-opacity': minutes === 0 ? 0.95 : 0.7, ...(dash ? { 'line-dasharray': dash } : {}) },
  });
  const heat = ['match', ['get', 'heat'], 6, c.h6, 5, c.h5, 4, c.h4, 3, c.h3, 2, c.h2, c.h1] as unknown as ExpressionSpecification;
  return [
    { id: 'pu-reach-fill', type: 'fill', source: 'pu-reach', paint: { 'fill-color': c['m-reach'], 'fill-opacity': ['match', ['get', 'minutes'], 0, 0.09, 1, 0.05, 0.03], 'fill-antialias': false } },
    edge(5, 1.1, [1, 7]), edge(3, 1.2, [3, 6]), edge(1, 1.4, [9, 5]), edge(0, 2),
    { id: 'pu-inferred', type: 'line', source: 'pu-inferred', minzoom: 14, paint: { 'line-color': c['m-alley'], 'line-width': 1 } },
    { id: 'pu-blind', type: 'line', source: 'pu-blind', layout: { 'line-cap': 'round' }, paint: { 'line-color': c['m-blind'], 'line-width': 2.5, 'line-dasharray': [0, 2.2] } },
    { id: 'pu-glow', type: 'line', source: 'pu-belief', filter: ['>', ['get', 'set'], 0], layout: round, paint: { 'line-color': heat, 'line-width': byZoom(bySet(10, 6, 0), bySet(24, 14, 0)), 'line-blur': byZoom(6, 14), 'line-opacity': 0.3 } },
    { id: 'pu-heat', type: 'line', source: 'pu-belief', layout: { ...round, 'line-sort-key': ['get', 'heat'] }, paint: { 'line-color': heat, 'line-width': byZoom(bySet(4.5, 3, 1.6), bySet(7.5, 5, 2.6)) } },
    { id: 'pu-path-haze', type: 'line', source: 'pu-path', filter: ['==', ['get', 'role'], 'leg'], layout: round, paint: { 'line-color': c['m-path'], 'line-width': 13, 'line-blur': 8, 'line-opacity': ['*', 0.22, ['get', 'chance']] } },
    { id: 'pu-path-case', type: 'line', source: 'pu-path', filter: ['==', ['get', 'role'], 'leg'], layout: round, paint: { 'line-color': c['m-case'], 'line-width': 6 } },
    { id: 'pu-path', type: 'line', source: 'pu-path', filter: ['==', ['get', 'role'], 'leg'], layout: round, paint: { 'line-color': c['m-path'], 'line-width': 3 } },
    { id: 'pu-start', type: 'fill', source: 'pu-path', filter: ['==', ['get', 'role'], 'start'], paint: { 'fill-color': c['m-reach'], 'fill-opacity': 0.1 } },
    { id: 'pu-start-edge', type: 'line', source: 'pu-path', filter: ['==', ['get', 'role'], 'start'], paint: { 'line-color': c['m-reach'], 'line-width': 1.2, 'line-dasharray': [2, 3] } },
  ];
}

/** The heat of each street: six steps of density, the 50 % set never below the third. */
export function beliefFeatures(belief: Belief, streets: Streets): Feature[] {
  const densest = belief.streets.reduce((most, [, share, metres]) => Math.max(most, share / Math.max(metres, 1)), 0);
  return belief.streets.flatMap(([street, share, metres, set]) => {
    const at = streets.line(street);
    if (!at || share <= 0) return [];
    const steps = Math.log(densest / (share / Math.max(metres, 1))) / Math.log(STEP);
    return [line(at, { set, heat: Math.max(set === 2 ? 3 : 1, 6 - Math.round(steps)) })];
  });
}

/** The box that holds nearly all of the estimate: west, south, east, north. A thin tail far away does not shrink the rest. */
export function beliefBox(belief: Belief, streets: Streets): [number, number, number, number] | null {
  const middles = belief.streets.flatMap(([street, share]) => {
    const line = streets.line(street);
    const ends = line && [line[0], line.at(-1)];
    return ends ? ends.flatMap((end) => (end ? [{ lon: end[0], lat: end[1], share: share / 2 }] : [])) : [];
  });
  if (!middles.length) return null;
  const whole = middles.reduce((sum, one) => sum + one.share, 0);
  const at = (key: 'lon' | 'lat', part: number): number => {
    let left = whole * part;
    const sorted = middles.toSorted((a, b) => a[key] - b[key]);
    return (sorted.find((one) => (left -= one.share) <= 0) ?? sorted[sorted.length - 1] ?? { [key]: 0 })[key] as number;
  };
  return [at('lon', TAIL), at('lat', TAIL), at('lon', 1 - TAIL), at('lat', 1 - TAIL)];
}

export class PursuitLayers {
  #drawn = new Map<Source, unknown>();
  #reachAt = 0;
  #inferredOf: Streets | null = null;

  constructor(
    readonly map: GlMap,
    colours: Colours,
    below: string,
    readonly onreach: (words: ReachWord[]) => void,
  ) {
    for (const source of SOURCES) map.addSource(source, { type: 'geojson', data: collection([]), maxzoom: 16, tolerance: 0.2 });
    for (const layer of layers(colours)) map.addLayer(layer, below);
  }

  /** Draws a picture; null draws nothing at all. `anew`: another moment is looked at, nothing waits. */
  draw(pursuit: Pursuit | null, streets: Streets | null, anew: boolean): void {
    const began = performance.now();
    const belief = pursuit?.belief && streets ? pursuit.belief : null;
    this.#put('pu-belief', belief, () => (belief && streets ? beliefFeatures(belief, streets) : []));
    const blind = (pursuit && streets && pursuit.blind) || null;
    this.#put('pu-blind', blind, () => (blind && streets ? stretches(blind.map(([street, from, to]) => [street, from, to]), streets) : []));
    this.#put('pu-path', pursuit && [pursuit.path, pursuit.start], () => (pursuit ? pathFeatures(pursuit) : []));
    if (belief) mark(began);
    this.#drawInferred(streets);
    if (!pursuit?.reach || !streets || anew || began - this.#reachAt > REACH_MS) {
      this.#reachAt = began;
      this.#drawReach(pursuit?.reach ?? null, streets);
    }
  }

  show(part: Part, on: boolean): void {
    for (const layer of LAYERS_OF[part]) this.map.setLayoutProperty(layer, 'visibility', on ? 'visible' : 'none');
  }

  #put(source: Source, data: unknown, features: () => Feature[]): void {
    const asked = JSON.stringify(data);
    if (this.#drawn.get(source) === asked) return;
    this.#drawn.set(source, asked);
    (this.map.getSource(source) as GeoJSONSource | undefined)?.setData(collection(features()));
  }

  #drawInferred(streets: Streets | null): void {
    if (!streets || streets === this.#inferredOf) return;
    this.#inferredOf = streets;
    (this.map.getSource('pu-inferred') as GeoJSONSource).setData(collection(stretches([...streets.inferred].map((street) => [street, 0, 1]), streets)));
  }

  #drawReach(reach: Pursuit['reach'], streets: Streets | null): void {
    const asked = JSON.stringify(reach);
    if (this.#drawn.get('pu-reach') === asked) return;
    this.#drawn.set('pu-reach', asked);
    const words: ReachWord[] = [];
    const features = (streets && reach ? reach : []).flatMap(({ minutes, parts }) => {
      const rings = outlineOf(parts, streets as Streets);
      const top = rings.flat().reduce<[number, number] | null>((best, at) => (best && best[1] >= at[1] ? best : at), null);
      if (top) words.push({ minutes, lon: top[0], lat: top[1] });
      return rings.length ? [{ type: 'Feature', geometry: { type: 'MultiPolygon', coordinates: rings.map((ring) => [ring]) }, properties: { minutes } } as Feature] : [];
    });
    (this.map.getSource('pu-reach') as GeoJSONSource | undefined)?.setData(collection(features));
    this.onreach(words);
  }
}

function stretches(parts: Stretch[], streets: Streets): Feature[] {
  return parts.flatMap(([street, from, to]) => {
    const at = streets.part(street, from, to);
    return at ? [line(at)] : [];
  });
}

function pathFeatures(pursuit: Pursuit): Feature[] {
  const legs = (pursuit.path?.legs ?? []).map((leg) => line(leg.line.map(([lat, lon]) => [lon, lat]), { role: 'leg', chance: leg.chance }));
  const { start } = pursuit;
  const ring: Feature[] = start?.accuracy_m ? [{ type: 'Feature', geometry: { type: 'Polygon', coordinates: [circle(start, start.accuracy_m)] }, properties: { role: 'start' } }] : [];
  return [...ring, ...legs];
}

/** How long the belief took on this thread, for the browser's own timeline; the last one only. */
function mark(began: number): void {
  performance.clearMeasures('bonghwa:belief');
  performance.measure('bonghwa:belief', { start: began, end: performance.now() });
}
