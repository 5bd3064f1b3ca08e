import type { Transport } from './picture';

/**
 * Why a transport stopped.
 * `ended`: the grant or view is over. `lease`: the gateway lost its hub. `dead`: the camera gives nothing.
 * `goodbye`: the gateway ended it and did not say why: the hub knows. `refused`: the ticket was not taken. `unsupported`: this way does not exist here. `lost`: anything else.
 */
export type Failure = 'ended' | 'goodbye' | 'lease' | 'dead' | 'refused' | 'unsupported' | 'lost';

/** What a transport tells its player. */
export interface AttemptHeard {
  frame(count: number): void;
  failed(failure: Failure): void;
  health(health: string): void;
}

/** One transport of one view, from its first packet to its end. It owns its element and shows nothing after {@link close}. */
export interface Attempt {
  readonly kind: Transport;
  readonly element: HTMLVideoElement | HTMLImageElement;
  /** When the last picture was presented, on the page's monotonic clock; 0 before the first. */
  readonly lastAt: number;
  readonly fps: number;
  readonly interval: number;
  /** Delay of the shown picture behind its receipt, in milliseconds; null when unknown. */
  readonly delayMs: number | null;
  /**
   * Takes the element off the page synchronously, for good, and ends the connection in a task of its own: closing nine connections takes
   * longer than a picture may stay. `tell` says goodbye to a gateway that does not know yet.
   */
  close(tell: boolean): void;
}

/** Reads a gateway's refusal (RFC 9457): why it does not serve. */
export async function failureOf(answer: Response): Promise<Failure> {
  const problem = (await answer.json().catch(() => ({}))) as { code?: string };
  if (['gateway_full', 'mask_unavailable', 'transcode_full'].includes(problem.code ?? '') || problem.code?.startsWith('engine_')) return 'lost';
  if (answer.status === 401 || answer.status === 403) return 'refused';
  if (answer.status === 404 || answer.status === 409 || answer.status === 502 || answer.status === 504) return 'dead';
  if (answer.status === 410) return 'ended';
  if (answer.status === 501) return 'unsupported';
  if (answer.status === 503) return 'lease';
  return 'lost';
}
