/**
 * The hub's end of the link for tests: takes connections on a unix socket in a folder of its own, answers `hello` as it
 * is told, and remembers every frame. The owner must close it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encodeControl,
  FrameReader,
  type Hello,
  type LinkControl,
  type LinkFrame,
  type MediaPacket,
  type TrackConfig,
} from '../../../src/link/frame.js';
import { waitFor } from '../../support/wait.js';

/** One engine that connected. */
export class FakeHubConnection {
  readonly socket: Socket;
  readonly frames: LinkFrame[] = [];
  ended = false;
  closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  get hello(): Hello | undefined {
    for (const frame of this.frames) if (frame.kind === 'hello') return frame.hello;
    return undefined;
  }

  get configs(): TrackConfig[] {
    return this.frames.flatMap((frame) => (frame.kind === 'config' ? [frame.config] : []));
  }

  get packets(): MediaPacket[] {
    return this.frames.flatMap((frame) => (frame.kind === 'packet' ? [frame.packet] : []));
  }

  get controls(): LinkControl[] {
    return this.frames.flatMap((frame) => (frame.kind === 'control' ? [frame.control] : []));
  }

  send(control: LinkControl): void {
    this.socket.write(encodeControl(control));
  }
}

export class FakeHub {
  readonly path: string;
  readonly connections: FakeHubConnection[] = [];
  /** What a hello is answered with; nothing when it is null. */
  answer: LinkControl | null = { type: 'accepted' };
  readonly #folder: string;
  readonly #server: Server;

  private constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'castdeck-link-'));
    this.path = join(this.#folder, 'link.sock');
    this.#server = createServer({ allowHalfOpen: false }, (socket) => this.#take(socket));
  }

  static async start(): Promise<FakeHub> {
    const hub = new FakeHub();
    await hub.listen();
    return hub;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.path, resolve));
  }

  #take(socket: Socket): void {
    const connection = new FakeHubConnection(socket);
    const reader = new FrameReader();
    this.connections.push(connection);
    socket.on('error', () => {});
    socket.on('end', () => {
      connection.ended = true;
    });
    socket.on('close', () => {
      connection.closed = true;
    });
    socket.on('data', (chunk) => {
      for (const frame of reader.push(chunk)) {
        connection.frames.push(frame);
        if (frame.kind === 'hello' && this.answer) connection.send(this.answer);
      }
    });
  }

  /** The newest connection of a stream that has said hello; waits for it. */
  connection(stream: string, after = 0): Promise<FakeHubConnection> {
    return waitFor(`hello of ${stream}`, 3000, () =>
      this.connections.filter(({ hello }) => hello?.stream === stream).at(after),
    );
  }

  /** Stops listening and drops everybody; {@link listen} may follow. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { socket } of this.connections) socket.destroy();
    await closed;
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
