/**
 * The hub process, forked by the control process. Speaks the messages of `domain/hub.ts` over Node's IPC.
 *
 * Waits for `configure`, tries busy ports again for 5 s (an earlier hub may just be dying; the first argument is another
 * time in ms, for tests), then says `ready` or `failed`. Exits on `stop`, and at once when the channel breaks: a hub without its control process serves nobody.
 */
import type { HubCommand, HubEvent, HubOptions } from '../domain/hub.js';
import type { RelayPlan } from '../domain/relay.js';
import { createLogger } from '../lib/log.js';
import { type Hub, startHub } from './hub.js';

const RETRY_MS = Number(process.argv[2] ?? 5_000);
const RETRY_STEP_MS = 200;
const STOP_MS = 3_000;

const log = createLogger('hub');
let state: 'waiting' | 'starting' | 'running' | 'stopping' = 'waiting';
let hub: Hub | null = null;
/** What is known of relays before the hub is ready. */
let plan: RelayPlan | null = null;

function tell(event: HubEvent): void {
  if (process.connected) process.send?.(event, undefined, undefined, () => {});
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

async function startPatiently(options: HubOptions): Promise<Hub> {
  const until = Date.now() + RETRY_MS;
  for (;;) {
    try {
      return await startHub(options, (relays) => tell({ type: 'relays', relays }));
    } catch (error) {
      if (!isBusy(error) || Date.now() >= until) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_STEP_MS));
    }
  }
}

async function configure(options: HubOptions): Promise<void> {
  if (state !== 'waiting') return;
  state = 'starting';
  try {
    hub = await startPatiently(options);
    state = 'running';
    const { mediaPort, rtmpPort, webrtcPort } = hub;
    tell({ type: 'ready', mediaPort, rtmpPort, webrtcPort });
    if (plan) hub.setRelays(plan);
  } catch (error) {
    state = 'waiting';
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}

async function stop(): Promise<void> {
  if (state === 'stopping') return;
  state = 'stopping';
  setTimeout(() => process.exit(0), STOP_MS).unref();
  await hub?.close();
  process.exit(0);
}

process.on('message', (command: HubCommand) => {
  switch (command.type) {
    case 'configure':
      void configure(command.options);
      return;
    case 'stats':
      tell({ type: 'stats', id: command.id, streams: hub?.stats() ?? [] });
      return;
    case 'relays':
      plan = command.plan;
      hub?.setRelays(plan);
      return;
    case 'stop':
      void stop();
  }
});
process.on('disconnect', () => process.exit(0));
// The control process decides when to stop: a Ctrl-C in the terminal reaches both.
process.on('SIGINT', () => {});
process.on('uncaughtException', (error) => {
  log.fatal({ reason: error.stack ?? error.message }, 'hub crashed');
  process.exit(1);
});
