/** The forms of what surrounds a picture: masks, clips, steering, the relay (docs/api.md). */
/** How a view sees its camera: it has no mask; the mask lies over it; the mask is lifted by right. */
export type Sight = 'plain' | 'masked' | 'unmasked';
/** Points from 0 to 1 across and down. */
export type Region = [number, number][];
export type CameraMask = { regions: Region[]; reason: string | null; by: string | null; at: string | null; unreached?: string[] };
/** The last half minute; from then until stopped; from now until stopped. */
export type ClipPart = 'last' | 'both' | 'on';
export type Clip = {
  id: string;
  state: 'recording' | 'made' | 'failed' | 'erasing' | 'erased';
  incident: { id: string; number: string };
  grant: string;
  agency: string;
  owner: string;
  agreement: string;
  clause: string;
  basis: string;
  camera: { id: string; name: string };
  asked_by: string;
  reason: string;
  asked_at: string;
  from: string;
  to: string;
  video: {
    sha256: string;
    bytes: number;
    from: string;
    to: string;
    frames: number;
    longest_gap_ms: number;
    masked: boolean;
    recoded: boolean;
    cut_short: string | null;
  } | null;
  made_at: string | null;
  keep_until: string | null;
  hold: string | null;
  held_by: string | null;
  failure: string | null;
  erased_at: string | null;
  fetches: { viewer: string; at: string; bytes: number; whole: boolean }[];
  drill: boolean;
};
/** A camera that somebody steers now. `post` says from where; no name goes out. `done`: the camera has answered this act. */
export type SteeringHold = {
  camera: string;
  owner: string;
  agency: string;
  post: string;
  mine: boolean;
  since: string;
  until: string;
  drill: boolean;
  done?: boolean;
};
export type SteerAct = 'move' | 'stop' | 'home' | 'leave';
export type SteerRight = { duty: string } | { grant: string };
export type SteeringRequest = {
  id: string;
  camera: { id: string; name: string };
  owner: string;
  agency: string;
  by: string;
  incident: { number: string };
  text: string;
  at: string;
  done_at: string | null;
  mine: boolean;
  drill: boolean;
};
/** `GET /relay`. */
export interface Relay {
  ice_servers: RTCIceServer[];
  expires_at: string | null;
}
