/** The map's own style, drawn from the tokens of tokens.css; no tile, glyph or sprite comes from anywhere else. */
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Lang } from '../lib/types';

const NAMES = [
  'm-sea', 'm-land', 'm-coast', 'm-dist', 'm-dong', 'm-block', 'm-school', 'm-road0', 'm-road1', 'm-road2', 'm-road3', 'm-alley', 'm-case',
  'm-label', 'm-label2', 'm-halo', 'm-cam', 'm-cam-unk', 'm-cam-live', 'm-cam-slow', 'm-cam-dead', 'm-bus', 't1', 't2', 's0', 'alarm', 'warn', 'acc', 'live', 'dead',
  'm-reach', 'm-path', 'm-blind', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6',
] as const;
export type Colours = Record<(typeof NAMES)[number], string>;
/** Glyphs are drawn on this device from the fonts it has; MapLibre reads the weight from the first name and takes the others as they are. */
export const LOCAL_FONTS = 'Pretendard, "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", sans-serif';
export const FONT = ['Pretendard', 'Segoe UI', 'Noto Sans CJK KR', 'sans-serif'];
export const FONT_BOLD = ['Pretendard Bold', ...FONT];

/** The map colours as the page's style sheet has them now. */
export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Colours;
}

const is = (layer: string): ExpressionSpecification => ['==', ['get', 'layer'], layer];
const byZoom = (...stops: number[]): ExpressionSpecification => ['interpolate', ['exponential', 1.6], ['zoom'], ...stops] as unknown as ExpressionSpecification;
const RANK = (a: string, b: string, c: string, d: string): ExpressionSpecification => ['match', ['get', 'rank'], [101, 102], a, [103], b, [105, 106, 107], c, d];

/** Road width in pixels: two steps by rank far out, the true width from its lanes (3.2 m each) when near. */
function roadWidth(extra: number): ExpressionSpecification {
  const lanes: ExpressionSpecification = ['max', 1, ['coalesce', ['get', 'lanes'], 1]];
  const far: ExpressionSpecification = ['match', ['get', 'rank'], [101, 102], 1.6, [103, 105, 106, 107], 1.1, 0.6];
  return [
    'interpolate', ['exponential', 2], ['zoom'],
    10, ['+', far, extra * 0],
    13, ['+', ['*', far, 1.7], extra * 0.5],
    15, ['+', ['*', lanes, 1.6], extra],
    18, ['+', ['*', lanes, 12.8], extra],
  ];
}

/** From far only sections of two and more bus routes: those of a single one are half of all and too faint to see there. */
const BUS_ROUTES: ExpressionSpecification = ['>=', ['get', 'routes'], ['step', ['zoom'], 2, 11, 1]];
/** Round ends and corners cost vertices, and on a line of one or two pixels nobody sees them. */
const roundFrom = <T extends string>(zoom: number, far: T): T & 'round' => ['step', ['zoom'], far, zoom, 'round'] as never;

function ground(c: Colours): LayerSpecification[] {
  const glow = (width: number, opacity: number): LayerSpecification => ({
    id: `coast-${width}`, type: 'line', source: 'base', filter: is('land'),
    paint: { 'line-color': c.acc, 'line-width': width, 'line-blur': width * 0.7, 'line-opacity': opacity },
  });
  return [
    { id: 'sea', type: 'background', paint: { 'background-color': c['m-sea'] } },
    glow(22, 0.08), glow(8, 0.11),
    { id: 'outside', type: 'fill', source: 'base', filter: is('outside'), paint: { 'fill-pattern': 'hatch' } },
    { id: 'land', type: 'fill', source: 'base', filter: is('land'), paint: { 'fill-color': c['m-land'] } },
    { id: 'block', type: 'fill', source: 'base', minzoom: 13.5, filter: is('block'), paint: { 'fill-color': c['m-block'] } },
    { id: 'school', type: 'fill', source: 'base', minzoom: 13.5, filter: is('school'), paint: { 'fill-color': c['m-school'] } },
    { id: 'dong', type: 'line', source: 'base', filter: is('dong'), paint: { 'line-color': c['m-dong'], 'line-width': 1 } },
    { id: 'coast', type: 'line', source: 'base', filter: is('land'), paint: { 'line-color': c['m-coast'], 'line-width': 1 } },
  ];
}

function ways(c: Colours): LayerSpecification[] {
  const colour = RANK(c['m-road0'], c['m-road1'], c['m-road2'], c['m-road3']);
  return [
    {
      id: 'bus', type: 'line', source: 'base', filter: ['all', is('bus'), BUS_ROUTES], layout: { 'line-cap': roundFrom(13, 'butt') },
      paint: {
        'line-color': c['m-bus'],
        'line-opacity': ['interpolate', ['linear'], ['get', 'routes'], 1, 0.1, 6, 0.2, 20, 0.3],
        'line-width': byZoom(9, 0.7, 13, 1, 16, 2.4),
      },
    },
    {
      id: 'road-case', type: 'line', source: 'base', minzoom: 13, filter: is('road'), layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': c['m-case'], 'line-width': roadWidth(2) },
    },
    {
      id: 'road', type: 'line', source: 'base', filter: is('road'),
      layout: { 'line-cap': roundFrom(13, 'butt'), 'line-join': roundFrom(13, 'miter'), 'line-sort-key': ['-', 200, ['get', 'rank']] },
      paint: { 'line-color': colour, 'line-width': roadWidth(0) },
    },
    {
      id: 'district', type: 'line', source: 'base', filter: is('district'),
      paint: { 'line-color': c['m-dist'], 'line-width': 1, 'line-dasharray': [5, 3, 1, 3] },
    },
  ];
}

/** A district's name in the language shown, its cameras, and how many are silent where that is many. */
export function districtField(lang: Lang): ExpressionSpecification {
  const name: ExpressionSpecification = lang === 'ko' ? ['get', 'name'] : ['coalesce', ['get', 'name_en'], ['get', 'name']];
  const note: ExpressionSpecification = ['case', ['to-boolean', ['get', 'strained']], ['concat', '\n', ['get', 'note']], ''];
  const small = { 'font-scale': 0.8, 'text-font': ['literal', FONT] } as const;
  return ['format', name, {}, ['concat', '\n', ['get', 'count']], small, note, { ...small, 'font-scale': 0.76 }] as unknown as ExpressionSpecification;
}

/** Labels, in the order of who gives way: roads, places, then districts on top. */
export function labels(c: Colours, lang: Lang): LayerSpecification[] {
  const halo = { 'text-halo-color': c['m-halo'], 'text-halo-width': 1.4 };
  return [
    {
      id: 'label-road', type: 'symbol', source: 'base', minzoom: 14, filter: ['all', is('road'), ['has', 'name']],
      layout: { 'symbol-placement': 'line', 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 11, 'symbol-spacing': 340, 'text-max-angle': 30 },
      paint: { 'text-color': c['m-label2'], ...halo },
    },
    {
      id: 'label-place', type: 'symbol', source: 'places', minzoom: 14.2, filter: ['in', ['get', 'layer'], ['literal', ['market', 'police', 'fire', 'hospital', 'office']]],
      layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 11, 'text-anchor': 'top', 'text-offset': [0, 0.5], 'text-max-width': 9, 'text-optional': true },
      paint: { 'text-color': c['m-label'], ...halo },
    },
    {
      id: 'label-stop', type: 'symbol', source: 'places', minzoom: 16, filter: is('stop'),
      layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 10.5, 'text-anchor': 'top', 'text-offset': [0, 0.5], 'text-max-width': 9 },
      paint: { 'text-color': c['m-label2'], ...halo },
    },
    {
      id: 'label-district', type: 'symbol', source: 'districts', maxzoom: 13.5,
      layout: {
        'text-field': districtField(lang),
        'text-font': FONT_BOLD, 'text-size': byZoom(9, 13, 12, 16), 'text-line-height': 1.35, 'text-max-width': 12, 'text-padding': 4,
      },
      paint: { 'text-color': c.t2, ...halo },
    },
  ];
}

const NONE: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
const geojson = (more: object = {}): { type: 'geojson'; data: GeoJSON.FeatureCollection } => ({ type: 'geojson', data: NONE, ...more });

/** The whole style with empty sources, so that an empty map is drawn before any data came. */
export function baseStyle(c: Colours, lang: Lang): StyleSpecification {
  return {
    version: 8,
    sources: {
      // Lines may be off by half a pixel until the nearest tiles: fewer vertices for a device that draws without a graphics card.
      base: geojson({ maxzoom: 15, tolerance: 0.6, buffer: 32 }),
      places: geojson({ maxzoom: 15 }),
      districts: geojson(),
    },
    layers: [
      ...ground(c), ...ways(c),
      { id: 'place-dot', type: 'circle', source: 'places', minzoom: 14.2, filter: ['!', ['in', ['get', 'layer'], ['literal', ['stop', 'bell']]]], paint: { 'circle-radius': 2.2, 'circle-color': c['m-label2'] } },
      { id: 'stop-dot', type: 'circle', source: 'places', minzoom: 15.2, filter: ['in', ['get', 'layer'], ['literal', ['stop', 'bell']]], paint: { 'circle-radius': 1.5, 'circle-color': c['m-dist'] } },
      ...labels(c, lang),
    ],
  };
}
