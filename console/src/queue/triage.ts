/** What the hub says of a wearer's alarms, as the queue uses it: what hides a line now, and where it stands among the others. */
import { clock } from '../lib/time.svelte';
import type { Hiding, IncidentSummary } from '../lib/types';

/** The kinds of a wearer's alarms, the most serious first: within a level they stand in this order, as the hub's do. */
const SERIOUSNESS = ['strap_cut', 'approach_protected', 'exclusion_zone', 'interference', 'curfew_breach', 'location_lost', 'device_fault', 'low_battery'];
/** Kinds that nothing hides, not even a person. */
const NEVER_HIDDEN = ['strap_cut', 'approach_protected'];

/**
 * Why a line is hidden now, or null. It shows again at its end without asking the hub, and at once when an event brings a kind that the
 * last answer did not know.
 */
export function hiding(incident: IncidentSummary): Hiding | null {
  const triage = incident.triage;
  if (!triage?.hidden || incident.state === 'closed' || !(incident.kind in triage.kinds)) return null;
  return clock.now < Date.parse(triage.hidden.until) ? triage.hidden : null;
}

/** Where a line stands: lower is higher up. One that is not triaged stands where its code puts it. */
export const levelOf = (incident: IncidentSummary): number => incident.triage?.level ?? 10 + 10 * incident.priority;

/** Where its kind stands within a level; what is not triaged has no kinds to tell apart. */
export const seriousnessOf = (incident: IncidentSummary): number => (incident.triage ? SERIOUSNESS.indexOf(incident.kind) : 0);

/** Whether a person may hide it: it is a wearer's, somebody looked at it, and its kind may be hidden at all. */
export function mayHide(incident: IncidentSummary): boolean {
  return !!incident.triage && !incident.needs.includes('acknowledge') && !NEVER_HIDDEN.includes(incident.kind);
}
