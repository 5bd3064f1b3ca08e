/** Where this city's TURN relay is, for networks that let nothing else through; its credentials are fetched ahead and renewed. */
import { api } from '../lib/api';

const RETRY_MS = 60_000;
let servers: RTCIceServer[] = [];
let renewAt = 0;
let asking = false;

/** The relays known now, without waiting: a picture never waits for a relay it will most likely not need. */
export function relays(): RTCIceServer[] {
  if (performance.now() >= renewAt && !asking) void renew();
  return servers;
}

async function renew(): Promise<void> {
  asking = true;
  const began = performance.now();
  try {
    const relay = await api.relay();
    servers = relay.ice_servers;
    const lifeMs = relay.expires_at ? Date.parse(relay.expires_at) - Date.now() : Infinity;
    renewAt = began + Math.max(RETRY_MS, Math.min(lifeMs / 2, 3_600_000));
  } catch {
    renewAt = began + RETRY_MS;
  } finally {
    asking = false;
  }
}
