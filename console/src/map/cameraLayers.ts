/**
 * Cameras on the map, in three ranges (design section 4): far, one dot a point, a texture of light; middle, rings with counts; near, each
 * camera with its wedge when its pose is known and a hollow dot when it is not. An unknown pose is never drawn as a cone.
 */
import type { GeoJSONSource, LayerSpecification, Map as GlMap } from 'maplibre-gl';
import type { Box, CameraField } from './cameras';
import { FONT_BOLD, type Colours } from './style';
import { sector } from './shapes';

export const MIDDLE_FROM = 12;
export const NEAR_FROM = 13.5;
const WEDGES_FROM = 14.5;
/** Shares of cameras without an answer for which a ring is drawn; between them the lower one is used. */
const RING_SHARES = [0, 0.03, 0.08, 0.15, 0.3, 0.5, 0.75, 1] as const;
const FADE = [[0, 0.3, 1], [0.3, 0.55, 0.6], [0.55, 0.8, 0.32], [0.8, 1, 0.12]] as const;

type Feature = GeoJSON.Feature;
const collection = (features: Feature[]): GeoJSON.FeatureCollection => ({ type: 'FeatureCollection', features });
const point = (lon: number, lat: number, properties: Record<string, unknown>, id?: number): Feature => ({
  type: 'Feature', geometry: { type: 'Point', coordinates: [lon, lat] }, properties, ...(id === undefined ? {} : { id }),
});

export const CAMERA_LAYERS = ['camera-far', 'camera-ring', 'camera-known', 'camera-unknown', 'camera-silent'] as const;

function layers(c: Colours): LayerSpecification[] {
  const silent = ['boolean', ['feature-state', 'dead'], false] as const;
  return [
    {
      id: 'camera-far', type: 'circle', source: 'camera-points', maxzoom: MIDDLE_FROM,
      paint: {
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 9, 0.85, 10.5, 1.1, 12, 1.6],
        'circle-color': ['case', [...silent], c['m-cam-dead'], c['m-cam']],
        'circle-opacity': ['case', [...silent], 0.9, ['get', 'known'], 0.85, 0.5],
      },
    },
    {
      id: 'camera-ring', type: 'symbol', source: 'camera-clusters', minzoom: MIDDLE_FROM, maxzoom: NEAR_FROM, filter: ['has', 'point_count'],
      layout: {
        'icon-image': ['step', ['/', ['get', 'silent'], ['get', 'heads']], 'ring-0', ...RING_SHARES.slice(1).flatMap((share, i) => [share, `ring-${i + 1}`])] as never,
        'icon-size': ['interpolate', ['linear'], ['get', 'heads'], 2, 0.5, 20, 0.66, 120, 0.95],
        'icon-allow-overlap': true, 'text-allow-overlap': true,
        'text-field': ['to-string', ['get', 'heads']], 'text-font': FONT_BOLD, 'text-size': 11,
      },
      paint: { 'text-color': c.t1 },
    },
    {
      id: 'camera-lone', type: 'circle', source: 'camera-clusters', minzoom: MIDDLE_FROM, maxzoom: NEAR_FROM, filter: ['!', ['has', 'point_count']],
      paint: { 'circle-radius': 1.9, 'circle-color': ['case', ['>', ['get', 'silent'], 0], c['m-cam-dead'], c['m-cam']], 'circle-opacity': 0.85 },
    },
    { id: 'camera-wedge', type: 'fill', source: 'camera-wedges', minzoom: WEDGES_FROM, paint: { 'fill-color': ['case', ['get', 'watched'], c['m-cam-live'], c['m-cam']], 'fill-opacity': ['interpolate', ['linear'], ['zoom'], WEDGES_FROM, ['*', 0.5, ['get', 'alpha']], 16.5, ['get', 'alpha']], 'fill-antialias': false } },
    {
      id: 'camera-watched', type: 'circle', source: 'camera-near', minzoom: NEAR_FROM, filter: ['get', 'watched'],
      paint: { 'circle-radius': 6.5, 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-color': c['m-cam-live'], 'circle-stroke-width': 1.6 },
    },
    {
      id: 'camera-known', type: 'circle', source: 'camera-near', minzoom: NEAR_FROM, filter: ['all', ['get', 'known'], ['!', ['get', 'silent']]],
      paint: { 'circle-radius': byZoom(1.9, 3.2), 'circle-color': ['case', ['get', 'slow'], c['m-cam-slow'], ['get', 'watched'], c['m-cam-live'], c['m-cam']] },
    },
    {
      id: 'camera-unknown', type: 'circle', source: 'camera-near', minzoom: NEAR_FROM, filter: ['all', ['!', ['get', 'known']], ['!', ['get', 'silent']]],
      paint: { 'circle-radius': byZoom(1.9, 3.2), 'circle-color': c['m-land'], 'circle-stroke-width': 1.1, 'circle-stroke-color': ['case', ['get', 'slow'], c['m-cam-slow'], ['get', 'watched'], c['m-cam-live'], c['m-cam-unk']] },
    },
    {
      id: 'camera-silent', type: 'symbol', source: 'camera-near', minzoom: NEAR_FROM, filter: ['get', 'silent'],
      layout: { 'icon-image': 'camera-cross', 'icon-allow-overlap': true, 'icon-ignore-placement': true },
    },
  ];
}

function byZoom(small: number, large: number): ['interpolate', ['linear'], ['zoom'], ...(number | unknown)[]] & never {
  return ['interpolate', ['linear'], ['zoom'], NEAR_FROM, small, 17, large] as never;
}

/** Draws a small picture for the map at twice the size it is shown. */
function drawn(size: number, paint: (g: CanvasRenderingContext2D) => void): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size * 2;
  const g = canvas.getContext('2d', { willReadFrequently: true });
  if (!g) throw new Error('no 2D canvas on this device');
  g.scale(2, 2);
  paint(g);
  return g.getImageData(0, 0, size * 2, size * 2);
}

function addImages(map: GlMap, c: Colours): void {
  RING_SHARES.forEach((share, i) => {
    const ring = drawn(44, (g) => {
      const top = -Math.PI / 2;
      g.fillStyle = c.s0;
      g.globalAlpha = 0.86;
      g.beginPath();
      g.arc(22, 22, 19, 0, 7);
      g.fill();
      g.globalAlpha = 1;
      g.lineWidth = 2.6;
      g.strokeStyle = c['m-cam'];
      g.beginPath();
      g.arc(22, 22, 19, top, top + 2 * Math.PI * (1 - share));
      g.stroke();
      g.strokeStyle = c['m-cam-dead'];
      g.setLineDash([2.4, 2.6]);
      g.beginPath();
      g.arc(22, 22, 19, top - 2 * Math.PI * share, top);
      g.stroke();
    });
    map.addImage(`ring-${i}`, ring, { pixelRatio: 2 });
  });
  const cross = drawn(10, (g) => {
    g.strokeStyle = c['m-cam-dead'];
    g.lineWidth = 1.4;
    g.lineCap = 'round';
    g.beginPath();
    g.moveTo(2, 2);
    g.lineTo(8, 8);
    g.moveTo(8, 2);
    g.lineTo(2, 8);
    g.stroke();
  });
  map.addImage('camera-cross', cross, { pixelRatio: 2 });
}

const HEALTH_WAITS_MS = 2000;

/** Puts the cameras on a map and keeps the near ones up to date with the view, their health and who watches. */
export class CameraLayers {
  #box: Box | null = null;
  #shown = '';
  #watched = new Set<string>();
  #owners: Set<string> | null = null;
  #hidden = new Set<string>();
  #queued = 0;
  #flushing = 0;
  #stale = new Set<number>();
  #dead = new Set<number>();
  readonly #undo: (() => void)[] = [];

  constructor(
    readonly map: GlMap,
    readonly field: CameraField,
    colours: Colours,
    below: string,
  ) {
    addImages(map, colours);
    const none = collection([]);
    map.addSource('camera-points', { type: 'geojson', data: collection(field.points.map((p, i) => point(p.lon, p.lat, { known: p.known }, i))), maxzoom: 12, buffer: 8 });
    map.addSource('camera-clusters', {
      type: 'geojson', data: this.#clusterData(), cluster: true, clusterRadius: 62, clusterMaxZoom: 13, maxzoom: 14,
      clusterProperties: { heads: ['+', ['get', 'heads']], silent: ['+', ['get', 'silent']] },
    });
    map.addSource('camera-near', { type: 'geojson', data: none, maxzoom: 15 });
    map.addSource('camera-wedges', { type: 'geojson', data: none, maxzoom: 15, tolerance: 0.1 });
    for (const layer of layers(colours)) map.addLayer(layer, below);
    field.points.forEach((p, i) => {
      if (!p.dead) return;
      this.#dead.add(i);
      map.setFeatureState({ source: 'camera-points', id: i }, { dead: true });
    });
    const moved = (): void => this.#moved();
    map.on('move', moved);
    this.#undo.push(() => map.off('move', moved), field.onHealth((row) => this.#healthChanged(row)));
    this.#moved();
  }

  /** Cameras somebody watches now; cameras drawn otherwise (chosen ones); only these owners' cameras, or all. */
  show(watched: string[], hidden: string[], owners: string[] | null): void {
    const asked = JSON.stringify([watched.toSorted(), hidden.toSorted(), owners]);
    if (asked === this.#shown) return;
    this.#shown = asked;
    this.#watched = new Set(watched);
    this.#hidden = new Set(hidden);
    const before = [...(this.#owners ?? [])].join();
    this.#owners = owners ? new Set(owners) : null;
    if ([...(this.#owners ?? [])].join() !== before) {
      (this.map.getSource('camera-clusters') as GeoJSONSource | undefined)?.setData(this.#clusterData());
      const shown = (p: { rows: number[] }): boolean => p.rows.some((row) => this.#isShown(row));
      const features = this.field.points.flatMap((p, i) => (shown(p) ? [point(p.lon, p.lat, { known: p.known }, i)] : []));
      (this.map.getSource('camera-points') as GeoJSONSource | undefined)?.setData(collection(features));
    }
    this.#refreshSoon();
  }

  stop(): void {
    for (const act of this.#undo) act();
    cancelAnimationFrame(this.#queued);
    clearTimeout(this.#flushing);
  }

  #isShown(row: number): boolean {
    return !this.#owners || this.#owners.has(this.field.ownerOf(row));
  }

  #clusterData(): GeoJSON.FeatureCollection {
    return collection(
      this.field.points.flatMap((p) => {
        const rows = p.rows.filter((row) => this.#isShown(row));
        return rows.length ? [point(p.lon, p.lat, { heads: rows.length, silent: rows.filter((row) => this.field.silent(row)).length })] : [];
      }),
    );
  }

  /** Health comes in bursts when an alarm opens pictures; the map may wait, the pictures may not. */
  #healthChanged(row: number): void {
    this.#stale.add(row);
    this.#flushing ||= window.setTimeout(() => this.#flushHealth(), HEALTH_WAITS_MS);
  }

  #flushHealth(): void {
    this.#flushing = 0;
    const box = this.#box;
    let near = false;
    for (const row of this.#stale) {
      const lon = this.field.columns.lon[row];
      const lat = this.field.columns.lat[row];
      const at = this.field.points.findIndex((p) => p.lon === lon && p.lat === lat);
      const place = this.field.points[at];
      const dead = place?.rows.every((r) => this.field.silent(r)) ?? false;
      if (place && dead !== this.#dead.has(at)) {
        this.#dead[dead ? 'add' : 'delete'](at);
        this.map.setFeatureState({ source: 'camera-points', id: at }, { dead });
      }
      near ||= !!box && lon !== undefined && lat !== undefined && lon >= box.west && lon <= box.east && lat >= box.south && lat <= box.north;
    }
    this.#stale.clear();
    if (near) this.#refreshSoon();
  }

  /** The near sources hold what the view shows and half a screen around it; they are filled again only when the view leaves that. */
  #moved(): void {
    if (this.map.getZoom() < NEAR_FROM - 0.1) return;
    const b = this.map.getBounds();
    const box = this.#box;
    const inside = box && b.getWest() >= box.west && b.getEast() <= box.east && b.getSouth() >= box.south && b.getNorth() <= box.north;
    const wide = box && box.east - box.west > 4 * (b.getEast() - b.getWest());
    if (!inside || wide) this.#refresh();
  }

  #refreshSoon(): void {
    if (this.#queued) return;
    this.#queued = requestAnimationFrame(() => {
      this.#queued = 0;
      if (this.map.getZoom() >= NEAR_FROM - 0.1) this.#refresh();
      else this.#box = null;
    });
  }

  #refresh(): void {
    const b = this.map.getBounds();
    const dx = (b.getEast() - b.getWest()) / 2;
    const dy = (b.getNorth() - b.getSouth()) / 2;
    this.#box = { west: b.getWest() - dx, east: b.getEast() + dx, south: b.getSouth() - dy, north: b.getNorth() + dy };
    const cameras: Feature[] = [];
    const wedges: Feature[] = [];
    const c = this.field.columns;
    const withWedges = this.map.getZoom() > WEDGES_FROM - 0.6;
    for (const row of this.field.within(this.#box)) {
      const id = c.id[row] ?? '';
      if (!this.#isShown(row) || this.#hidden.has(id)) continue;
      const spot = { lon: c.lon[row] ?? 0, lat: c.lat[row] ?? 0 };
      const known = c.pose[row] === 1;
      const silent = this.field.silent(row);
      const watched = this.#watched.has(id);
      cameras.push(point(spot.lon, spot.lat, { id, known, silent, slow: (c.health[row] ?? 0) === 2 || (c.health[row] ?? 0) > 4, watched }));
      const bearing = c.bearing[row];
      if (!withWedges || !known || silent || bearing === null || bearing === undefined) continue;
      const range = Math.min(c.range_m[row] ?? 40, 60);
      for (const [near, far, share] of FADE) {
        const ring = sector(spot, bearing, c.fov[row] ?? 70, near * range, far * range);
        wedges.push({ type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties: { alpha: share * (watched ? 0.6 : 0.24), watched } });
      }
    }
    (this.map.getSource('camera-near') as GeoJSONSource | undefined)?.setData(collection(cameras));
    (this.map.getSource('camera-wedges') as GeoJSONSource | undefined)?.setData(collection(wedges));
  }
}
