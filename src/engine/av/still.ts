/** Decodes one png, jpg or webp. Bounds: see picture-file.ts. */
import { AV_CODEC_ID_MJPEG, AV_CODEC_ID_PNG, AV_CODEC_ID_WEBP, AV_PKT_FLAG_KEY } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet } from 'node-av/lib';
import { settleShape } from './convert.js';
import { type Picture, settleColour } from './picture.js';
import { MAX_SHOWN_AREA, MAX_SIDE } from './picture-file.js';
import { check, need } from './result.js';

export type StillKind = 'png' | 'jpg' | 'webp';

const CODECS = { png: AV_CODEC_ID_PNG, jpg: AV_CODEC_ID_MJPEG, webp: AV_CODEC_ID_WEBP };

/** What the first bytes say; null when it is nothing of that. */
export function stillKindOf(bytes: Buffer): StillKind | null {
  if (bytes.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))) return 'png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpg';
  if (bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') return 'webp';
  return null;
}

/**
 * @returns a picture that the caller owns: upright, and scaled down when it is larger than may be shown
 * @throws Error in words when it is none of the kinds above, is damaged or too large
 */
export async function decodeStill(bytes: Buffer): Promise<Picture> {
  const kind = stillKindOf(bytes);
  if (!kind) throw new Error('the picture is neither png nor jpg nor webp');
  const picture = await decodeOne(bytes, kind);
  return await settleShape(picture, MAX_SHOWN_AREA);
}

async function decodeOne(bytes: Buffer, kind: StillKind): Promise<Picture> {
  const codec = need(Codec.findDecoder(CODECS[kind]), `decoder for ${kind}`);
  const context = new CodecContext();
  context.allocContext3(codec);
  using packet = new Packet();
  const picture = new Frame();
  picture.alloc();
  try {
    context.setOption('max_pixels', String(MAX_SIDE * MAX_SIDE));
    context.threadCount = 1;
    check('open picture decoder', await context.open2(codec));
    packet.alloc();
    packet.data = bytes;
    packet.flags = AV_PKT_FLAG_KEY;
    const sent = await context.sendPacket(packet);
    const got = sent < 0 ? sent : await context.receiveFrame(picture);
    if (got < 0) throw new Error(`the ${kind} is damaged, or larger than ${MAX_SIDE} x ${MAX_SIDE}`);
    if (picture.width > MAX_SIDE || picture.height > MAX_SIDE) {
      throw new Error(
        `the ${kind} has ${picture.width} x ${picture.height} samples; ${MAX_SIDE} x ${MAX_SIDE} is most`,
      );
    }
    settleColour(picture);
    return picture;
  } catch (error) {
    picture.free();
    throw error;
  } finally {
    context.freeContext();
  }
}
