/** The lines of the streets, fetched once for each road graph, and parts of them. */
import { api } from '../lib/api';
import type { RoadLines } from '../lib/pursuitTypes';

type Line = [lon: number, lat: number][];

export class Streets {
  readonly inferred: ReadonlySet<number>;
  readonly #lines = new Map<number, Line>();

  constructor(readonly data: RoadLines) {
    this.inferred = new Set(data.inferred);
  }

  get empty(): boolean {
    return Object.keys(this.data.streets).length === 0;
  }

  name(street: number): string {
    return this.data.names[street] ?? '';
  }

  /** The whole line of a street; null when the graph has none of this number. */
  line(street: number): Line | null {
    const known = this.#lines.get(street);
    if (known) return known;
    const flat = this.data.streets[street];
    if (!flat) return null;
    const line: Line = [];
    for (let i = 0; i + 1 < flat.length; i += 2) line.push([flat[i] ?? 0, flat[i + 1] ?? 0]);
    this.#lines.set(street, line);
    return line;
  }

  /** The line from one share of its length to another (0 to 1, in either order). */
  part(street: number, from: number, to: number): Line | null {
    const line = this.line(street);
    if (!line || line.length < 2) return null;
    const [a, b] = from <= to ? [from, to] : [to, from];
    return a <= 0.001 && b >= 0.999 ? line : cut(line, a, b);
  }
}

/** Shares of length in degrees are good enough: a street is short, so its scale does not change along it. */
function cut(line: Line, from: number, to: number): Line {
  const squeeze = Math.cos(((line[0]?.[1] ?? 0) * Math.PI) / 180);
  const lengths = line.slice(1).map(([lon, lat], i) => Math.hypot((lon - (line[i]?.[0] ?? 0)) * squeeze, lat - (line[i]?.[1] ?? 0)));
  const whole = lengths.reduce((sum, one) => sum + one, 0) || 1;
  const found: Line = [];
  let done = 0;
  lengths.forEach((length, i) => {
    const a = line[i] ?? ([0, 0] as const);
    const b = line[i + 1] ?? a;
    const near = Math.max(0, (from * whole - done) / (length || 1));
    const far = Math.min(1, (to * whole - done) / (length || 1));
    if (near <= 1 && far >= 0 && near <= far) {
      const at = (share: number): [number, number] => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
      if (!found.length) found.push(at(near));
      found.push(at(far));
    }
    done += length;
  });
  return found;
}

let kept: { sha: string; streets: Promise<Streets> } | null = null;

/** The streets of a road graph. Only the last graph asked for is kept; a failed load is forgotten. */
export function streetsOnce(sha: string): Promise<Streets> {
  if (kept?.sha === sha) return kept.streets;
  const streets = api.roads(sha).then((data) => new Streets(data));
  kept = { sha, streets };
  streets.catch(() => kept?.streets === streets && (kept = null));
  return streets;
}
