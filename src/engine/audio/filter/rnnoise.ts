/**
 * RNNoise (Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement", 2018), release 0.1, as
 * WebAssembly from the package @jitsi/rnnoise-wasm. The module is run by itself, without the package's loader, which is made
 * for browsers; the names of its exports are those of that build, so the version of the package is fixed.
 *
 * Loaded from the disk at the first use, or before it by {@link prepareRnnoise}, and kept; all filters share one instance,
 * which is safe since calls do not overlap.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { SAMPLE_RATE } from '../format.js';

/** Samples of one channel that are filtered at once, and by which the output is late. */
export const RNNOISE_FRAME = 480;

const FULL_SCALE = 32_768;
/** Frames of the sounds that a filter is primed with, 100 ms. */
const PRIMED = 10;
/** RMS of the voice and of the noise, full scale 1. */
const VOICE_LEVEL = 0.05;
const NOISE_LEVEL = 0.001;
/** A frame that stays below this, -74 dBFS, is taken for silence. */
const SILENT = 0.0002;
const PAGE = 65_536;
/** 20 MB, of which the module itself takes 5: some 750 filters, where 99 stereo layers on two buses need 400. */
const MOST_PAGES = 320;

/** What the build exports: memory, constructors, and rnnoise_create, malloc, rnnoise_destroy, rnnoise_process_frame. */
interface Exports {
  c: { buffer: ArrayBuffer; grow(pages: number): number };
  d(): void;
  f(model: number): number;
  g(bytes: number): number;
  h(state: number): void;
  j(state: number, out: number, input: number): number;
}

/**
 * Where a state lies in memory, in words of 32 bits: `DenoiseState` of release 0.1 ends with `RNNState`, which is a pointer to
 * the model and three to the memories of its recurrent layers (24, 48 and 96 values). It is looked at before it is relied on.
 */
const STATE_WORDS = 4619;
const LAYERS = [24, 48, 96] as const;

/** What a state has in mind: its own words, and its layers'. */
interface Mind {
  words: Uint32Array;
  layers: Uint32Array[];
}

interface WasmApi {
  compile(bytes: Uint8Array): Promise<object>;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: unknown };
}

class Library {
  readonly exports: Exports;
  /** Address of one frame, in and out. */
  readonly frame: number;
  /** Sounds to prime filters with, in the numbers that RNNoise works with. */
  readonly noise = noise();
  readonly voice = syllable();
  #view = new Float32Array(0);
  /** That of a state which has been primed; null when states do not lie as expected. */
  readonly #primed: Mind | null;

  /** @param module the compiled library */
  constructor(module: object) {
    const memory = (): Exports['c'] => this.exports.c;
    const instance = new (wasm().Instance)(module, {
      a: {
        // emscripten_resize_heap: 1 when there is so much memory now.
        a: (bytes: number) => {
          const pages = Math.ceil((bytes - memory().buffer.byteLength) / PAGE);
          if (bytes > MOST_PAGES * PAGE) return 0;
          return memory().grow(pages) >= 0 ? 1 : 0;
        },
        // emscripten_memcpy_big
        b: (to: number, from: number, count: number) => {
          new Uint8Array(memory().buffer).copyWithin(to, from, from + count);
        },
      },
    });
    this.exports = instance.exports as Exports;
    this.exports.d();
    this.frame = this.exports.g(RNNOISE_FRAME * Float32Array.BYTES_PER_ELEMENT);
    if (this.frame === 0) throw new Error('no memory for RNNoise');
    this.#primed = this.#prime();
  }

  /**
   * A state that has heard a syllable. One that begins with noise, or comes to it from digital silence, does not know steady
   * white noise for what it is and lets it pass until somebody speaks; after a voice it takes 40 to 60 dB away, at levels
   * from -50 to -25 dBFS (measured). So silence is never shown to it either, but a noise that is as good as none.
   * @throws when there is no memory left
   */
  create(): number {
    const state = this.#make();
    if (this.#primed) this.#write(state, this.#primed);
    else this.#speak(state);
    return state;
  }

  #make(): number {
    const state = this.exports.f(0);
    if (state === 0) throw new Error('no memory for RNNoise');
    return state;
  }

  #speak(state: number): void {
    for (let at = 0; at < this.voice.length; at += RNNOISE_FRAME) {
      this.view.set(this.voice.subarray(at, at + RNNOISE_FRAME));
      this.exports.j(state, this.frame, this.frame);
    }
  }

  /** To hear a syllable takes 1 ms, to be given the memory of one that has heard it a hundredth of that. */
  #prime(): Mind | null {
    const [first, second] = [this.#make(), this.#make()];
    try {
      if (!this.#isAsExpected(first, second)) return null;
      this.#speak(first);
      const mind = this.#read(first);
      this.#write(second, mind);
      // The proof: both make the same of the same.
      const [one, other] = [first, second].map((state) => {
        this.view.set(this.voice.subarray(RNNOISE_FRAME, 2 * RNNOISE_FRAME));
        this.exports.j(state, this.frame, this.frame);
        return this.view.slice();
      });
      return one?.every((value, i) => value === other?.[i]) ? mind : null;
    } finally {
      for (const state of [first, second]) this.exports.h(state);
    }
  }

  /** Of two states that are new: one model, layers of their own within the memory, and nothing else but zeros. */
  #isAsExpected(first: number, second: number): boolean {
    const end = this.exports.c.buffer.byteLength - 4 * Math.max(...LAYERS);
    const [a, b] = [first, second].map((state) => this.#words(state, STATE_WORDS + 1 + LAYERS.length));
    if (!a || !b || a[STATE_WORDS] !== b[STATE_WORDS]) return false;
    const pointers = [a, b].flatMap((words) => [...words.subarray(STATE_WORDS + 1)]);
    if (new Set(pointers).size !== 2 * LAYERS.length || pointers.some((at) => at <= 0 || at % 4 || at > end))
      return false;
    return [a, b].every((words) => words.subarray(0, STATE_WORDS).every((word) => word === 0));
  }

  #words(address: number, count: number): Uint32Array {
    return new Uint32Array(this.exports.c.buffer, address, count);
  }

  #layersOf(state: number): Uint32Array[] {
    const pointers = this.#words(state + 4 * (STATE_WORDS + 1), LAYERS.length);
    return LAYERS.map((size, i) => this.#words(pointers[i] as number, size));
  }

  #read(state: number): Mind {
    return {
      words: this.#words(state, STATE_WORDS).slice(),
      layers: this.#layersOf(state).map((layer) => layer.slice()),
    };
  }

  #write(state: number, { words, layers }: Mind): void {
    this.#words(state, STATE_WORDS).set(words);
    for (const [i, layer] of this.#layersOf(state).entries()) layer.set(layers[i] as Uint32Array);
  }

  /** The frame in the module's memory, which moves when that grows. */
  get view(): Float32Array {
    const { buffer } = this.exports.c;
    if (this.#view.buffer !== buffer) this.#view = new Float32Array(buffer, this.frame, RNNOISE_FRAME);
    return this.#view;
  }
}

let library: Library | null = null;

function wasm(): WasmApi {
  return (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
}

function wasmPath(): string {
  return createRequire(import.meta.url).resolve('@jitsi/rnnoise-wasm/dist/rnnoise.wasm');
}

/**
 * Loads the library aside, so that the first filter need not wait for it; one that comes before this is done does.
 * @throws when it cannot be read or compiled
 */
export async function prepareRnnoise(): Promise<void> {
  if (library) return;
  const module = await wasm().compile(await readFile(wasmPath()));
  library ??= new Library(module);
}

/** Pink noise, always the same: white noise through one-pole filters (Kellet). */
function noise(): Float32Array {
  let seed = 1;
  let [a, b, c] = [0, 0, 0];
  const samples = Float32Array.from({ length: PRIMED * RNNOISE_FRAME }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
    const white = seed / 2 ** 31;
    a = 0.99765 * a + white * 0.099;
    b = 0.963 * b + white * 0.2965;
    c = 0.57 * c + white * 1.0527;
    return a + b + c + white * 0.1848;
  });
  return atLevel(samples, NOISE_LEVEL);
}

/** A syllable: harmonics of a rising pitch, as two formants weigh them. */
function syllable(): Float32Array {
  const length = PRIMED * RNNOISE_FRAME;
  const weights = Array.from({ length: 25 }, (_, i) => {
    const hz = 124 * (i + 1);
    return 1 / (1 + ((hz - 600) / 150) ** 2) + 0.6 / (1 + ((hz - 1700) / 200) ** 2) + 0.1 / (i + 1);
  });
  let phase = 0;
  const samples = Float32Array.from({ length }, (_, i) => {
    phase += (2 * Math.PI * (120 + 8 * (i / length))) / SAMPLE_RATE;
    const value = weights.reduce((sum, weight, harmonic) => sum + weight * Math.sin((harmonic + 1) * phase), 0);
    return value * Math.sin((Math.PI * i) / length) ** 0.7;
  });
  return atLevel(samples, VOICE_LEVEL);
}

function atLevel(samples: Float32Array, rms: number): Float32Array {
  const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
  return samples.map((value) => (value * rms * FULL_SCALE) / Math.sqrt(power));
}

/** Filters one channel. Must be closed. */
export class Rnnoise {
  readonly #library: Library;
  #state: number;
  /** In a row; the end of what it was primed with is none that should be heard. */
  #silentFrames = 1;

  /** @throws when the module cannot be loaded, or has no memory left */
  constructor() {
    library ??= new Library(new (wasm().Module)(readFileSync(wasmPath())));
    this.#library = library;
    this.#state = library.create();
  }

  /** Filters {@link RNNOISE_FRAME} samples in place; they come out as those of the frame before. Full scale is 1. */
  run(frame: Float32Array): void {
    const { view, exports, noise } = this.#library;
    const isSilent = frame.every((value) => Math.abs(value) < SILENT);
    // What comes out is made of this frame and the one before.
    const gives = !isSilent || this.#silentFrames === 0;
    if (isSilent) {
      const at = (this.#silentFrames++ % PRIMED) * RNNOISE_FRAME;
      view.set(noise.subarray(at, at + RNNOISE_FRAME));
    } else {
      this.#silentFrames = 0;
      for (let i = 0; i < RNNOISE_FRAME; i++) view[i] = (frame[i] as number) * FULL_SCALE;
    }
    exports.j(this.#state, this.#library.frame, this.#library.frame);
    // Growing moves the memory.
    const result = this.#library.view;
    let sum = 0;
    for (let i = 0; i < RNNOISE_FRAME; i++) {
      const value = (result[i] as number) / FULL_SCALE;
      frame[i] = gives ? value : 0;
      sum += value;
    }
    if (Number.isFinite(sum)) return;
    // Its memory is spoilt.
    frame.fill(0);
    this.reset();
  }

  /** Forgets what it has heard. */
  reset(): void {
    this.close();
    this.#state = this.#library.create();
  }

  /** May be called again. */
  close(): void {
    if (this.#state !== 0) this.#library.exports.h(this.#state);
    this.#state = 0;
  }
}
