/** What a hub's refusal of a view or ticket means for a picture. */
import { ApiError } from '../lib/api';
import { PASSING_ENDS, type Notice } from './picture';

/** The reason inside a 409 `view_ended`. */
function endReason(refusal: ApiError): string | null {
  return (refusal.problem as { values?: { reason?: string } }).values?.reason ?? null;
}

/** True when asking again later cannot help: the hub answered, and it was neither too busy nor at fault. */
export function isFinal(refusal: unknown): refusal is ApiError {
  return refusal instanceof ApiError && refusal.status >= 400 && refusal.status < 500 && refusal.status !== 429;
}

/** True when the hub ended this view for a passing reason, or forgot it: the same viewer may open another. */
export function mayAskAnew(refusal: unknown): boolean {
  if (!(refusal instanceof ApiError)) return false;
  if (refusal.status === 404) return true;
  return refusal.status === 409 && refusal.code === 'view_ended' && PASSING_ENDS.has(endReason(refusal) ?? '');
}

/** The state of a picture that was refused for good. */
export function stateAfter(refusal: ApiError): 'cut' | 'denied' | 'ended' {
  if (refusal.status === 403) return 'denied';
  return refusal.code === 'view_ended' ? 'cut' : 'ended';
}

/** What the tile says of it. */
export function noticeOf(refusal: ApiError): Omit<Notice, 'tookMs'> {
  return { code: refusal.code || String(refusal.status), text: endReason(refusal) ?? refusal.message, by: null, at: Date.now() };
}
