/** Opens a MapLibre map in a box. The library and its worker are fetched here, the first time a map is shown. */
import type { Map as GlMap } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import type { Lang } from '../lib/types';
import type { Spot } from './types';
import { baseStyle, coloursOf, LOCAL_FONTS, type Colours } from './style';

/** Begins to fetch the map library, so that it comes together with the map's own code. */
export const library = (): Promise<typeof import('maplibre-gl')> => import('maplibre-gl');

/** A map with the base style, its sources still empty; rejects when the device has no WebGL 2. */
export async function openMap(container: HTMLElement, lang: Lang, title: string, start: Spot): Promise<{ map: GlMap; colours: Colours }> {
  const gl = await library();
  // Whoever left while the library came has no styles any more to draw with.
  if (!container.isConnected) throw new Error('the map was left');
  gl.setWorkerUrl(workerUrl);
  const colours = coloursOf(container);
  const map = new gl.Map({
    container,
    style: baseStyle(colours, lang),
    center: [start.lon, start.lat],
    zoom: 10,
    minZoom: 7,
    maxZoom: 19,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    localIdeographFontFamily: LOCAL_FONTS,
    fadeDuration: 0,
    locale: { 'Map.Title': title },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addImage('hatch', hatch(colours), { pixelRatio: 2 });
  await map.once('load');
  return { map, colours };
}

/** The ground outside the city: not sea, not empty, not ours. */
function hatch(colours: Colours): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 18;
  const g = canvas.getContext('2d', { willReadFrequently: true });
  if (!g) throw new Error('no 2D canvas on this device');
  g.fillStyle = colours.s0;
  g.fillRect(0, 0, 18, 18);
  g.strokeStyle = colours['m-dong'];
  g.lineWidth = 2;
  for (const x of [-18, 0, 18]) {
    g.beginPath();
    g.moveTo(x, 18);
    g.lineTo(x + 18, 0);
    g.stroke();
  }
  return g.getImageData(0, 0, 18, 18);
}
