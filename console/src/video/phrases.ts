/** Why a camera is on the wall, short enough for the foot of its tile; the whole reason stands in the list beside the map. */
import { t } from '../i18n/video';
import { language } from '../lib/i18n.svelte';
import type { ChosenCamera, Reason } from '../lib/types';

const SHORT = {
  faces_scene: 'why_faces_scene',
  faces_scene_whole: 'why_faces_scene_whole',
  faces_scene_far: 'why_faces_scene_far',
  may_see_scene: 'why_may_see_scene',
  said_all_round: 'why_said_all_round',
  scene_not_in_view: 'why_scene_not_in_view',
  scene_out_of_reach: 'why_scene_out_of_reach',
  only_near: 'why_only_near',
  sees_exit: 'why_sees_exit',
  sees_exit_unnamed: 'why_sees_exit',
  may_see_exit: 'why_may_see_exit',
  may_see_exit_unnamed: 'why_may_see_exit',
} as const;

/** An exit says more than "the surroundings"; anything that faces the scene says most. */
const WEAK = new Set(['scene_not_in_view', 'scene_out_of_reach', 'only_near']);

/** `85 m · 현장 정면`. A reason this page does not know is written as the hub says it. */
export function shortWhy(camera: Partial<ChosenCamera>): string {
  const known = (camera.why ?? []).filter((reason) => reason.code in SHORT);
  const reason = known.find((one) => !WEAK.has(one.code)) ?? known[0] ?? camera.why?.[0];
  const words: string[] = [];
  if (camera.distance_m !== undefined) words.push(t('metres', { n: Math.round(camera.distance_m) }));
  if (reason) words.push(phrase(reason));
  else if (camera.pose === 'unknown') words.push(t('unknownShort'));
  return words.join(' · ');
}

function phrase(reason: Reason): string {
  const key = SHORT[reason.code as keyof typeof SHORT];
  if (!key) return reason.text;
  const direction = reason.values[`direction_${language.current}`];
  return t(key, { percent: String(reason.values['percent'] ?? ''), direction: String(direction ?? '') });
}

const ENDS = new Set([
  'closed', 'expired', 'place_corrected', 'pursuit_moved', 'bad_picture', 'decided_again', 'unanswered', 'session_ended', 'duty_ended', 'agreement_over', 'follows_issuer', 'viewer',
  'viewer_gone', 'lease', 'gateway_lost', 'stop',
]);

/** An end reason in words: a code of the hub, or the words a person gave. */
export function endWords(reason: string | null): string {
  if (!reason) return '';
  return ENDS.has(reason) ? t(`end_${reason}` as 'end_closed') : reason;
}
