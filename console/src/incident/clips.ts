/** What is said of a clip, and how it comes to this device: the file from its gateway, the manifest from the hub. */
import { t } from '../i18n/clips';
import { api } from '../lib/api';
import type { Clip } from '../lib/careTypes';

const CUTS = ['grant_over', 'lease', 'storage', 'stop', 'format_changed', 'mask_changed', 'camera_unshowable'] as const;
const FAILURES = ['no_picture', 'clips_full', 'too_many_clips', 'mask_unavailable', 'gateway_lost', 'grant_over'] as const;

/** Why it is shorter than asked, or why there is none; empty when nothing is to be said. */
export function remark(clip: Clip): string {
  if (clip.state === 'failed') {
    const code = FAILURES.find((one) => one === clip.failure);
    return code ? t(`fail_${code}`) : t('fail_other');
  }
  const code = CUTS.find((one) => one === clip.video?.cut_short);
  return code ? t(`cut_${code}`) : '';
}

/** How long the recorded picture runs, in whole seconds. */
export function lengthOf(clip: Clip): number {
  return clip.video ? Math.round((Date.parse(clip.video.to) - Date.parse(clip.video.from)) / 1000) : 0;
}

/** Fetches the clip with a one-use ticket, and its manifest, and hands both to the person. Throws when either does not come. */
export async function download(clip: Clip): Promise<void> {
  const [{ ticket, url }, { manifest }] = await Promise.all([api.clipTicket(clip.id), api.clip(clip.id)]);
  const answer = await fetch(url, { headers: { authorization: `Bearer ${ticket}` }, cache: 'no-store' });
  if (!answer.ok) throw new Error(t('notReached'));
  const name = `${clip.incident.number}-${clip.camera.name}-${clip.id}`.replaceAll(/[^\p{L}\p{N}-]+/gu, '_');
  save(await answer.blob(), `${name}.mp4`);
  save(new Blob([JSON.stringify(manifest, null, 1)], { type: 'application/json' }), `${name}.manifest.json`);
}

function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
