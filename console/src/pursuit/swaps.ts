/** Which cameras stand on the wall of a pursuit, and when one gives its place to another. */

/** How long before it happens a swap is announced on its tile. */
export const ANNOUNCED_MS = 6000;
/** The wall changes at most this often. */
export const APART_MS = 10_000;

export interface Wall {
  /** Cameras by place. */
  readonly shown: readonly string[];
  /** Who will take whose place. */
  readonly swaps: readonly { leaves: string; comes: string }[];
  /** When, epoch milliseconds; only of meaning while there are swaps. */
  readonly due: number;
  readonly swappedAt: number;
  /** Whose place each camera took. */
  readonly instead: ReadonlyMap<string, string>;
}

export const EMPTY_WALL: Wall = { shown: [], swaps: [], due: 0, swappedAt: 0, instead: new Map() };

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

/** The wall a moment later. A place that is free or whose right is gone is filled at once; everything else waits for its announcement. */
export function nextWall(wall: Wall, wishes: Wishes): Wall {
  const { wanted, kept, open, tiles, now } = wishes;
  let shown = wall.shown.filter((camera) => open(camera) || wanted.includes(camera));
  if (shown.length > tiles) shown = fewer(shown, wanted, kept, tiles);
  const waiting = wanted.filter((camera) => !shown.includes(camera));
  shown = [...shown, ...waiting.splice(0, tiles - shown.length)];
  const leaving = shown.filter((camera) => !wanted.includes(camera) && !wishes.coming.includes(camera) && !kept.has(camera)).reverse();
  const swaps = leaving.flatMap((leaves, i) => {
    const comes = [...waiting, ...wishes.coming.filter((camera) => !shown.includes(camera))][i];
    return comes ? [{ leaves, comes }] : [];
  });
  if (!swaps.length) return { ...wall, shown, swaps, due: 0 };
  const due = wall.swaps.length ? wall.due : Math.max(now + ANNOUNCED_MS, wall.swappedAt + APART_MS);
  const ready = swaps.filter(({ comes }) => wanted.includes(comes));
  if (now < due || !ready.length) return { ...wall, shown, swaps, due };
  const instead = new Map([...wall.instead, ...ready.map(({ leaves, comes }): [string, string] => [comes, leaves])]);
  const changed = shown.map((camera) => ready.find(({ leaves }) => leaves === camera)?.comes ?? camera);
  return { shown: changed, swaps: [], due: 0, swappedAt: now, instead: new Map([...instead].filter(([camera]) => changed.includes(camera))) };
}

/** Fewer tiles: what nobody wants or keeps goes first, then what stands last. */
function fewer(shown: readonly string[], wanted: readonly string[], kept: ReadonlySet<string>, tiles: number): string[] {
  const worth = (camera: string): number => (kept.has(camera) ? 2 : wanted.includes(camera) ? 1 : 0);
  const stay = new Set([...shown].sort((a, b) => worth(b) - worth(a) || shown.indexOf(a) - shown.indexOf(b)).slice(0, tiles));
  return shown.filter((camera) => stay.has(camera));
}
