/** Which screens a role has, and where it begins. */
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

/** The path a role begins at; also the only one for a role that has no queue. */
export function homeOf(role: Role): string {
  return railOf(role)[0]?.path ?? '/';
}
