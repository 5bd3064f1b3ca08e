/** Where the keys of the wall act, and whether another camera came there by itself a moment ago. */

/** Who says what he saw may have looked at the picture before for this long. */
const LOOKED_MS = 500;

export class Aim {
  #camera: string | null = null;
  #choice = '';
  #turnedAt = -Infinity;

  /** Told at every change: the camera that keys act on, null while its picture does not stand there, and what a person chose. */
  at(camera: string | null, choice: string): void {
    const byHand = choice !== this.#choice;
    this.#choice = choice;
    if (camera === null) return;
    if (byHand) this.#turnedAt = -Infinity;
    else if (this.#camera !== null && this.#camera !== camera) this.#turnedAt = performance.now();
    this.#camera = camera;
  }

  /** Whether this camera came there just now, and nobody chose it. */
  turned(camera: string): boolean {
    return camera === this.#camera && performance.now() - this.#turnedAt < LOOKED_MS;
  }
}
