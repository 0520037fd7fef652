/** The AudioSpecificConfig of AAC (ISO/IEC 14496-3 1.6.2.1). */
import { ProtocolError } from './error.js';

const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];

export interface AacConfig {
  objectType: number;
  /** Of the core coder, Hz; with SBR the decoder puts out twice as many samples. */
  sampleRate: number;
  /** 0 when a program config element says it. */
  channels: number;
  /** Samples of an access unit at `sampleRate`: 1024 or 960. */
  frameLength: number;
}

/** @throws ProtocolError when it is too short or reserved values are used. */
export function parseAacConfig(extradata: Uint8Array): AacConfig {
  let at = 0;
  const bits = (count: number): number => {
    let value = 0;
    for (let index = 0; index < count; index++, at++) {
      const byte = extradata[at >> 3];
      if (byte === undefined) throw new ProtocolError('short AudioSpecificConfig');
      value = value * 2 + ((byte >> (7 - (at & 7))) & 1);
    }
    return value;
  };
  const type = (): number => {
    const value = bits(5);
    return value === 31 ? 32 + bits(6) : value;
  };
  const rate = (): number => {
    const index = bits(4);
    return index === 15 ? bits(24) : (RATES[index] ?? 0);
  };
  let objectType = type();
  const sampleRate = rate();
  const channels = CHANNELS[bits(4)];
  if (objectType === 5 || objectType === 29) {
    // Explicit SBR or PS: the core coder follows.
    rate();
    objectType = type();
  }
  if (sampleRate < 7350 || sampleRate > 192000 || channels === undefined) {
    throw new ProtocolError('reserved value in AudioSpecificConfig');
  }
  const frameLength = bits(1) === 1 ? 960 : 1024;
  return { objectType, sampleRate, channels, frameLength };
}
