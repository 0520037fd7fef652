/** A short H.264 stream for tests: plain pictures whose luma says which frame they are. Times are µs. */
import type { CodedPacket, DecoderSource } from '../../../src/engine/av/decoder.js';
import { allocPicture, type Picture, planesOf } from '../../../src/engine/av/picture.js';
import { VideoEncoder } from '../../../src/engine/av/video-encoder.js';

/** 25 frames a second. */
export const FRAME = 40_000;

export interface CodedStream {
  config: DecoderSource;
  packets: CodedPacket[];
}

/** Luma of a frame; the same again after 20. */
export function lumaOf(frame: number): number {
  return 40 + 8 * (frame % 20);
}

/** Frame (modulo 20) that a decoded picture shows. */
export function frameOf(picture: Picture): number {
  const { y } = planesOf(picture);
  return Math.round(((y.data[16 * y.stride + 16] ?? 0) - 40) / 8);
}

/** @param gop frames from one key frame to the next */
export async function codedStream(frames: number, gop: number, firstPts = 0): Promise<CodedStream> {
  const encoder = new VideoEncoder({ width: 64, height: 48, fps: 25, bitrate: 400_000, preset: 'ultrafast' });
  const packets: CodedPacket[] = [];
  try {
    for (let frame = 0; frame < frames; frame++) {
      const picture = allocPicture(64, 48);
      const { y, u, v } = planesOf(picture);
      y.data.fill(lumaOf(frame));
      u.data.fill(128);
      v.data.fill(128);
      for (const { key, tick, payload } of await encoder.encode(picture, frame, frame % gop === 0)) {
        const pts = firstPts + tick * FRAME;
        packets.push({ payload, pts, dts: pts, key });
      }
    }
    return { config: { codec: 'h264', extradata: encoder.config }, packets };
  } finally {
    encoder.close();
  }
}
