/** As much of an RTMP client as asks to play or publish and hears the answer. The owner destroys the socket. */
import type { Socket } from 'node:net';
import { type AmfValue, decodeAmf } from '../../src/hub/protocol/amf0.js';
import { ChunkReader, encodeMessage } from '../../src/hub/protocol/rtmp-chunk.js';
import { COMMAND_AMF0, commandMessage, HANDSHAKE_SIZE, SET_CHUNK_SIZE } from '../../src/hub/protocol/rtmp-message.js';
import { waitFor } from './wait.js';

export class RtmpClient {
  /** Codes of `onStatus`, in the order they came, and names of other commands. */
  readonly answers: string[] = [];
  closed = false;
  readonly #socket: Socket;
  readonly #reader = new ChunkReader(1_000_000);
  #skip = 1 + 2 * HANDSHAKE_SIZE;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#data(bytes));
    socket.on('close', () => {
      this.closed = true;
    });
    socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(2 * HANDSHAKE_SIZE)]));
  }

  #data(bytes: Buffer): void {
    const skipped = Math.min(this.#skip, bytes.length);
    this.#skip -= skipped;
    for (const message of this.#reader.push(bytes.subarray(skipped))) {
      if (message.type === SET_CHUNK_SIZE) this.#reader.setChunkSize(message.payload.readUInt32BE(0));
      if (message.type !== COMMAND_AMF0) continue;
      const [name, , , info] = decodeAmf(message.payload);
      const code = typeof info === 'object' && info !== null && !Array.isArray(info) ? info.code : undefined;
      this.answers.push(String(name === 'onStatus' ? code : name));
    }
  }

  command(...values: AmfValue[]): void {
    for (const piece of encodeMessage(commandMessage(0, ...values), 128)) this.#socket.write(piece);
  }

  /** Connects to the application and asks for the stream. @param name with its key, if any */
  ask(what: 'play' | 'publish', app: string, name: string): void {
    this.command('connect', 1, { app });
    this.command('createStream', 2, null);
    this.command(what, 3, null, name);
  }

  /** Resolves when an answer with this code (or end of it) has come. */
  async hear(code: string): Promise<void> {
    await waitFor(`${code} (heard ${this.answers.join(', ')})`, 10_000, () =>
      this.answers.some((answer) => answer.endsWith(code)),
    );
  }
}
