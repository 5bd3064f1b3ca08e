/**
 * All pictures of this page: one player a right and camera however many tiles ask, kept a moment between two screens, and emptied in
 * the same task in which the hub's word arrives.
 */
import { events } from '../lib/events.svelte';
import { hubNow } from '../lib/api';
import { desk } from '../lib/session.svelte';
import { sound } from '../lib/sound';
import type { GrantEventData, HubEvent, ViewEventData } from '../lib/eventTypes';
import { isOver, PASSING_ENDS } from './picture';
import { Player, type Right } from './player';

/** A picture nobody shows lives this long, so that going from one screen to the next does not open it twice. */
const KEPT_MS = 1500;
const WATCH_MS = 250;
/** After the page was hidden the browser needs a moment to present frames again. */
const WAKE_MS = 1500;

const GRANT_ENDS = new Set(['grant.revoked', 'grant.denied', 'grant.expired', 'grant.ended']);

interface Kept {
  player: Player;
  incident: string | null;
  holders: number;
  leaving: ReturnType<typeof setTimeout> | undefined;
}

const kept = new Map<string, Kept>();
let awakeAt = 0;

function keyOf(right: Right, camera: string): string {
  return `${'grant' in right ? right.grant : right.duty} ${camera}`;
}

/** A player for this camera under this right; call {@link release} when it is no longer shown. */
export function acquire(right: Right, camera: string, incident: string | null, stillsOnly = false): Player {
  const key = keyOf(right, camera);
  let entry = kept.get(key);
  if (entry && isOver(entry.player.picture.state) && entry.holders === 0) {
    forget(key, entry);
    entry = undefined;
  }
  if (!entry) {
    entry = { player: new Player(right, camera, stillsOnly), incident, holders: 0, leaving: undefined };
    kept.set(key, entry);
  }
  clearTimeout(entry.leaving);
  entry.holders += 1;
  entry.player.useStills(stillsOnly);
  return entry.player;
}

/** Says that a tile no longer shows this player. */
export function release(player: Player): void {
  for (const [key, entry] of kept) {
    if (entry.player !== player) continue;
    entry.holders -= 1;
    if (entry.holders > 0) return;
    if (desk.session) entry.leaving = setTimeout(() => forget(key, entry), KEPT_MS);
    else forget(key, entry);
  }
}

/** Empties every picture of this page at once: the session is over. */
export function blankAll(code: string, heard = performance.now()): void {
  for (const { player } of kept.values()) player.cut('ended', { code, text: null, by: null, at: hubNow() }, heard);
}

/** Empties every picture of an incident at once: it was closed here or elsewhere. */
export function blankIncident(incident: string, code: string, heard = performance.now()): void {
  for (const entry of kept.values()) {
    if (entry.incident === incident) entry.player.cut('ended', { code, text: null, by: null, at: hubNow() }, heard);
  }
}

/** Empties every picture under a grant that no longer holds, for whoever learns of it otherwise than by an event. */
export function blankGrant(grant: string, state: 'cut' | 'denied' | 'ended', code: string, text: string | null): void {
  const heard = performance.now();
  for (const { player } of kept.values()) {
    if (!('grant' in player.right) || player.right.grant !== grant || isOver(player.picture.state)) continue;
    player.cut(state, { code, text, by: null, at: hubNow() }, heard);
  }
}

function forget(key: string, entry: Kept): void {
  if (kept.get(key) !== entry || entry.holders > 0) return;
  kept.delete(key);
  entry.player.close();
}

function grantEnded(event: HubEvent): void {
  if (!GRANT_ENDS.has(event.type)) return;
  const heard = performance.now();
  const data = event.data as GrantEventData;
  const code = event.type.slice('grant.'.length);
  const state = code === 'denied' ? 'denied' : code === 'revoked' ? 'cut' : 'ended';
  let own = false;
  for (const { player } of kept.values()) {
    if (!('grant' in player.right) || player.right.grant !== data.grant) continue;
    player.cut(state, { code: data.reason === 'closed' ? 'closed' : code, text: data.reason, by: null, at: Date.parse(event.at) }, heard);
    own = true;
  }
  if (own && code === 'revoked') sound.cut();
}

function viewEnded(event: HubEvent): void {
  const heard = performance.now();
  const data = event.data as ViewEventData;
  for (const { player } of kept.values()) {
    if (player.view !== data.view) continue;
    const reason = data.reason ?? 'ended';
    const known = player.picture.notice;
    if (isOver(player.picture.state) && known) {
      player.cut(player.picture.state as 'cut', { ...known, by: known.by ?? data.by }, heard);
    } else if (PASSING_ENDS.has(reason)) {
      player.comeBack(heard, reason);
    } else {
      player.cut('cut', { code: reason === 'closed' ? 'closed' : data.by ? 'revoked' : reason, text: reason, by: data.by, at: Date.parse(event.at) }, heard);
      if (data.by) sound.cut();
    }
  }
}

function cameraHealth(event: HubEvent): void {
  const data = event.data as { camera: string; health: string };
  for (const { player } of kept.values()) if (player.camera === data.camera) player.health(data.health);
}

events.on('view.ended', viewEnded);
events.on('grant', grantEnded);
events.on('incident.closed', (event) => blankIncident(event.subject, 'closed'));
events.on('session.ended', () => blankAll('session'));
events.on('camera.health', cameraHealth);

document.addEventListener('visibilitychange', () => (awakeAt = performance.now() + WAKE_MS));
setInterval(() => {
  if (document.hidden || performance.now() < awakeAt) return;
  for (const { player } of kept.values()) player.watch();
}, WATCH_MS);
