/**
 * RNNoise (Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement", 2018), release 0.1, as
 * WebAssembly from the package @jitsi/rnnoise-wasm. The module is run by itself, without the package's loader, which is made
 * for browsers; the names of its exports are those of that build, so the version of the package is fixed.
 *
 * Loaded from the disk at the first use and kept; all filters share one instance, which is safe since calls do not overlap.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Samples of one channel that are filtered at once, and by which the output is late. */
export const RNNOISE_FRAME = 480;

const FULL_SCALE = 32_768;
const PAGE = 65_536;
const MOST_PAGES = 1024;

/** What the build exports: memory, constructors, and rnnoise_create, malloc, rnnoise_destroy, rnnoise_process_frame. */
interface Exports {
  c: { buffer: ArrayBuffer; grow(pages: number): number };
  d(): void;
  f(model: number): number;
  g(bytes: number): number;
  h(state: number): void;
  j(state: number, out: number, input: number): number;
}

interface WasmApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: unknown };
}

class Library {
  readonly exports: Exports;
  /** Address of one frame, in and out. */
  readonly frame: number;
  #view = new Float32Array(0);

  constructor() {
    const path = createRequire(import.meta.url).resolve('@jitsi/rnnoise-wasm/dist/rnnoise.wasm');
    const { Module, Instance } = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
    const memory = (): Exports['c'] => this.exports.c;
    const instance = new Instance(new Module(readFileSync(path)), {
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
  }

  /** The frame in the module's memory, which moves when that grows. */
  get view(): Float32Array {
    const { buffer } = this.exports.c;
    if (this.#view.buffer !== buffer) this.#view = new Float32Array(buffer, this.frame, RNNOISE_FRAME);
    return this.#view;
  }
}

let library: Library | null = null;

/** Filters one channel. Must be closed. */
export class Rnnoise {
  readonly #library: Library;
  #state: number;

  /** @throws when the module cannot be loaded, or has no memory left */
  constructor() {
    library ??= new Library();
    this.#library = library;
    this.#state = this.#create();
  }

  #create(): number {
    const state = this.#library.exports.f(0);
    if (state === 0) throw new Error('no memory for RNNoise');
    return state;
  }

  /** Filters {@link RNNOISE_FRAME} samples in place; they come out as those of the frame before. Full scale is 1. */
  run(frame: Float32Array): void {
    const { view, exports } = this.#library;
    for (let i = 0; i < RNNOISE_FRAME; i++) view[i] = (frame[i] as number) * FULL_SCALE;
    exports.j(this.#state, this.#library.frame, this.#library.frame);
    let sum = 0;
    for (let i = 0; i < RNNOISE_FRAME; i++) {
      const value = (view[i] as number) / FULL_SCALE;
      frame[i] = value;
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
    this.#state = this.#create();
  }

  /** May be called again. */
  close(): void {
    if (this.#state !== 0) this.#library.exports.h(this.#state);
    this.#state = 0;
  }
}
