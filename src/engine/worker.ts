/**
 * Entry of an engine process. It takes its orders over the IPC channel and dies with it, so that no engine outlives
 * the control process that knows of it.
 */

import type { DesiredState } from '../domain/desired.js';
import type { EngineCommand, EngineEvent, EngineOptions } from '../domain/engine.js';
import { createLogger } from '../lib/log.js';
import { AV_LOG_ERROR, Log } from './av/log.js';
import type { EngineClock } from './clock.js';
import { Engine } from './engine.js';

const ALIVE_MS = 500;
/** An error that comes with every tick is told once in this time. */
const ERROR_PAUSE_MS = 5000;

const log = createLogger('engine');
Log.setLevel(AV_LOG_ERROR);

const wallOffset = Date.now() * 1000 - performance.now() * 1000;
const clock: EngineClock = {
  now: () => performance.now() * 1000,
  wall: (engineTime) => engineTime + wallOffset,
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

let options: EngineOptions | null = null;
let engine: Engine | null = null;
let starting: Promise<void> | null = null;
let newest: DesiredState | null = null;
let levelsWatched = false;
let lastError = Number.NEGATIVE_INFINITY;

function tell(event: EngineEvent): void {
  if (process.connected) process.send?.(event);
}

function tellAlive(): void {
  if (engine) tell({ type: 'alive', stats: engine.stats() });
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  log.error({ err: error }, 'engine failed');
  tell({ type: 'failed', message });
  // The message is on its way; a process in an unknown state must not go on.
  setTimeout(() => process.exit(1), 50).unref();
}

async function start(desired: DesiredState, engineOptions: EngineOptions): Promise<void> {
  engine = await Engine.start(desired, engineOptions, clock, {
    onPublishing: () => tell({ type: 'publishing' }),
    onApplied: (revision, tick) => tell({ type: 'applied', revision, tick }),
    onReport: (report) => {
      // Nobody may have a CallbackUrl, and it concerns whoever runs the server.
      if (report.code === 'EncoderFallback') log.warn(report.message);
      // Whoever hears of it may ask at once how it is.
      if (report.code === 'StandbyOn' || report.code === 'StandbyOff') tellAlive();
      tell({ type: 'report', report });
    },
    onLevels: (levels) => tell({ type: 'levels', levels }),
    onError: (error) => {
      if (clock.now() - lastError < ERROR_PAUSE_MS * 1000) return;
      lastError = clock.now();
      log.error({ err: error }, 'tick failed');
    },
  });
  engine.watchLevels(levelsWatched);
  if (newest && newest.revision > desired.revision) engine.setDesired(newest);
  setInterval(tellAlive, ALIVE_MS).unref();
}

function onDesired(desired: DesiredState): void {
  newest = desired;
  if (engine) engine.setDesired(desired);
  else if (options) starting ??= start(desired, options).catch(fail);
}

async function stop(): Promise<void> {
  await starting;
  await engine?.close('the studio was stopped');
  process.exit(0);
}

process.on('message', (command: EngineCommand) => {
  switch (command.type) {
    case 'configure':
      options = command.options;
      return;
    case 'desired':
      onDesired(command.desired);
      return;
    case 'caption':
      engine?.caption(command.caption);
      return;
    case 'standby':
      engine?.standby();
      return;
    case 'watchLevels':
      levelsWatched = command.on;
      engine?.watchLevels(command.on);
      return;
    case 'stop':
      stop().catch(fail);
  }
});
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
// Ctrl-C in a terminal reaches the whole group; the control process decides when an engine ends.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
