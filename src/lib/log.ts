/**
 * One logger for each room of the program: JSON lines on standard error, so that standard output stays free.
 *
 * The level comes from `CASTDECK_LOG` (a pino level or `silent`; `info` when unset or unknown). Callers pass fields,
 * never whole option objects or URLs with a query: keys and secrets do not belong in a log. As a second line of
 * defence, fields with the usual names of secrets are replaced.
 */
import { destination, type Logger, levels, pino } from 'pino';

export type { Logger };

const SECRET_FIELDS = ['key', 'publishKey', 'token', 'linkToken', 'secret', 'password', 'authorization'];

function level(): string {
  const wanted = (process.env.CASTDECK_LOG ?? 'info').toLowerCase();
  return wanted === 'silent' || wanted in levels.values ? wanted : 'info';
}

/** A logger whose lines carry `room`, for example `hub` or `api`. Writes synchronously: nothing is lost on exit. */
export function createLogger(room: string): Logger {
  return pino(
    {
      level: level(),
      base: { room, pid: process.pid },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '[hidden]' },
    },
    destination({ fd: 2, sync: true }),
  );
}
