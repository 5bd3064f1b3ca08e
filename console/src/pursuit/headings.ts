/** Which way somebody goes, from an arrow key: as the picture shows it where the camera's pose is known, else as the map lies. */
import type { ChosenCamera } from '../lib/types';

export type Arrow = 'up' | 'right' | 'down' | 'left';
export const ARROWS: readonly Arrow[] = ['up', 'left', 'right', 'down'];
const TURN: Record<Arrow, number> = { up: 0, right: 90, down: 180, left: 270 };

/** True when arrows mean the picture: up is away from the camera, down towards it. */
export const byPicture = (camera: Pick<ChosenCamera, 'pose' | 'bearing'>): boolean => camera.pose === 'known' && camera.bearing !== null;

/** Degrees clockwise from north. */
export function headingOf(camera: Pick<ChosenCamera, 'pose' | 'bearing'>, arrow: Arrow): number {
  const base = byPicture(camera) ? (camera.bearing ?? 0) : 0;
  return Math.round(base + TURN[arrow] + 360) % 360;
}
