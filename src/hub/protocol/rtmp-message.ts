/** RTMP message types, the small control messages, and the handshake (Adobe RTMP 1.0, sections 5.2, 5.4 and 7.1). */
import { type AmfValue, encodeAmf } from './amf0.js';
import type { OutgoingMessage } from './rtmp-chunk.js';

export const SET_CHUNK_SIZE = 1;
export const ABORT = 2;
export const ACKNOWLEDGEMENT = 3;
export const USER_CONTROL = 4;
export const WINDOW_ACK_SIZE = 5;
export const SET_PEER_BANDWIDTH = 6;
export const AUDIO = 8;
export const VIDEO = 9;
export const COMMAND_AMF3 = 17;
export const DATA_AMF0 = 18;
export const COMMAND_AMF0 = 20;

export const EVENT_STREAM_BEGIN = 0;
export const EVENT_STREAM_EOF = 1;
export const EVENT_PING_REQUEST = 6;
export const EVENT_PING_RESPONSE = 7;

/** Bytes of C1, C2, S1 and S2. */
export const HANDSHAKE_SIZE = 1536;

/** S0, S1 and S2 in answer to C1. `random` are at least 1,528 bytes. */
export function handshakeAnswer(c1: Uint8Array, random: Uint8Array): Buffer {
  const answer = Buffer.alloc(1 + 2 * HANDSHAKE_SIZE);
  answer.writeUInt8(3, 0);
  // Time and version are zero: the simple handshake, which every client knows.
  answer.set(random.subarray(0, HANDSHAKE_SIZE - 8), 1 + 8);
  answer.set(c1.subarray(0, HANDSHAKE_SIZE), 1 + HANDSHAKE_SIZE);
  return answer;
}

/** A control message of one number: Set Chunk Size, Acknowledgement, Window Acknowledgement Size. */
export function numberMessage(type: number, value: number): OutgoingMessage {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(value >>> 0);
  return { chunkStream: 2, type, stream: 0, timestamp: 0, payload: [body] };
}

/** Set Peer Bandwidth, dynamic limit. */
export function peerBandwidthMessage(bytes: number): OutgoingMessage {
  const body = Buffer.alloc(5, 2);
  body.writeUInt32BE(bytes, 0);
  return { chunkStream: 2, type: SET_PEER_BANDWIDTH, stream: 0, timestamp: 0, payload: [body] };
}

export function userControlMessage(event: number, value: number): OutgoingMessage {
  const body = Buffer.alloc(6);
  body.writeUInt16BE(event, 0);
  body.writeUInt32BE(value >>> 0, 2);
  return { chunkStream: 2, type: USER_CONTROL, stream: 0, timestamp: 0, payload: [body] };
}

export function commandMessage(stream: number, ...values: AmfValue[]): OutgoingMessage {
  return { chunkStream: 3, type: COMMAND_AMF0, stream, timestamp: 0, payload: [encodeAmf(...values)] };
}

/** `onStatus` with the level that the code stands for in NetStream's list. */
export function statusMessage(
  stream: number,
  level: 'status' | 'error',
  code: string,
  description: string,
): OutgoingMessage {
  return commandMessage(stream, 'onStatus', 0, null, { level, code, description });
}
