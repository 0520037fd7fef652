/**
 * Sound that filters can be tried on: something that is built like speech (harmonics of a moving pitch under moving formants,
 * in syllables, with pauses between the words), chords, and noise. Samples are one channel at 48 kHz; repeatable.
 */
import { generator } from '../../../support/random.js';
import { RATE } from './bus-stage.js';

const VOWELS = [
  [700, 1200, 2600],
  [300, 2200, 3000],
  [500, 900, 2500],
] as const;

/** Made once, since it takes its time. */
let spoken: Float32Array | null = null;
const LONGEST = 12;

/**
 * Speech with an RMS level over all of it, dBFS: 1.5 s of words, 0.5 s of silence.
 * @param seconds up to 12
 */
export function speech(seconds: number, level: number): Float32Array {
  spoken ??= speak();
  return atLevel(spoken.subarray(0, seconds * RATE), level);
}

function speak(): Float32Array {
  const out = new Float32Array(LONGEST * RATE);
  let phase = 0;
  for (let i = 0; i < out.length; i++) {
    const t = i / RATE;
    const pitch = 130 * (1 + 0.15 * Math.sin(2 * Math.PI * 0.7 * t) + 0.05 * Math.sin(2 * Math.PI * 2.3 * t));
    phase += (2 * Math.PI * pitch) / RATE;
    if (t % 2 > 1.5) continue;
    const formants = VOWELS[Math.floor(t * 4) % 3] ?? VOWELS[0];
    let value = 0;
    for (let harmonic = 1; harmonic <= 30; harmonic++) {
      const near = formants.reduce(
        (sum, hz, j) => sum + 1 / (1 + ((harmonic * pitch - hz) / (90 + 50 * j)) ** 2) / (j + 1),
        0,
      );
      value += (near + 0.15 / harmonic) * Math.sin(harmonic * phase);
    }
    out[i] = value * Math.abs(Math.sin(4 * Math.PI * t)) ** 0.7;
  }
  return out;
}

/** A new chord every two seconds, with harmonics, plucked and then held. */
export function chords(seconds: number, level: number): Float32Array {
  const out = new Float32Array(seconds * RATE);
  const roots = [220, 196, 261.63, 174.61];
  for (let i = 0; i < out.length; i++) {
    const t = i / RATE;
    const root = roots[Math.floor(t / 2) % roots.length] ?? 220;
    const loud = Math.min(1, (t % 2) / 0.01, (2 - (t % 2)) / 0.01) * (0.3 + 0.7 * Math.exp(-3 * (t % 2)));
    let value = 0;
    for (const interval of [1, 1.26, 1.498]) {
      for (let harmonic = 1; harmonic <= 6; harmonic++) {
        value += Math.sin(2 * Math.PI * root * interval * harmonic * t) / harmonic ** 1.5;
      }
    }
    out[i] = value * loud;
  }
  return atLevel(out, level);
}

export function whiteNoise(seconds: number, level: number, seed = 1): Float32Array {
  const random = generator(seed);
  return atLevel(
    Float32Array.from({ length: seconds * RATE }, () => random() / 2 ** 31 - 1),
    level,
  );
}

/** 3 dB less an octave, by the filter of Paul Kellet. */
export function pinkNoise(seconds: number, level: number, seed = 2): Float32Array {
  let [a, b, c] = [0, 0, 0];
  return atLevel(
    whiteNoise(seconds, 0, seed).map((white) => {
      a = 0.99765 * a + white * 0.099046;
      b = 0.963 * b + white * 0.2965164;
      c = 0.57 * c + white * 1.0526913;
      return a + b + c + white * 0.1848;
    }),
    level,
  );
}

function atLevel(samples: Float32Array, level: number): Float32Array {
  const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
  const gain = 10 ** (level / 20) / Math.sqrt(power);
  return samples.map((value) => value * gain);
}
