/** How a kind of alarm and the line it came on are drawn: an icon for the kind, a pin's shape for the line. */
import type { IconName } from './icons';
import type { Line, Priority } from '../lib/types';

const BY_KIND: Record<string, IconName> = {
  strap_cut: 'strap', interference: 'strap', curfew_breach: 'clock', exclusion_zone: 'gate', approach_protected: 'people', location_lost: 'strap',
  low_battery: 'strap', device_fault: 'strap', murder: 'robbery', robbery: 'robbery', weapon: 'robbery', kidnapping: 'missing',
  missing_child: 'missing', missing_disability: 'missing', missing_dementia: 'missing', suicide_risk: 'people', fugitive: 'walk',
  traffic_accident: 'car', hit_and_run: 'car', fire: 'fire', rescue: 'people', medical: 'plus', hazmat: 'warn', mass_casualty: 'people',
  flood: 'flood', underpass_flood: 'flood', landslide: 'warn', collapse: 'warn', sinkhole: 'warn', storm: 'flood', wildfire: 'fire',
  earthquake: 'warn', crowd: 'people', smoke: 'smoke', heat: 'smoke', flame: 'fire', multi: 'smoke', fault: 'warn', restored: 'check', test: 'check',
  sos: 'bell', voice: 'bell', radius_exit: 'phone', no_movement: 'phone', cancel: 'phone', wanted_hit: 'plate',
};
const BY_LINE: Record<Line, IconName> = {
  police112: 'robbery', fire119: 'fire', tracking_centre: 'strap', disaster: 'flood', market_fire: 'smoke', emergency_bell: 'bell',
  safe_return: 'phone', plate: 'plate', control_room: 'cam',
};

/** The icon of a kind; a kind without its own takes its line's. */
export function kindIcon(kind: string, line: Line): IconName {
  if (line === 'safe_return') return 'phone';
  return BY_KIND[kind] ?? BY_LINE[line] ?? 'warn';
}

export type PinShape = 'diamond' | 'square' | 'triangle' | 'hexagon' | 'circle';
const SHAPES: Record<Line, PinShape> = {
  tracking_centre: 'diamond', police112: 'square', fire119: 'triangle', disaster: 'hexagon', market_fire: 'hexagon', emergency_bell: 'circle',
  safe_return: 'circle', plate: 'circle', control_room: 'square',
};

/** The shape that says which line an alarm came on, readable without colour. */
export function pinShape(line: Line): PinShape {
  return SHAPES[line] ?? 'circle';
}

/** Lit beacons of a priority code: code 0 (life in danger now) lights five, code 4 one. */
export function beacons(code: Priority): 1 | 2 | 3 | 4 | 5 {
  return (5 - code) as 1 | 2 | 3 | 4 | 5;
}
