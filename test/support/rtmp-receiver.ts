/** An RTMP server that takes one stream at a time and keeps what it was told; a test says whom it lets in. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type AmfObject, type AmfValue, decodeAmf } from '../../src/hub/protocol/amf0.js';
import { ChunkReader, DEFAULT_CHUNK_SIZE, encodeMessage } from '../../src/hub/protocol/rtmp-chunk.js';
import * as rtmp from '../../src/hub/protocol/rtmp-message.js';

export interface RtmpReceiver {
  port: number;
  /** Names of commands with their last text, in the order they came, over all connections. */
  commands: string[];
  /** Type, time (ms) and first bytes of media messages. */
  media: { type: number; timestamp: number; head: Buffer }[];
  close(): void;
}

/** @param refuse why a connection to this application is refused, or `null` */
export async function receiveRtmp(refuse: (app: string) => string | null = () => null): Promise<RtmpReceiver> {
  const sockets = new Set<Socket>();
  const commands: string[] = [];
  const media: RtmpReceiver['media'] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const reader = new ChunkReader(1_000_000);
    let hello: Buffer | null = Buffer.alloc(0);
    const say = (stream: number, ...values: AmfValue[]): void => {
      const message = rtmp.commandMessage(stream, ...values);
      for (const piece of encodeMessage(message, DEFAULT_CHUNK_SIZE)) socket.write(piece);
    };
    const obey = ([name, transaction, ...rest]: AmfValue[]): void => {
      const id = transaction ?? 0;
      const app = String((rest[0] as AmfObject | null)?.app ?? '');
      const texts = rest.filter((value) => typeof value === 'string');
      commands.push([name, name === 'connect' ? app : texts[0]].filter(Boolean).join(' '));
      if (name === 'connect') {
        const description = refuse(app);
        const code = description === null ? 'NetConnection.Connect.Success' : 'NetConnection.Connect.Rejected';
        say(0, description === null ? '_result' : '_error', id, {}, { code, description });
      } else if (name === 'createStream') say(0, '_result', id, null, 7);
      else if (name === 'publish') say(7, 'onStatus', 0, null, { level: 'status', code: 'NetStream.Publish.Start' });
      else say(0, '_error', id, null, { code: 'NetConnection.Call.Failed' });
    };
    socket.on('data', (bytes: Buffer) => {
      let rest = bytes;
      if (hello) {
        hello = Buffer.concat([hello, bytes]);
        if (hello.length < 1 + 2 * rtmp.HANDSHAKE_SIZE) {
          if (hello.length === 1 + rtmp.HANDSHAKE_SIZE) {
            socket.write(rtmp.handshakeAnswer(hello.subarray(1), Buffer.alloc(rtmp.HANDSHAKE_SIZE)));
          }
          return;
        }
        rest = hello.subarray(1 + 2 * rtmp.HANDSHAKE_SIZE);
        hello = null;
      }
      for (const { type, timestamp, payload } of reader.push(rest)) {
        if (type === rtmp.SET_CHUNK_SIZE) reader.setChunkSize(payload.readUInt32BE(0));
        else if (type === rtmp.COMMAND_AMF0) obey(decodeAmf(payload));
        else media.push({ type, timestamp, head: Buffer.from(payload.subarray(0, 16)) });
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    commands,
    media,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
