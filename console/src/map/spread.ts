/** Where pins and badges stand on the screen: close ones fan out, labels that would cover another are left out. */
import type { Chosen, Pin, Spot } from './types';

type Screen = { x: number; y: number };
/** `x, y` is the true point, `sx, sy` where the pin stands. */
export type PlacedPin = Pin & Screen & { sx: number; sy: number; moved: boolean; labelled: boolean; left: boolean; z: number; more: number };
/** Where a badge's words stand beside it. */
export type NoteSide = 'right' | 'left' | 'below';
export type PlacedBadge = Screen & { id: string; number: number; live: boolean; note: string; side: NoteSide; sx: number; sy: number };

const TOO_CLOSE = 30;
const FAN = 46;
/** More than this at one place are one pin with their number: a fan of them would hide the town. */
const FAN_AT_MOST = 4;
type Rect = [left: number, top: number, right: number, bottom: number];
const meet = (a: Rect, b: Rect): boolean => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

/** Groups of things that stand on one another, each around its first: a chain of neighbours does not become one group. */
function groups<T extends Screen>(items: T[], near: number): T[][] {
  const found: T[][] = [];
  for (const item of items) {
    const home = found.find(([first]) => first && Math.hypot(first.x - item.x, first.y - item.y) < near);
    if (home) home.push(item);
    else found.push([item]);
  }
  return found;
}

/** Rough width of a label in pixels: Hangul is about as wide as it is high. */
function labelWidth(pin: Pin): number {
  const text = pin.label + (pin.note ? ` ${pin.note}` : '');
  let width = 24;
  for (const letter of text) width += letter > '\u1100' ? 12 : 7;
  return width;
}

/** Places pins in the order given (the queue's): earlier ones keep their labels when two would collide. Right of `edge` nothing is seen. */
export function placePins(pins: Pin[], project: (spot: Spot) => Screen, selected: string | null, edge: number): PlacedPin[] {
  const at = pins.map((pin) => ({ ...pin, ...project(pin) }));
  const placed: PlacedPin[] = [];
  for (const group of groups(at, TOO_CLOSE)) {
    const crowd = group.length > FAN_AT_MOST;
    const top = group.find((pin) => pin.id === selected) ?? group[0];
    group.forEach((pin, i) => {
      if (crowd && pin !== top) return;
      const lone = group.length === 1 || crowd;
      const angle = (-90 + (360 * i) / group.length) * (Math.PI / 180);
      placed.push({
        ...pin, moved: !lone, labelled: false, left: false, z: 0, more: crowd ? group.length - 1 : 0,
        sx: Math.round(pin.x + (lone ? 0 : Math.cos(angle) * FAN)),
        sy: Math.round(pin.y + (lone ? 0 : Math.sin(angle) * FAN * 0.8)),
      });
    });
  }
  const order = new Map(pins.map((pin, i) => [pin.id, pin.id === selected ? -1 : i]));
  placed.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  const taken: Rect[] = placed.map((pin) => [pin.sx - 15, pin.sy - 38, pin.sx + 15, pin.sy]);
  placed.forEach((pin, i) => {
    pin.z = placed.length - i;
    const width = labelWidth(pin);
    const right: Rect = [pin.sx + 16, pin.sy - 37, pin.sx + 20 + width, pin.sy - 11];
    const left: Rect = [pin.sx - 20 - width, pin.sy - 37, pin.sx - 16, pin.sy - 11];
    const free = (rect: Rect): boolean => !taken.some((other, j) => j !== i && meet(rect, other));
    const chosen = free(right) && (right[2] < edge || pin.sx > edge) ? right : free(left) ? left : free(right) ? right : null;
    if (!chosen || (pin.priority === 4 && pin.id !== selected)) return;
    pin.labelled = true;
    pin.left = chosen === left;
    taken.push(chosen);
  });
  return placed;
}

/** The ground a pin and its label cover on the screen. */
function covered(pin: PlacedPin): Rect {
  const width = pin.labelled ? labelWidth(pin) + 20 : 16;
  return [pin.sx - (pin.left ? width : 16), pin.sy - 39, pin.sx + (pin.left ? 16 : width), pin.sy];
}

/** Half a badge and a hair. */
const BADGE = 13;

/** Moves a badge out from under a pin, the shortest way of the four. */
function beside(badge: PlacedBadge, pins: PlacedPin[]): PlacedBadge {
  const pin = pins.find((one) => meet(covered(one), [badge.sx - BADGE, badge.sy - BADGE, badge.sx + BADGE, badge.sy + BADGE]));
  if (!pin) return badge;
  const [left, top, right, bottom] = covered(pin);
  const ways: [number, number][] = [[left - BADGE - badge.sx, 0], [right + BADGE - badge.sx, 0], [0, top - BADGE - badge.sy], [0, bottom + BADGE - badge.sy]];
  const [dx, dy] = ways.reduce((best, way) => (Math.hypot(...way) < Math.hypot(...best) ? way : best));
  return { ...badge, sx: badge.sx + dx, sy: badge.sy + dy };
}

const APART = 2 * BADGE;
const ROUNDS = 8;

/** Pushes badges apart until none covers another, a little each round; what stands alone stays on its camera. */
function partBadges(badges: PlacedBadge[]): void {
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, a] of badges.entries()) {
      for (const b of badges.slice(i + 1)) {
        const [dx, dy] = [b.sx - a.sx, b.sy - a.sy];
        const distance = Math.hypot(dx, dy);
        if (distance >= APART) continue;
        const push = (APART - distance) / 2;
        const [ux, uy] = distance > 0.5 ? [dx / distance, dy / distance] : [1, 0];
        a.sx -= ux * push;
        a.sy -= uy * push;
        b.sx += ux * push;
        b.sy += uy * push;
      }
    }
  }
}

const NOTE_LETTER = 7;
const MARK = 10;

/** The side on which a badge's words cover no other badge and none of the marks; the right where there is none. */
function noteSide(badge: PlacedBadge, others: PlacedBadge[], marks: Screen[]): NoteSide {
  const width = badge.note.length * NOTE_LETTER;
  const rects: [NoteSide, Rect][] = [
    ['right', [badge.sx + BADGE + 3, badge.sy - 9, badge.sx + BADGE + 3 + width, badge.sy + 9]],
    ['left', [badge.sx - BADGE - 3 - width, badge.sy - 9, badge.sx - BADGE - 3, badge.sy + 9]],
    ['below', [badge.sx - width / 2, badge.sy + BADGE, badge.sx + width / 2, badge.sy + BADGE + 18]],
  ];
  const taken: Rect[] = [
    ...others.filter((one) => one !== badge).map((one): Rect => [one.sx - BADGE, one.sy - BADGE, one.sx + BADGE, one.sy + BADGE]),
    ...marks.map((mark): Rect => [mark.x - MARK, mark.y - MARK, mark.x + MARK, mark.y + MARK]),
  ];
  return rects.find(([, rect]) => !taken.some((other) => meet(rect, other)))?.[0] ?? 'right';
}

/** Number badges of the chosen cameras, none over another and none under a pin; their words cover none of the `marks`. */
export function placeBadges(chosen: Chosen[], project: (spot: Spot) => Screen, pins: PlacedPin[], marks: Spot[]): PlacedBadge[] {
  const badges = chosen.flatMap((camera): PlacedBadge[] => {
    if (camera.number === null) return [];
    const at = project(camera);
    return [beside({ id: camera.id, number: camera.number, live: camera.live ?? true, note: camera.note ?? '', side: 'right', ...at, sx: at.x, sy: at.y }, pins)];
  });
  partBadges(badges);
  const placed = badges.map((badge) => beside(badge, pins));
  const around = marks.map(project);
  return placed.map((badge) => (badge.note ? { ...badge, side: noteSide(badge, placed, around) } : badge));
}
