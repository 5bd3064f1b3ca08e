/** The outline of a set of road parts: calm rings around what can be reached, instead of every single road. */
import type { Stretch } from '../lib/pursuitTypes';
import type { Streets } from './roads';

type Ring = [lon: number, lat: number][];
const CELLS = 110;
const SMOOTHED = 7;
const LEAST_M = 18;
const M_PER_DEG = 111_320;

/**
 * Rings around the parts. The roads are laid on a grid whose cells are as fine as the whole allows, each with a cell of ground beside it;
 * the edges of what is covered are joined and rounded. Small holes are left out: a courtyard is not a place that cannot be reached.
 */
export function outlineOf(parts: readonly Stretch[], streets: Streets): Ring[] {
  const lines = parts.flatMap(([street, from, to]) => {
    const line = streets.part(street, from, to);
    return line ? [line] : [];
  });
  if (!lines.length) return [];
  const grid = new Grid(lines);
  for (const line of lines) grid.draw(line);
  return rings(grid).filter((ring) => ring.length > 20).map((ring) => grid.ground(rounded(smooth(ring))));
}

class Grid {
  readonly width: number;
  readonly height: number;
  readonly cells: Uint8Array;
  readonly #west: number;
  readonly #south: number;
  readonly #dx: number;
  readonly #dy: number;

  constructor(lines: Ring[]) {
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const line of lines) {
      for (const [lon, lat] of line) {
        west = Math.min(west, lon);
        east = Math.max(east, lon);
        south = Math.min(south, lat);
        north = Math.max(north, lat);
      }
    }
    const squeeze = Math.cos((south * Math.PI) / 180);
    const side = Math.max(LEAST_M / M_PER_DEG, (east - west) * squeeze / CELLS, (north - south) / CELLS);
    this.#dy = side;
    this.#dx = side / squeeze;
    this.width = Math.ceil((east - west) / this.#dx) + 7;
    this.height = Math.ceil((north - south) / this.#dy) + 7;
    this.#west = west - 3 * this.#dx;
    this.#south = south - 3 * this.#dy;
    this.cells = new Uint8Array(this.width * this.height);
  }

  draw(line: Ring): void {
    for (let i = 1; i < line.length; i++) {
      const [ax, ay] = this.#cell(line[i - 1] ?? [0, 0]);
      const [bx, by] = this.#cell(line[i] ?? [0, 0]);
      const steps = Math.max(1, Math.ceil(Math.max(Math.abs(bx - ax), Math.abs(by - ay))));
      for (let s = 0; s <= steps; s++) this.#fill(Math.floor(ax + ((bx - ax) * s) / steps), Math.floor(ay + ((by - ay) * s) / steps));
    }
  }

  at(x: number, y: number): boolean {
    return x >= 0 && y >= 0 && x < this.width && y < this.height && this.cells[y * this.width + x] === 1;
  }

  ground(ring: Ring): Ring {
    return ring.map(([x, y]) => [this.#west + x * this.#dx, this.#south + y * this.#dy]);
  }

  #cell([lon, lat]: [number, number]): [number, number] {
    return [(lon - this.#west) / this.#dx, (lat - this.#south) / this.#dy];
  }

  #fill(x: number, y: number): void {
    for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) this.cells[(y + dy) * this.width + x + dx] = 1;
  }
}

/** The edges between covered and open cells, joined to rings. */
function rings(grid: Grid): Ring[] {
  const next = new Map<number, number[]>();
  const stride = grid.width + 2;
  const add = (ax: number, ay: number, bx: number, by: number): void => {
    const from = ay * stride + ax;
    const ends = next.get(from);
    if (ends) ends.push(by * stride + bx);
    else next.set(from, [by * stride + bx]);
  };
  for (let y = 0; y < grid.height; y++) {
    for (let x = 0; x < grid.width; x++) {
      if (!grid.at(x, y)) continue;
      if (!grid.at(x, y - 1)) add(x, y, x + 1, y);
      if (!grid.at(x + 1, y)) add(x + 1, y, x + 1, y + 1);
      if (!grid.at(x, y + 1)) add(x + 1, y + 1, x, y + 1);
      if (!grid.at(x - 1, y)) add(x, y + 1, x, y);
    }
  }
  const found: Ring[] = [];
  for (const start of next.keys()) {
    const ring: Ring = [];
    let at = start;
    for (let end = next.get(at)?.pop(); end !== undefined; end = next.get(at)?.pop()) {
      ring.push([at % stride, Math.floor(at / stride)]);
      at = end;
    }
    if (ring.length) found.push([...ring, ring[0] ?? [0, 0]]);
  }
  return found;
}

/** The steps of the grid taken out: every corner to the middle of its neighbours, a few times over. */
function smooth(ring: Ring): Ring {
  let points = ring.slice(0, -1);
  for (let round = 0; round < SMOOTHED; round++) {
    const n = points.length;
    points = points.map(([x, y], i) => {
      const [ax, ay] = points[(i + n - 1) % n] ?? [x, y];
      const [bx, by] = points[(i + 1) % n] ?? [x, y];
      return [(ax + 2 * x + bx) / 4, (ay + 2 * y + by) / 4];
    });
  }
  const thinned = points.filter((_, i) => i % 2 === 0);
  return [...thinned, thinned[0] ?? [0, 0]];
}

/** Corners cut at a quarter (Chaikin 1974). */
function rounded(ring: Ring): Ring {
  const found: Ring = [];
  for (let i = 1; i < ring.length; i++) {
    const [ax, ay] = ring[i - 1] ?? [0, 0];
    const [bx, by] = ring[i] ?? [0, 0];
    found.push([ax * 0.75 + bx * 0.25, ay * 0.75 + by * 0.25], [ax * 0.25 + bx * 0.75, ay * 0.25 + by * 0.75]);
  }
  return [...found, found[0] ?? [0, 0]];
}
