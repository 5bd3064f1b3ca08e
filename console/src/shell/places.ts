/** Which screens a role has, and where it begins. */
import { routeOf, type Route } from '../lib/router.svelte';
import type { Role } from '../lib/types';
import type { IconName } from '../ui/icons';

export type RailKey = 'city' | 'cameras' | 'views' | 'audit' | 'quality' | 'drills';
export type RailPlace = { key: RailKey; path: string; icon: IconName };

const PLACES: Record<RailKey, RailPlace> = {
  city: { key: 'city', path: '/', icon: 'queue' },
  cameras: { key: 'cameras', path: '/cameras', icon: 'cam' },
  views: { key: 'views', path: '/views', icon: 'eye' },
  audit: { key: 'audit', path: '/audit', icon: 'ledger' },
  quality: { key: 'quality', path: '/quality', icon: 'chart' },
  drills: { key: 'drills', path: '/drills', icon: 'drill' },
};
const RESPONDING: RailKey[] = ['city', 'cameras', 'quality', 'drills'];
const OF_ROLE: Partial<Record<Role, RailKey[]>> = {
  control_room: ['city', 'cameras', 'views', 'quality', 'drills'],
  district: ['views', 'cameras', 'quality'],
  privacy_officer: ['audit', 'quality'],
};

/** The screens on the rail, in order; `Alt+1` is the first. */
export function railOf(role: Role): RailPlace[] {
  return (OF_ROLE[role] ?? RESPONDING).map((key) => PLACES[key]);
}

/** Whether a role may know of incidents at all; the privacy officer reviews views, never the calls behind them. */
export const knowsIncidents = (role: Role): boolean => role !== 'privacy_officer';

/** The path a role begins at. */
export function homeOf(role: Role): string {
  return railOf(role)[0]?.path ?? '/';
}

/**
 * The screen shown for a route: a role's own first screen where it has no queue, none where the role has no business. What a role may
 * not ask of the hub is never drawn, so it is never asked.
 */
export function screenFor(role: Role, route: Route): Route {
  if (route.screen === 'incident' || route.screen === 'pursuit') return knowsIncidents(role) ? route : { screen: 'lost' };
  const screens = railOf(role).map((place) => place.key);
  if (route.screen === 'city' && !screens.includes('city')) return routeOf(homeOf(role));
  return route.screen === 'lost' || screens.includes(route.screen) ? route : { screen: 'lost' };
}
