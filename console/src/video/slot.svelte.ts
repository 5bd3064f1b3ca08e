import { blankPicture, isOver, type Picture } from './picture';
import type { Player, Right } from './player';
import { acquire, release } from './pool';
import { playAll } from './screens';

/** Length of the cross-fade between two cameras of one tile. */
const FADE_MS = 160;

/** One place on the wall: the player it shows, and the next one, which takes the place with its first frame and not before. */
export class Slot {
  player: Player | null = $state.raw(null);
  coming: Player | null = $state.raw(null);
  picture: Picture = $state.raw(blankPicture('waiting'));
  readonly #holder: HTMLElement;
  readonly #heardFrame: (frames: number) => void;
  #ends: (() => void) | null = null;
  #comingEnds: (() => void) | null = null;

  constructor(holder: HTMLElement, heardFrame: (frames: number) => void) {
    this.#holder = holder;
    this.#heardFrame = heardFrame;
  }

  /** Shows this camera. A picture already there stays until the new one has a frame; anything else gives way at once. */
  show(right: Right, camera: string, incident: string | null, stillsOnly: boolean): void {
    const player = acquire(right, camera, incident, stillsOnly);
    if (player === this.player) {
      release(player);
      this.#forgetComing();
      return;
    }
    this.#forgetComing();
    if (!this.player || !this.picture.shown || isOver(this.picture.state)) {
      this.#take(player);
      return;
    }
    this.coming = player;
    this.#comingEnds = player.subscribe((picture) => {
      if (picture.shown || isOver(picture.state)) queueMicrotask(() => this.coming === player && this.#take(player));
    });
  }

  /** Shows nothing. */
  clear(): void {
    this.#forgetComing();
    this.#drop(this.player, 0);
    this.player = null;
    this.picture = blankPicture('waiting');
  }

  #take(player: Player): void {
    this.#comingEnds?.();
    this.#comingEnds = null;
    this.coming = null;
    const old = this.player;
    const fades = old !== null && this.picture.shown;
    this.#drop(old, fades ? FADE_MS : 0);
    this.player = player;
    player.stage.classList.toggle('enter', fades);
    this.#holder.append(player.stage);
    playAll(player.stage);
    player.onframe = this.#heardFrame;
    this.#heardFrame(player.frames);
    this.#ends = player.subscribe((picture) => {
      this.picture = picture;
      if (this.coming && !picture.shown) queueMicrotask(() => this.coming && this.player === player && this.#take(this.coming));
    });
  }

  #drop(player: Player | null, afterMs: number): void {
    this.#ends?.();
    this.#ends = null;
    if (!player) return;
    if (player.onframe === this.#heardFrame) player.onframe = null;
    const leave = (): void => {
      if (player.stage.parentElement === this.#holder) player.stage.remove();
      release(player);
    };
    if (afterMs > 0) setTimeout(leave, afterMs);
    else leave();
  }

  #forgetComing(): void {
    this.#comingEnds?.();
    this.#comingEnds = null;
    if (this.coming) release(this.coming);
    this.coming = null;
  }
}
