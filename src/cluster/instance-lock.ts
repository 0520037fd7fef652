/**
 * Keeps a second server away from a data folder that is in use: it would take over the link of the first one and cut
 * its studios off. The lock is a socket that the owner listens on; a killed owner leaves a file that nobody answers
 * at, which the next one replaces.
 */
import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';

/** How long an owner may take to answer. */
const ANSWER_MS = 2000;

/** True when somebody listens at the path. */
function isOwned(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const done = (owned: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(owned);
    };
    // A socket that takes connections but is too busy to say so is still owned.
    const timer = setTimeout(() => done(true), ANSWER_MS);
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

/** Held until it is closed or the process ends. */
export class InstanceLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws Error in words when another process holds the lock */
  static async take(path: string, what: string): Promise<InstanceLock> {
    if (await isOwned(path)) throw new Error(`${what} is in use by another Castdeck server; stop that one first.`);
    rmSync(path, { force: true });
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    server.unref();
    return new InstanceLock(server);
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
