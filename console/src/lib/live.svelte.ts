/** What a screen reader is told: one polite and one assertive line for the whole page, drawn by the shell. */

class LiveRegion {
  polite: string = $state('');
  assertive: string = $state('');
}
export const live = new LiveRegion();

/** Speaks a sentence. The same sentence twice is spoken twice: a changing space at the end makes it new. */
export function announce(text: string, assertive = false): void {
  const place = assertive ? 'assertive' : 'polite';
  live[place] = live[place] === text ? `${text} ` : text;
}
