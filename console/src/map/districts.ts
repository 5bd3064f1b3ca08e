/** Where each district's name stands, and what stands under it: its cameras and how many do not answer. */
import { count } from '../lib/i18n.svelte';
import type { CameraField } from './cameras';
import { gravity } from './shapes';

/** A district with more silent cameras than this share has them written under its name. */
const STRAINED = 0.021;

/** One label point a district, in the middle of its largest piece. */
export function districtLabels(basemap: GeoJSON.FeatureCollection, field: CameraField | null, silentWord: (n: number) => string): GeoJSON.FeatureCollection {
  const tally = new Map<string, { cameras: number; silent: number }>();
  field?.columns.id.forEach((_, row) => {
    const owner = field.ownerOf(row);
    const of = tally.get(owner) ?? { cameras: 0, silent: 0 };
    of.cameras++;
    if (field.silent(row)) of.silent++;
    tally.set(owner, of);
  });
  const features = basemap.features
    .filter((feature) => feature.properties?.layer === 'district')
    .map((feature): GeoJSON.Feature => {
      const of = tally.get(String(feature.properties?.id));
      return {
        type: 'Feature',
        geometry: { type: 'Point', coordinates: middle(feature.geometry) },
        properties: {
          ...feature.properties,
          count: of ? count(of.cameras) : '',
          strained: !!of && of.silent / of.cameras > STRAINED,
          note: of ? silentWord(of.silent) : '',
        },
      };
    });
  return { type: 'FeatureCollection', features };
}

function middle(geometry: GeoJSON.Geometry): [number, number] {
  const polygons = geometry.type === 'MultiPolygon' ? geometry.coordinates : geometry.type === 'Polygon' ? [geometry.coordinates] : [];
  let best = { area: 0, lon: 0, lat: 0 };
  for (const polygon of polygons) {
    const piece = gravity(polygon[0] ?? []);
    if (Math.abs(piece.area) > Math.abs(best.area)) best = piece;
  }
  return [best.lon, best.lat];
}
