/** Which cameras stand on the wall of a pursuit, and when one gives its place to another. */

/** How long before it happens a swap is announced on its tile. */
export const ANNOUNCED_MS = 6000;
/** The wall changes at most this often. */
export const APART_MS = 10_000;

/** `since`: when it was first written on the tile of who leaves, epoch milliseconds. */
export interface Swap {
  readonly leaves: string;
  readonly comes: string;
  readonly since: number;
}

export interface Wall {
  /** Cameras by place. */
  readonly shown: readonly string[];
  /** Who will take whose place. */
  readonly swaps: readonly Swap[];
  readonly swappedAt: number;
  /** Whose place each camera took. */
  readonly instead: ReadonlyMap<string, string>;
}

export const EMPTY_WALL: Wall = { shown: [], swaps: [], swappedAt: 0, instead: new Map() };

export interface Wishes {
  /** The cameras to watch, most gainful first, those under a grant only. */
  wanted: readonly string[];
  /** Cameras the hub chose that have no grant yet: their swap is announced before they can be shown. */
  coming: readonly string[];
  /** Pinned and focused cameras: they never leave by themselves. */
  kept: ReadonlySet<string>;
  /** Whether a camera may still be shown. */
  open: (camera: string) => boolean;
  tiles: number;
  now: number;
}

/** When a swap may happen, epoch milliseconds. */
export function dueOf(wall: Wall, swap: Swap): number {
  return Math.max(swap.since + ANNOUNCED_MS, wall.swappedAt + APART_MS);
}

/** The wall a moment later. A place that is free or whose right is gone is filled at once; everything else waits for its announcement. */
export function nextWall(wall: Wall, wishes: Wishes): Wall {
  const { wanted, kept, open, tiles, now } = wishes;
  let shown = wall.shown.filter((camera) => open(camera) || wanted.includes(camera));
  if (shown.length > tiles) shown = fewer(shown, wanted, kept, tiles);
  const waiting = wanted.filter((camera) => !shown.includes(camera));
  shown = [...shown, ...waiting.splice(0, tiles - shown.length)];
  const announced = new Map(wall.swaps.map(({ leaves, since }) => [leaves, since]));
  const leaving = shown.filter((camera) => !wanted.includes(camera) && !wishes.coming.includes(camera) && !kept.has(camera)).reverse();
  // What is written on a tile comes true where it can; then those announced longest get somebody first.
  leaving.sort((a, b) => (announced.get(a) ?? now) - (announced.get(b) ?? now));
  const stay = wall.swaps.filter(({ leaves, comes }) => leaving.includes(leaves) && waiting.includes(comes));
  const free = [...waiting, ...wishes.coming.filter((camera) => !shown.includes(camera))].filter((camera) => !stay.some(({ comes }) => comes === camera));
  const swaps = leaving.flatMap((leaves): Swap[] => {
    const same = stay.find((swap) => swap.leaves === leaves);
    const comes = same?.comes ?? free.shift();
    return comes ? [{ leaves, comes, since: announced.get(leaves) ?? now }] : [];
  });
  const ready = swaps.filter((swap) => wanted.includes(swap.comes) && now >= dueOf(wall, swap));
  if (!ready.length) return { ...wall, shown, swaps };
  const instead = new Map([...wall.instead, ...ready.map(({ leaves, comes }): [string, string] => [comes, leaves])]);
  const changed = shown.map((camera) => ready.find(({ leaves }) => leaves === camera)?.comes ?? camera);
  return { shown: changed, swaps: swaps.filter((swap) => !ready.includes(swap)), swappedAt: now, instead: new Map([...instead].filter(([camera]) => changed.includes(camera))) };
}

/** Fewer tiles: what nobody wants or keeps goes first, then what stands last. */
function fewer(shown: readonly string[], wanted: readonly string[], kept: ReadonlySet<string>, tiles: number): string[] {
  const worth = (camera: string): number => (kept.has(camera) ? 2 : wanted.includes(camera) ? 1 : 0);
  const stay = new Set([...shown].sort((a, b) => worth(b) - worth(a) || shown.indexOf(a) - shown.indexOf(b)).slice(0, tiles));
  return shown.filter((camera) => stay.has(camera));
}
