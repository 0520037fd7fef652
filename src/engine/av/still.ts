/** Decodes one png or jpg. */
import { AV_CODEC_ID_MJPEG, AV_CODEC_ID_PNG, AV_PKT_FLAG_KEY } from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet } from 'node-av/lib';
import { type Picture, settleColour } from './picture.js';
import { check, need } from './result.js';

/** Largest picture that is decoded; larger ones would take hundreds of megabytes. */
const MAX_SIDE = 8192;

const SIGNATURES = [
  { id: AV_CODEC_ID_PNG, bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { id: AV_CODEC_ID_MJPEG, bytes: [0xff, 0xd8, 0xff] },
];

/** @returns a picture that the caller owns. @throws Error in words when it is no png or jpg, is damaged or too large */
export async function decodeStill(bytes: Buffer): Promise<Picture> {
  const match = SIGNATURES.find((signature) => signature.bytes.every((byte, index) => bytes[index] === byte));
  if (!match) throw new Error('the picture is neither png nor jpg');
  const codec = need(Codec.findDecoder(match.id), 'decoder for the picture');
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
    check('decode picture', await context.sendPacket(packet));
    check('drain picture decoder', await context.sendPacket(null));
    check('decode picture', await context.receiveFrame(picture));
    if (picture.width > MAX_SIDE || picture.height > MAX_SIDE) throw new Error('the picture is too large');
    settleColour(picture);
    return picture;
  } catch (error) {
    picture.free();
    throw error;
  } finally {
    context.freeContext();
  }
}
