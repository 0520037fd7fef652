/** What filters need before they can begin within a tick is made here, aside from it. */
import { setImmediate } from 'node:timers/promises';
import { SAMPLE_RATE } from '../format.js';
import { AutoGain } from './auto-gain.js';
import { MusicNoise } from './music-noise.js';
import { prepareRnnoise } from './rnnoise.js';
import { SpeechNoise } from './speech-noise.js';
import { VoiceTone } from './voice-tone.js';

/** Pairs that are filtered in one go, 20 ms, and how often: by then what runs them is compiled. */
const GO = SAMPLE_RATE / 50;
const GOES = 25;

let done: Promise<void> | null = null;

/**
 * Loads what filters are made of and lets them run for a moment, bit by bit; the longest takes some 20 ms. To be called when
 * the engine begins; later calls join the first. A filter that is made before it is done waits for nothing, but its tick
 * takes longer.
 * Never throws: what cannot be loaded is told when a layer asks for it.
 */
export function prepareSoundFilters(): Promise<void> {
  done ??= warmUp().catch(() => {});
  return done;
}

async function warmUp(): Promise<void> {
  await prepareRnnoise();
  const pairs = new Float32Array(2 * GO);
  const stages = [() => new SpeechNoise(), () => new MusicNoise(), () => new AutoGain(0), () => new VoiceTone('deep')];
  for (const make of stages) {
    const stage = make();
    try {
      for (let go = 0; go < GOES; go++) {
        // Not the same on both sides, so that nothing is left out.
        for (let i = 0; i < pairs.length; i++) pairs[i] = 0.1 * Math.sin(i * i);
        stage.run(pairs);
        await setImmediate();
      }
    } finally {
      stage.close();
    }
  }
}
