/**
 * Plays a file as the mixer would: ticks of 30 a second in real time, each with the picture that is on and the block of
 * sound of the tick before. Late ticks are caught up, so that the record has every one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineReport } from '../../src/domain/engine.js';
import { planesOf } from '../../src/engine/av/picture.js';
import { FileSource, type FileSourceOptions } from '../../src/engine/source/file-source.js';
import type { SoundCursor } from '../../src/engine/source/source.js';
import { readFrameCode } from '../../src/lib/framecode.js';
import { sourceSpecOf } from './desired.js';

const FPS = 30;
const TICK = 1_000_000 / FPS;

export interface FilePlayOptions {
  url: string;
  proxy: string;
  file?: Partial<FileSourceOptions['file']>;
  paused?: boolean;
  /** Serial 1. */
  seekMs?: number;
}

export class FilePlay {
  readonly source: FileSource;
  /** Frame number on show at each tick; null before the first picture, -1 when it has no code. */
  readonly frames: (number | null)[] = [];
  /** Left side of the sound, 48 kHz, tick after tick. */
  readonly sound: number[] = [];
  readonly reports: (EngineReport & { tick: number })[] = [];
  readonly #origin = performance.now() * 1000;
  readonly #cursor: SoundCursor = { next: null };
  #stopped = false;
  readonly #running: Promise<void>;

  constructor({ url, proxy, file, paused = false, seekMs }: FilePlayOptions) {
    const input = { beginMs: 0, endMs: null, repeat: 0, progressMs: 0, ...file };
    const seek = seekMs === undefined ? null : { serial: 1, toMs: seekMs };
    const spec = sourceSpecOf({ id: 'f', input: { kind: 'file', url, ...input }, playback: { paused, seek } });
    const now = (): number => performance.now() * 1000 - this.#origin;
    const report = (each: EngineReport): void => void this.reports.push({ ...each, tick: this.frames.length });
    this.source = new FileSource({ spec, url, proxy, now, fps: FPS, file: input, report });
    this.source.setWanted(true);
    this.#running = this.#run(now);
  }

  async #run(now: () => number): Promise<void> {
    for (let tick = 0; !this.#stopped; tick++) {
      const time = tick * TICK;
      while (now() < time) await sleep(2);
      this.source.advance(time);
      this.frames.push(this.#code());
      const block = new Float32Array((48_000 / FPS) * 2);
      this.source.sound(block, time - TICK, this.#cursor);
      for (let i = 0; i < block.length; i += 2) this.sound.push(block[i] ?? 0);
    }
  }

  #code(): number | null {
    const picture = this.source.picture(0);
    if (!picture) return null;
    const { y } = planesOf(picture);
    const area = { x: 0, y: 0, width: picture.width, height: picture.height };
    return readFrameCode({ data: y.data, stride: y.stride }, area)?.frame ?? -1;
  }

  /** Frame that is on now. */
  get frame(): number | null {
    return this.frames.at(-1) ?? null;
  }

  get placeMs(): number {
    return this.source.health().file?.placeMs ?? -1;
  }

  /** Resolves when so many more ticks have been. */
  async ticks(count: number): Promise<void> {
    const until = this.frames.length + count;
    while (this.frames.length < until) await sleep(5);
  }

  async close(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.source.close();
  }
}
