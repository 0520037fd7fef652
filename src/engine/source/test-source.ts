/** A moving test picture with sound, made here; drawn only while somebody sees it. */
import type { SourceSpec, TestPattern } from '../../domain/desired.js';
import type { SourceHealth } from '../../domain/engine.js';
import { SAMPLE_RATE } from '../audio/format.js';
import type { Picture } from '../av/media.js';
import { allocPicture, planesOf } from '../av/picture.js';
import type { EngineClock } from '../clock.js';
import { HISTORY_BYTES, mostCrowded, pictureBytes } from '../media/picture-history.js';
import { listen, type SoundStore } from './sound-listener.js';
import { healthOf, type SoundCursor, type Source } from './source.js';
import { paintBackground, paintMoving, testSound } from './test-pattern.js';

export interface TestSourceOptions {
  spec: SourceSpec;
  pattern: TestPattern;
  toneHz: number;
  width: number;
  height: number;
  fps: number;
  clock: EngineClock;
  /** Bytes that pictures of the past may hold; when they outgrow them they are thinned out evenly. */
  historyBytes?: number;
}

const ALWAYS = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

export class TestSource implements Source {
  readonly spec: SourceSpec;
  readonly #options: TestSourceOptions;
  readonly #background: Picture;
  /** The pictures that delayed layers may still ask for, newest last. */
  readonly #pictures: { frame: number; picture: Picture }[] = [];
  #seen = false;
  #history = 0;
  #frame = 0;
  /** There has always been one, and there always will be. */
  readonly #tone: SoundStore = {
    read: (out, from) => testSound(out, { ...this.#options, from }),
    stretch: () => ALWAYS,
    epoch: 0,
  };
  /** Pictures of the past that the history holds at most. */
  readonly #room: number;
  /** Pictures of the past that a delayed layer does without, because there were no bytes for them. */
  thinned = 0;

  constructor(options: TestSourceOptions) {
    this.spec = options.spec;
    this.#options = options;
    this.#background = allocPicture(options.width, options.height);
    this.#room = Math.floor((options.historyBytes ?? HISTORY_BYTES) / pictureBytes(this.#background));
    paintBackground(planesOf(this.#background), options.width, options.height, options.pattern);
  }

  setWanted(seen: boolean): void {
    this.#seen = seen;
    if (!seen) this.#forgetAll();
  }

  keepHistory(us: number): void {
    this.#history = us;
  }

  #frameAt(engineTime: number): number {
    const wall = this.#options.clock.wall(engineTime - this.spec.delayMs * 1000);
    // Ticks lie on frame boundaries of the wall clock, give or take rounding.
    return Math.floor((wall * this.#options.fps) / 1_000_000 + 0.25);
  }

  advance(now: number): void {
    this.#frame = this.#frameAt(now);
    if (!this.#seen || this.#pictures.at(-1)?.frame === this.#frame) return;
    const picture = allocPicture(this.#options.width, this.#options.height);
    const planes = planesOf(picture);
    const background = planesOf(this.#background);
    background.y.data.copy(planes.y.data);
    background.u.data.copy(planes.u.data);
    background.v.data.copy(planes.v.data);
    paintMoving(planes, { ...this.#options, frame: this.#frame });
    this.#pictures.push({ frame: this.#frame, picture });
    this.#forget(this.#frame - Math.ceil((this.#history * this.#options.fps) / 1_000_000));
  }

  /** Keeps what is on at frame `oldest` and after it, as far as there is room. */
  #forget(oldest: number): void {
    while ((this.#pictures[1]?.frame ?? Number.POSITIVE_INFINITY) <= oldest) this.#drop(0);
    for (let past = this.#pictures.length - 1; past > this.#room; past--) {
      this.#drop(mostCrowded(past, (index) => this.#pictures[index]?.frame ?? 0));
      this.thinned++;
    }
  }

  #forgetAll(): void {
    while (this.#pictures.length > 0) this.#drop(0);
  }

  #drop(index: number): void {
    for (const { picture } of this.#pictures.splice(index, 1)) picture.free();
  }

  isReady(): boolean {
    return true;
  }

  picture(delayUs: number): Picture | null {
    const wanted = this.#frame - Math.round((delayUs * this.#options.fps) / 1_000_000);
    const entry = this.#pictures.findLast(({ frame }) => frame <= wanted) ?? this.#pictures[0];
    return entry?.picture ?? null;
  }

  sound(out: Float32Array, from: number, cursor: SoundCursor): void {
    const wall = this.#options.clock.wall(from - this.spec.delayMs * 1000);
    listen(out, cursor, this.#tone, (wall * SAMPLE_RATE) / 1_000_000);
  }

  health(): SourceHealth {
    const { width, height } = this.#options;
    return healthOf(this.spec, { status: 'live', reason: '', width, height, lateFrames: 0, reconnects: 0 });
  }

  async close(): Promise<void> {
    this.#forgetAll();
    this.#background.free();
  }
}
