/** How the system is: gateways, ledger, clock, disk. Asked every half minute and whenever a gateway's event comes. */
import { api, ApiError } from './api';
import { onEvent } from './events.svelte';
import type { SystemStatus } from './types';

const EVERY_MS = 30_000;

class System {
  /** Null until known, or when this role is not told. */
  status: SystemStatus | null = $state.raw(null);

  lostGateways: string[] = $derived((this.status?.gateways ?? []).filter((gateway) => gateway.state === 'lost').map((gateway) => gateway.name));

  /** Follows the system's state; the answer ends that. */
  follow(): () => void {
    let stopped = false;
    let timer = 0;
    const ask = async (): Promise<void> => {
      clearTimeout(timer);
      try {
        this.status = await api.status();
      } catch (error) {
        if (error instanceof ApiError && error.status === 403) return;
      }
      if (!stopped) timer = window.setTimeout(ask, EVERY_MS);
    };
    void ask();
    const undo = ['gateway', 'clock'].map((type) => onEvent(type, () => void ask()));
    return () => {
      stopped = true;
      clearTimeout(timer);
      for (const off of undo) off();
      this.status = null;
    };
  }
}

export const system = new System();
