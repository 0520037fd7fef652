/**
 * An engine's end of the link that keeps what it receives, and publishes pictures that are well formed for a server
 * but show nothing: their number can be read back from their bytes. The owner destroys the socket.
 */
import { connect, type Socket } from 'node:net';
import {
  encodeConfig,
  encodeControl,
  encodeHello,
  encodePacketHead,
  FrameReader,
  type LinkControl,
  type LinkFrame,
  type MediaPacket,
  TRACK_OPUS,
  TRACK_VIDEO,
} from '../../src/link/frame.js';

/** Baseline 320x180, as x264 writes it. */
const SPS = Buffer.from('6742c00dd901418ff97011000003000100000300320f14332e', 'hex');
export const TEST_AVCC = Buffer.concat([
  Buffer.from([1, 0x42, 0xc0, 0x0d, 0xff, 0xe1, 0, SPS.length]),
  SPS,
  Buffer.from([1, 0, 4, 0x68, 0xcb, 0x83, 0xcb]),
]);

/** Between two pictures, ms of real time and of the stream. */
const STEP_MS = 10;
const GROUP = 10;

export interface TestPictures {
  /** Bytes of a picture, 200 unless told. */
  size?: number;
  /** Number of the first picture, and its decode time in µs. */
  first?: number;
  dts?: number;
  /** Every tenth picture is a key frame, unless they come only when the hub asks for one. */
  keyFrames?: 'regular' | 'on demand';
  /** With an Opus packet at every other picture. */
  opus?: boolean;
  /** Presentation minus decode time of a picture, µs. */
  cts?: (number: number) => number;
}

/** A picture whose number {@link pictureNumber} reads back. */
export function testPicture(number: number, key: boolean, dts: number, size = 200): MediaPacket {
  const payload = Buffer.alloc(4 + size, 0xaa);
  payload.writeUInt32BE(size, 0);
  payload.writeUInt8(key ? 0x65 : 0x41, 4);
  payload.writeUInt32BE(number, 5);
  return { track: TRACK_VIDEO, key, dts, cts: 0, payload };
}

/** @param payload of a packet, or the body of an FLV tag from its sixth byte on */
export function pictureNumber(payload: Buffer): number {
  return payload.readUInt32BE(5);
}

export class LinkEngine {
  readonly socket: Socket;
  readonly frames: LinkFrame[] = [];
  closed = false;
  #wantsKey = true;

  constructor(path: string, hello: { role: 'publish' | 'subscribe'; stream: string; token: string }) {
    this.socket = connect(path);
    const reader = new FrameReader();
    this.socket.on('data', (chunk: Buffer) => {
      for (const frame of reader.push(chunk)) {
        this.frames.push(frame);
        if (frame.kind === 'control' && frame.control.type === 'keyframe') this.#wantsKey = true;
      }
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
    this.socket.write(encodeHello({ version: 1, ...hello }));
  }

  send(packet: MediaPacket): void {
    this.socket.write(encodePacketHead(packet));
    this.socket.write(packet.payload);
  }

  /** Sends the configurations and then 100 pictures a second until the socket is closed. */
  publish(pictures: TestPictures = {}): void {
    this.socket.write(encodeConfig({ track: TRACK_VIDEO, codec: 'h264', extradata: TEST_AVCC }));
    if (pictures.opus) {
      this.socket.write(encodeConfig({ track: TRACK_OPUS, codec: 'opus', extradata: Buffer.from('OpusHead') }));
    }
    let number = pictures.first ?? 0;
    let dts = pictures.dts ?? 0;
    const timer = setInterval(() => {
      const key = pictures.keyFrames === 'on demand' ? this.#wantsKey : number % GROUP === 0;
      this.#wantsKey = false;
      const cts = pictures.cts?.(number) ?? 0;
      this.send({ ...testPicture(number, key, dts, pictures.size), cts });
      if (pictures.opus && number % 2 === 0) {
        this.send({ track: TRACK_OPUS, key: true, dts, cts: 0, payload: Buffer.from([0xfc, 0xff, 0xfe]) });
      }
      number++;
      dts += STEP_MS * 1000;
    }, STEP_MS);
    this.socket.on('close', () => clearInterval(timer));
  }

  /** Says that the stream is over. */
  end(reason: string): void {
    this.socket.write(encodeControl({ type: 'end', reason }));
  }

  controls(type: LinkControl['type']): LinkControl[] {
    return this.frames.flatMap((frame) =>
      frame.kind === 'control' && frame.control.type === type ? [frame.control] : [],
    );
  }

  packets(): MediaPacket[] {
    return this.frames.flatMap((frame) => (frame.kind === 'packet' ? [frame.packet] : []));
  }
}
