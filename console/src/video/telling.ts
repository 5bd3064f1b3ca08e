/** What a tile says of its picture: the chip at its top and the words in its middle. */
import { t } from '../i18n/video';
import { agencyName } from '../lib/session.svelte';
import { hms, length, secondsLeft } from '../lib/time.svelte';
import type { Grant } from '../lib/types';
import type { IconName } from '../ui/icons';
import { endWords } from './phrases';
import { TRIES_SHOWN, type Notice, type Picture } from './picture';

export interface Chip {
  tone: '' | 'live' | 'warn';
  mark: 'dot' | 'half' | 'diamond' | IconName;
  text: string;
  more: string;
}

export interface Middle {
  icon: IconName | null;
  title: string;
  /** A count written beside the title. */
  count?: string;
  text: string;
}

const LATE_MS = 500;

/** Seconds with one decimal below ten, whole above. */
export function seconds(ms: number): string {
  const s = ms / 1000;
  return s < 10 ? s.toFixed(1) : String(Math.round(s));
}

/** The chip for a picture: state first, then delay, age or tries. */
export function chipOf(picture: Picture, ageMs: number | null, delayMs: number | null): Chip {
  const late = delayMs !== null && delayMs > LATE_MS ? ` ${t('late')}` : '';
  const delay = delayMs === null ? '' : `${Math.round(delayMs)} ms${late}`;
  switch (picture.state) {
    case 'live':
      return healthChip(picture.health) ?? { tone: 'live', mark: 'dot', text: t('live'), more: delay };
    case 'fallback':
      return healthChip(picture.health) ?? { tone: 'live', mark: 'half', text: t('fallback'), more: `WS ${delay}` };
    case 'stills':
      return { tone: 'warn', mark: 'still', text: t('stillAgo', { n: seconds(ageMs ?? 0) }), more: '' };
    case 'waiting':
      return { tone: 'warn', mark: 'diamond', text: t('waiting'), more: '' };
    case 'reconnecting':
      return { tone: 'warn', mark: 'diamond', text: tries(picture.attempt), more: '' };
    case 'dead':
      return { tone: '', mark: 'dead', text: t('dead'), more: '' };
    case 'asking':
      return { tone: '', mark: 'key', text: t('asking'), more: '' };
    case 'denied':
      return { tone: '', mark: 'lock', text: t('denied'), more: '' };
    case 'cut':
      return { tone: '', mark: 'cut', text: t('cut'), more: '' };
    case 'ended':
      return { tone: '', mark: 'check', text: t('ended'), more: '' };
  }
}

function tries(attempt: number): string {
  return attempt > 0 && attempt <= TRIES_SHOWN ? t('reconnectingTry', { n: attempt, of: TRIES_SHOWN }) : t('reconnecting');
}

function healthChip(health: string | null): Chip | null {
  if (health === 'frozen' || health === 'black') return { tone: 'warn', mark: 'warn', text: t(health), more: '' };
  return null;
}

/** The words over a tile without a picture of now; null when the picture speaks for itself. */
export function middleOf(picture: Picture, ageMs: number | null, now: number, hubConnected: boolean): Middle | null {
  switch (picture.state) {
    case 'waiting':
      return { icon: null, title: '', text: t('waitingFor', { n: seconds(now - picture.since) }) };
    case 'reconnecting':
      if (picture.shown && ageMs !== null) return { icon: 'retry', title: t('lastPicture', { n: Math.round(ageMs / 1000) }), text: t('notNow') };
      return { icon: 'retry', title: tries(picture.attempt), text: hubConnected ? t('noPictureYet') : t('hubLost') };
    case 'dead':
      return { icon: 'dead', title: t('deadTitle'), text: picture.health === 'password' ? t('password') : t('deadText') };
    case 'cut':
    case 'denied':
    case 'ended':
      return over(picture);
    default:
      return null;
  }
}

function over(picture: Picture): Middle {
  const notice = picture.notice;
  if (picture.state === 'denied') return { icon: 'lock', title: t('deniedTitle'), text: notice?.text ?? '' };
  if (picture.state === 'cut') return { icon: 'cut', title: cutTitle(notice), text: told(notice) };
  if (notice?.code === 'closed' || notice?.code === 'incident_closed' || notice?.code === 'part_closed') return { icon: 'check', title: t('endedTitle'), text: t('endedText', { at: hms(notice.at) }) };
  if (notice?.code === 'session') return { icon: 'lock', title: t('sessionOver'), text: hms(notice.at) };
  if (notice?.code === 'expired') return { icon: 'clock', title: t('cutExpired'), text: told(notice) };
  return { icon: 'check', title: t('endedGrant'), text: told(notice) };
}

function cutTitle(notice: Notice | null): string {
  if (notice?.code === 'expired') return t('cutExpired');
  if (notice?.code !== 'revoked') return t('cutOther');
  return notice.by ? t('cutRevokedBy', { by: agencyName(notice.by) }) : t('cutRevoked');
}

function told(notice: Notice | null): string {
  if (!notice) return '';
  const parts = [hms(notice.at)];
  const why = endWords(notice.text);
  if (why && why !== notice.code) parts.push(t('reason', { text: why }));
  if (notice.tookMs !== null) parts.push(t('emptiedIn', { ms: notice.tookMs < 10 ? notice.tookMs.toFixed(1) : Math.round(notice.tookMs) }));
  return parts.join(' · ');
}

/** The words over a tile whose owner is still asked. At code 0 an unanswered question opens, otherwise it is a denial. */
export function askingMiddle(grant: Grant, opensUnanswered: boolean): Middle {
  const left = grant.answer_by ? length(secondsLeft(grant.answer_by)) : '';
  const title = grant.awaits === 'officer' ? t('askingOfficer') : t('askingTitle', { owner: agencyName(grant.owner) });
  const text = t(opensUnanswered ? 'onTimeoutOpened' : 'onTimeoutDenied', { clause: t('clauseOf', { agreement: grant.agreement, clause: grant.clause }) });
  return { icon: 'key', title, count: left, text };
}
