/** Writes what was seen and cut into the browser's own performance timeline, where a desk's support and black-box tests can read it. */

const KEPT_CUTS = 200;
const cuts: string[] = [];

/** `bonghwa:first-frame:<camera>`: from asking for the view to its first frame. One entry a camera is kept. */
export function markFirstFrame(camera: string, began: number, detail: { view: string | null; transport: string }): number {
  const name = `bonghwa:first-frame:${camera}`;
  const end = performance.now();
  performance.clearMeasures(name);
  performance.measure(name, { start: began, end, detail });
  return end - began;
}

/** `bonghwa:cut:<view>`: from hearing of a cut to the empty tile. The last {@link KEPT_CUTS} are kept. */
export function markCut(view: string, heard: number, detail: { camera: string; code: string }): number {
  const name = `bonghwa:cut:${view}`;
  const end = performance.now();
  performance.measure(name, { start: heard, end, detail });
  cuts.push(name);
  if (cuts.length > KEPT_CUTS) performance.clearMeasures(cuts.shift());
  return end - heard;
}
