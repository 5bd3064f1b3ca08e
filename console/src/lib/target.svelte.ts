/** What the search found, for the city screen to go to: a spot of the map and, when it is one, a camera. */
import type { SearchItem } from './types';

class Target {
  item: SearchItem | null = $state.raw(null);
}
export const target = new Target();
