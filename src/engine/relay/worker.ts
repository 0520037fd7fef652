/**
 * Entry of the process of one SRT relay. It takes its orders over the IPC channel, speaks twice a second, and dies with
 * the channel, so that no relay outlives the control process that knows of it.
 */
import type { SrtRelayCommand, SrtRelayEvent } from '../../domain/srt-relay.js';
import { createLogger } from '../../lib/log.js';
import { AV_LOG_QUIET, Log } from '../av/log.js';
import { SrtRelay } from './srt-relay.js';

const ALIVE_MS = 500;

const log = createLogger('relay');
// FFmpeg would write addresses, and with them passphrases, into the log; what it says is in the codes of its calls.
Log.setLevel(AV_LOG_QUIET);

let relay: SrtRelay | null = null;

function tell(event: SrtRelayEvent): void {
  if (process.connected) process.send?.(event, undefined, undefined, () => {});
}

function fail(error: unknown): void {
  log.error({ err: error }, 'relay failed');
  process.exit(1);
}

function begin(options: ConstructorParameters<typeof SrtRelay>[0]): void {
  if (relay) return;
  const running = new SrtRelay(options, () => performance.timeOrigin + performance.now(), {
    onChange: () => tell({ type: 'state', state: running.state() }),
    onStuck: () => process.exit(1),
  });
  relay = running;
  setInterval(() => tell({ type: 'state', state: running.read() }), ALIVE_MS).unref();
}

process.on('message', (command: SrtRelayCommand) => {
  if (command.type === 'configure') begin(command.options);
  else (relay?.close() ?? Promise.resolve()).then(() => process.exit(0), fail);
});
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
// The control process decides when a relay ends.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
