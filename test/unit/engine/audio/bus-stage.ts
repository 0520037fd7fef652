/** A bus on a stage of its own: plays blocks that follow each other and keeps what comes out. */
import type { AudioLayer } from '../../../../src/domain/desired.js';
import { type BusState, SoundBus } from '../../../../src/engine/audio/bus.js';
import { FakeSource, sourceSpec } from '../fake-source.js';

export const RATE = 48_000;
/** Pairs of a tick at 30 a second. */
export const BLOCK = 1600;

/** A source of a sound that is given by time in seconds on the engine's clock. */
export function sourceOf(left: (seconds: number) => number, right = left): FakeSource {
  const fake = new FakeSource(sourceSpec('RV01'));
  fake.wanted = true;
  fake.level = (us) => [left(us / 1e6), right(us / 1e6)];
  return fake;
}

/** A sine. @param amplitude 0 to 1 */
export function sine(hz: number, amplitude = 0.5): (seconds: number) => number {
  return (seconds) => amplitude * Math.sin(2 * Math.PI * hz * seconds);
}

export function layerOf(parts: Partial<AudioLayer> = {}): AudioLayer {
  return { source: 'RV01', gain: 1, channels: 'all', delayMs: 0, ...parts };
}

export class BusStage {
  readonly bus: SoundBus;
  readonly errors: unknown[] = [];
  #state: BusState = { layers: [], evenly: false, ducking: null, tone: null, heard: 1 };
  /** Engine time of the next block, µs. */
  time = 5_000_000;

  constructor(measured = false) {
    this.bus = new SoundBus({ measured, onError: (error) => this.errors.push(error) });
  }

  /** Changes parts of the state. */
  set(parts: Partial<BusState>): void {
    this.#state = { ...this.#state, ...parts };
    this.bus.set(this.#state);
  }

  /** One layer of one source. */
  hear(source: FakeSource, parts: Partial<AudioLayer> = {}, share = 1): void {
    this.set({ layers: [{ layer: layerOf(parts), source, share }] });
  }

  /** Interleaved pairs of the next blocks. The state is set anew for each, as it is at each tick. */
  play(blocks = 1, pairs = BLOCK): Float32Array {
    const all = new Float32Array(blocks * pairs * 2);
    for (let block = 0; block < blocks; block++) {
      this.bus.set(this.#state);
      this.bus.mix(all.subarray(block * pairs * 2, (block + 1) * pairs * 2), this.time);
      this.time += (pairs * 1_000_000) / RATE;
    }
    return all;
  }
}
