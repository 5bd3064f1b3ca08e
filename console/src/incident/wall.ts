/** Which camera stands where on the wall. Places are kept: a camera that stays is never moved by one that comes or goes. */
import { desk } from '../lib/session.svelte';
import type { ChosenCamera, Grant, Incident } from '../lib/types';

export type Layout = '1+8' | '3x3' | '2x2';
/** Tiles of one page. */
export const TILES: Record<Layout, number> = { '1+8': 9, '3x3': 9, '2x2': 4 };

/**
 * The cameras a wall shows, best first: chosen ones under a grant, and those it showed already. A picture that was cut keeps its place,
 * empty, with who cut it and why.
 */
export function onWall(cameras: ChosenCamera[], before: readonly string[]): ChosenCamera[] {
  const shown = cameras.filter((camera) => camera.state === 'chosen' && (camera.grant !== null || before.includes(camera.id)));
  return shown.sort((a, b) => a.rank - b.rank);
}

/**
 * The places after a change: each camera keeps its place, one that stands for another takes its place, the others fill what is free.
 * Answers camera ids in the order of the wall.
 */
export function settle(before: readonly string[], cameras: ChosenCamera[]): string[] {
  const wanted = new Map(cameras.map((camera) => [camera.id, camera]));
  const places: (string | null)[] = before.map((id) => (wanted.has(id) ? id : (cameras.find((camera) => camera.stands_for === id)?.id ?? null)));
  const taken = new Set(places.filter((id) => id !== null));
  const waiting = cameras.filter((camera) => !taken.has(camera.id));
  for (const camera of waiting) {
    const free = places.indexOf(null);
    if (free >= 0) places[free] = camera.id;
    else places.push(camera.id);
  }
  return [...new Set(places.filter((id) => id !== null))];
}

/** The grant a camera stands under, when this agency may see it. */
export function grantOf(camera: ChosenCamera, grants: Grant[]): Grant | null {
  return grants.find((grant) => grant.id === camera.grant) ?? null;
}

/** Directions nobody sees, as indexes from north clockwise. */
export function unseen(directions: boolean[]): number[] {
  return directions.flatMap((seen, index) => (seen ? [] : [index]));
}

/** True when a control room holds a bell's or a phone's call for help that police 112 does not have yet. */
export function mayTellPolice(incident: Incident): boolean {
  const bell = incident.line === 'emergency_bell' || incident.line === 'safe_return';
  return bell && desk.role === 'control_room' && !incident.parts.some((part) => part.agency === 'police112' && part.closed_at === null);
}

/** Whether its cameras were chosen for where a pursuit thinks the subject is: directions around the place then say nothing. */
export function follows(incident: Incident): boolean {
  return incident.cameras.some((camera) => camera.why.some((reason) => reason.code === 'pursuit_holds'));
}
