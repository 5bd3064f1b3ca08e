/** One still of an own camera in a duty session: a logged view of its own, ended at once. */
import { api } from '../lib/api';

/** The address of the picture; whoever uses it revokes it. Throws when the gateway gives none. */
export async function takeStill(duty: string, camera: string): Promise<string> {
  const view = await api.openView({ duty, camera });
  try {
    const answer = await fetch(view.snapshot, { headers: { authorization: `Bearer ${view.ticket}` }, cache: 'no-store' });
    if (!answer.ok) throw new Error(((await answer.json().catch(() => ({}))) as { detail?: string }).detail ?? String(answer.status));
    return URL.createObjectURL(await answer.blob());
  } finally {
    void api.endView(view.id).catch(() => undefined);
  }
}
