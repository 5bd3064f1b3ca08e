/** The things a person can be asked about before they happen; each is one dialog of the incident page. */
import type { ChosenCamera, Grant } from '../lib/types';

export type Asking =
  | { what: 'close' }
  | { what: 'reopen' }
  | { what: 'extend'; grant: Grant }
  | { what: 'revoke'; grant: Grant }
  | { what: 'record'; grant: Grant }
  | { what: 'basis'; grant: Grant }
  | { what: 'clip'; grant: Grant; camera: ChosenCamera }
  | { what: 'responder' }
  | { what: 'invite'; agency: string | null }
  | { what: 'place' }
  | { what: 'lookFor' }
  | { what: 'priority' }
  | { what: 'note' }
  | { what: 'steer'; camera: ChosenCamera; grant: Grant }
  | { what: 'merge' }
  | { what: 'split' };
