/** What one video tile can be in, and what the tile says about it. */

/**
 * The states of a picture. Exactly one holds at any moment, and only `live`, `fallback` and `stills` may be taken for *now*:
 * `reconnecting` may still show the last picture, but greyed and marked with its age.
 */
export type PictureState =
  | 'asking'
  | 'waiting'
  | 'live'
  | 'fallback'
  | 'stills'
  | 'reconnecting'
  | 'cut'
  | 'dead'
  | 'denied'
  | 'ended';

/** How a picture travels: WebRTC, fragmented MP4 over a WebSocket, or single stills. */
export type Transport = 'webrtc' | 'ws' | 'still';

/** Why a picture is not there, in the words of whoever took it away. */
export interface Notice {
  /** Stable code: an end reason of the hub, a problem code, or a reason of this page. */
  code: string;
  /** Words to show, when the hub sent some. */
  text: string | null;
  /** The agency or person who acted, when known. */
  by: string | null;
  /** When it happened, epoch milliseconds. */
  at: number;
  /** Milliseconds between hearing of the cut and the empty tile. */
  tookMs: number | null;
}

/** One view of one camera as the page knows it; replaced as a whole on every change. */
export interface Picture {
  state: PictureState;
  transport: Transport | null;
  /** When this state began, on the page's monotonic clock. */
  since: number;
  /** Which try of {@link TRIES_SHOWN} this is while reconnecting; 0 before the first failure. */
  attempt: number;
  /** True while any picture, new or old, stands on the stage. */
  shown: boolean;
  /** From asking for the view to its first frame on this screen, in milliseconds. */
  firstFrameMs: number | null;
  notice: Notice | null;
  /** Last health word of the camera: `ok late dead password frozen black idle`. */
  health: string | null;
  width: number;
  height: number;
}

/** Tries counted on the tile before a camera is called silent; trying goes on behind that word. */
export const TRIES_SHOWN = 5;

/** States in which what is now is on the tile, moving or as stills. */
export function isShowing(state: PictureState): boolean {
  return state === 'live' || state === 'fallback' || state === 'stills';
}

/** Whether somebody can be seen, or not, on this picture: one that froze or went black does not show what is now. */
export function isToBeSeen(picture: Picture): boolean {
  return isShowing(picture.state) && picture.health !== 'frozen' && picture.health !== 'black';
}

/** States in which nothing will come back by itself. */
export function isOver(state: PictureState): boolean {
  return state === 'cut' || state === 'denied' || state === 'ended';
}

/** A picture of which nothing is known yet. */
export function blankPicture(state: PictureState): Picture {
  return {
    state,
    transport: null,
    since: performance.now(),
    attempt: 0,
    shown: false,
    firstFrameMs: null,
    notice: null,
    health: null,
    width: 0,
    height: 0,
  };
}

/** End reasons after which the same viewer may ask again at once; every other end is final. */
export const PASSING_ENDS: ReadonlySet<string> = new Set(['lease', 'stop', 'gateway_lost', 'viewer_gone', 'viewer']);
