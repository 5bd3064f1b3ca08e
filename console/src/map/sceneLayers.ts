/** What an incident lays over the map: the accuracy of its place, the radius of the clause, the chosen cameras' wedges and discs. */
import type { GeoJSONSource, LayerSpecification, Map as GlMap } from 'maplibre-gl';
import { circle, sector } from './shapes';
import type { Colours } from './style';
import type { Chosen, OwnPlace, Spot } from './types';

type Feature = GeoJSON.Feature;
export type Scene = {
  centre: Spot | null;
  accuracy_m: number | null;
  radius_m: number | null;
  chosen: Chosen[];
  selected: string | null;
  me: OwnPlace | null;
};
const area = (ring: [number, number][], properties: Record<string, unknown>): Feature => ({ type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties });
const is = (role: string): ['==', ['get', string], string] => ['==', ['get', 'role'], role];
const UNKNOWN_RANGE_M = 30;

function layers(c: Colours): LayerSpecification[] {
  const tone = ['case', ['get', 'live'], c['m-cam-live'], c['m-cam']] as never;
  return [
    { id: 'scene-accuracy', type: 'fill', source: 'scene', filter: is('accuracy'), paint: { 'fill-color': c.alarm, 'fill-opacity': 0.14 } },
    { id: 'scene-radius', type: 'line', source: 'scene', filter: is('radius'), paint: { 'line-color': c.alarm, 'line-opacity': 0.75, 'line-width': 1.2, 'line-dasharray': [7, 5] } },
    { id: 'scene-me', type: 'fill', source: 'scene', filter: is('me'), paint: { 'fill-color': c.acc, 'fill-opacity': 0.14 } },
    { id: 'scene-wedge', type: 'fill', source: 'scene', filter: is('wedge'), paint: { 'fill-color': tone, 'fill-opacity': ['get', 'alpha'], 'fill-antialias': false } },
    { id: 'scene-edge', type: 'line', source: 'scene', filter: is('edge'), paint: { 'line-color': tone, 'line-width': ['case', ['get', 'selected'], 2, 1] } },
    { id: 'scene-disc', type: 'fill', source: 'scene', filter: is('disc'), paint: { 'fill-color': tone, 'fill-opacity': 0.06 } },
    { id: 'scene-disc-edge', type: 'line', source: 'scene', filter: is('disc'), paint: { 'line-color': tone, 'line-width': ['case', ['get', 'selected'], 2, 1.1], 'line-dasharray': [3, 3] } },
  ];
}

/** The ground one camera may cover: a wedge fading outward when its pose is known, a dashed disc when it is not. */
function ofCamera(camera: Chosen, selected: boolean): Feature[] {
  const live = camera.live ?? true;
  const range = Math.min(camera.range_m ?? UNKNOWN_RANGE_M, 120);
  if (camera.pose === 'unknown' || camera.bearing === null) return [area(circle(camera, range), { role: 'disc', live, selected })];
  const fov = camera.fov ?? 70;
  const bearing = camera.bearing;
  const slices = [[0, 0.35, 0.5], [0.35, 0.7, 0.3], [0.7, 1, 0.16]].map(([near = 0, far = 1, alpha = 0]) =>
    area(sector(camera, bearing, fov, near * range, far * range), { role: 'wedge', live, alpha: selected ? alpha * 1.3 : alpha }),
  );
  return [...slices, { type: 'Feature', geometry: { type: 'LineString', coordinates: sector(camera, bearing, fov, 0, range) }, properties: { role: 'edge', live, selected } }];
}

export class SceneLayers {
  #drawn = '';

  constructor(
    readonly map: GlMap,
    colours: Colours,
    below: string,
  ) {
    map.addSource('scene', { type: 'geojson', data: { type: 'FeatureCollection', features: [] }, maxzoom: 17, tolerance: 0.1 });
    for (const layer of layers(colours)) map.addLayer(layer, below);
  }

  /** Draws the scene, unless it is drawn already: each drawing repaints the whole map, which a wall of video beside it would feel. */
  draw(scene: Scene): void {
    const asked = JSON.stringify(scene);
    if (asked === this.#drawn) return;
    this.#drawn = asked;
    const features = scene.chosen.flatMap((camera) => ofCamera(camera, camera.id === scene.selected));
    if (scene.centre && scene.accuracy_m) features.push(area(circle(scene.centre, scene.accuracy_m), { role: 'accuracy' }));
    if (scene.centre && scene.radius_m) features.push(area(circle(scene.centre, scene.radius_m, 72), { role: 'radius' }));
    if (scene.me?.accuracy_m) features.push(area(circle(scene.me, scene.me.accuracy_m), { role: 'me' }));
    (this.map.getSource('scene') as GeoJSONSource | undefined)?.setData({ type: 'FeatureCollection', features });
  }
}
