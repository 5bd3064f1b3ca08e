/** Acknowledging means: I have it. It stops the sound and tells the others; it opens, extends and closes nothing. */
import { api, ApiError } from '../lib/api';
import { toast } from '../lib/toast.svelte';
import type { IncidentSummary } from '../lib/types';
import { t } from '../i18n/queue';
import { incidents } from './incidents.svelte';

export async function acknowledge(incident: IncidentSummary): Promise<void> {
  if (!incident.needs.includes('acknowledge')) return;
  try {
    incidents.put(await api.acknowledge(incident.id));
    toast(t('acked', { number: incident.number }));
  } catch (error) {
    toast(error instanceof ApiError ? error.message : String(error), 'alarm');
  }
}
