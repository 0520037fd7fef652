/**
 * Small worker scripts in place of the engine and the hub: each notes what it is told in a file, one JSON line an
 * entry, and then does what the test wrote for it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Note {
  /** Set in the first entry of each process. */
  pid?: number;
  at: number;
  env?: Record<string, string>;
  command?: { type: string; [key: string]: unknown };
}

export class FakeWorker {
  readonly path: string;
  readonly #folder: string;
  readonly #notes: string;

  /**
   * @param onCommand JavaScript for each message. It sees `command`, `run` (1 for the first process, 2 for the one after
   *   it), `tell(event)`, and `freeze()`, which never returns
   */
  constructor(onCommand: string) {
    this.#folder = mkdtempSync(join(tmpdir(), 'castdeck-worker-'));
    this.path = join(this.#folder, 'worker.mjs');
    this.#notes = join(this.#folder, 'notes');
    writeFileSync(this.#notes, '');
    writeFileSync(
      this.path,
      `import { appendFileSync, readFileSync } from 'node:fs';
const notes = ${JSON.stringify(this.#notes)};
const note = (entry) => appendFileSync(notes, JSON.stringify({ at: Date.now(), ...entry }) + '\\n');
const run = readFileSync(notes, 'utf8').split('"pid"').length;
note({ pid: process.pid, env: process.env });
const tell = (event) => process.send(event);
const freeze = () => { for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000); };
process.on('disconnect', () => process.exit(0));
process.on('message', (command) => {
  note({ command });
  ${onCommand}
});
`,
    );
  }

  get notes(): Note[] {
    const lines = readFileSync(this.#notes, 'utf8').split('\n');
    // The last line may still be being written.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Note);
  }

  /** Processes that were started, in order. */
  get starts(): Note[] {
    return this.notes.filter(({ pid }) => pid !== undefined);
  }

  /** What all processes were told, in order. */
  get commands(): { type: string; [key: string]: unknown }[] {
    return this.notes.flatMap(({ command }) => (command ? [command] : []));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Whether a process of this machine is alive. */
export function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
