/** Messages between the control process and the process of one SRT relay (Node IPC, JSON). */
import type { RelayState, SrtTarget } from './relay.js';

export interface SrtRelayOptions {
  linkPath: string;
  linkToken: string;
  /** Hub stream. */
  stream: string;
  target: SrtTarget;
  /** Which hosts may be connected to: see `lib/address.ts`. */
  addresses: 'public' | 'lan' | 'all';
}

/** Control to relay. */
export type SrtRelayCommand = { type: 'configure'; options: SrtRelayOptions } | { type: 'stop' };

/** Relay to control: twice a second, which is its sign of life as well, and with every change of status. */
export interface SrtRelayEvent {
  type: 'state';
  state: RelayState;
}
