/** Decoded sound as tests look at it: in one piece, and its tones. Two sides at 48 kHz. */
import { SAMPLE_RATE } from '../../../../src/engine/audio/format.js';
import type { TimedSound } from '../../../../src/engine/av/audio-decoder.js';

/** Decoded sound in one piece. */
export interface Joined {
  /** By sample number from the beginning of the file on; nothing before it. */
  left: Float32Array;
  right: Float32Array;
  /** Largest distance of a block from where the one before ends, µs. */
  apart: number;
  /** One past the last sample. */
  end: number;
}

/** Puts blocks end to end, as their times are rounded in some containers. @param begin time of sample 0, µs */
export function joined(blocks: readonly TimedSound[], begin: number): Joined {
  let apart = 0;
  const left = new Float32Array(4 * SAMPLE_RATE);
  const right = new Float32Array(4 * SAMPLE_RATE);
  let end = Math.round((((blocks[0]?.pts ?? 0) - begin) * SAMPLE_RATE) / 1_000_000);
  for (const { samples, pts } of blocks) {
    apart = Math.max(apart, Math.abs(pts - begin - (end * 1_000_000) / SAMPLE_RATE));
    for (let i = 0; i < samples.length / 2; i++) {
      if (end + i < 0) continue;
      left[end + i] = samples[2 * i] as number;
      right[end + i] = samples[2 * i + 1] as number;
    }
    end += samples.length / 2;
  }
  return { left, right, apart, end };
}

/** Amplitude of a tone, and by how many ms it comes later than a sine that began at time 0 (modulo its period). */
export function toneOf(
  samples: Float32Array,
  hz: number,
  from = 24_000,
  count = 12_000,
): { level: number; lateMs: number } {
  let sine = 0;
  let cosine = 0;
  for (let i = from; i < from + count; i++) {
    const angle = (2 * Math.PI * hz * i) / SAMPLE_RATE;
    sine += (samples[i] as number) * Math.sin(angle);
    cosine += (samples[i] as number) * Math.cos(angle);
  }
  const level = (2 * Math.hypot(sine, cosine)) / count;
  return { level, lateMs: (-Math.atan2(cosine, sine) / (2 * Math.PI * hz)) * 1000 };
}

/** A WAVE file of the old kind, which has no place for a layout. */
export function plainWave(tones: { hz: number; level: number }[]): Buffer {
  const count = 1.5 * SAMPLE_RATE;
  const each = 2 * tones.length;
  const bytes = Buffer.alloc(44 + count * each);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + count * each, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(tones.length, 22);
  bytes.writeUInt32LE(SAMPLE_RATE, 24);
  bytes.writeUInt32LE(SAMPLE_RATE * each, 28);
  bytes.writeUInt16LE(each, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(count * each, 40);
  for (const [channel, { hz, level }] of tones.entries()) {
    for (let i = 0; i < count; i++) {
      const value = level * Math.sin((2 * Math.PI * hz * i) / SAMPLE_RATE);
      bytes.writeInt16LE(Math.round(value * 32_767), 44 + i * each + 2 * channel);
    }
  }
  return bytes;
}
