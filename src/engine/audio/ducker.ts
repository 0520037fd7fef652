/**
 * Talk-over: turns the rest of a mix down while its triggers are heard.
 *
 * Each trigger is looked at by itself every 5 ms; one counts while its RMS (of the louder side, over some 20 ms) reaches the
 * threshold, and for {@link HOLD} after it, so that the rest does not come up between two words. Down and up take their
 * times in any case, by a smooth way in dB.
 */
import type { Ducking } from '../../domain/desired.js';
import { SAMPLE_RATE } from './format.js';
import { LOOK, TriggerLevels } from './trigger-levels.js';

/** Pairs between which the gain goes in a straight line. */
const LINE = 16;
/** Looks for which a trigger still counts: 200 ms. */
const HOLD = 40;
/** Change of the depth a line, dB: another setting takes a moment too. */
const DEPTH_STEP = (200 * LINE) / SAMPLE_RATE;

export class Ducker {
  #spec: Ducking | null = null;
  /** How far down it is, 0 to 1, and the gain there. */
  #down = 0;
  #gain = 1;
  #depthDb = 0;
  /** Looks for which the triggers still count. */
  #held = 0;
  readonly #levels = new TriggerLevels();
  /** Pairs since the last look, and since the last corner of the gain. */
  #looked = 0;
  #lined = 0;
  #step = 0;

  /** @param spec null: what is down comes up again */
  set(spec: Ducking | null): void {
    if (spec) this.#spec = spec;
    else if (this.#spec) this.#spec = { ...this.#spec, triggers: [], thresholdDb: Number.POSITIVE_INFINITY };
    if (!spec) this.#held = 0;
    if (this.#down === 0) {
      this.#depthDb = spec?.depthDb ?? 0;
      if (!spec) this.#spec = null;
    }
  }

  /** False: nothing is ducked, and nothing can be. */
  get isActive(): boolean {
    return this.#spec !== null;
  }

  /** By how much the rest is turned down now, dB, 0 and above. */
  get duckedDb(): number {
    return this.#gain < 1 ? -20 * Math.log10(this.#gain) : 0;
  }

  /** Takes what one trigger gives to the block that is run next, all of it, as interleaved pairs. @param key stays the same */
  hear(key: object, pairs: Float32Array): void {
    this.#levels.hear(key, pairs, this.#looked);
  }

  /**
   * Turns `block` down as the triggers ask for that were heard, and adds `triggers`, their sum. Both are interleaved pairs.
   */
  run(block: Float32Array, triggers: Float32Array, pairs: number): void {
    let look = 0;
    for (let i = 0; i < 2 * pairs; i += 2) {
      const left = triggers[i] as number;
      const right = triggers[i + 1] as number;
      if (++this.#looked === LOOK) this.#look(this.#levels.at(look++));
      if (this.#lined === 0) this.#turn();
      this.#lined = this.#lined + 1 === LINE ? 0 : this.#lined + 1;
      this.#gain += this.#step;
      block[i] = (block[i] as number) * this.#gain + left;
      block[i + 1] = (block[i + 1] as number) * this.#gain + right;
    }
    this.#levels.turn();
    if (this.#spec?.thresholdDb === Number.POSITIVE_INFINITY && this.#down === 0 && this.#lined === 0) this.#rest();
  }

  /** @param loudest mean square of the loudest trigger */
  #look(loudest: number): void {
    this.#looked = 0;
    const threshold = 10 ** ((this.#spec?.thresholdDb ?? Number.POSITIVE_INFINITY) / 10);
    if (loudest >= threshold) this.#held = HOLD;
    else if (this.#held > 0) this.#held--;
  }

  /** Sets out for the gain at the end of the next line. */
  #turn(): void {
    const spec = this.#spec;
    if (!spec) return;
    const lineMs = (LINE * 1000) / SAMPLE_RATE;
    const way = this.#held > 0 ? lineMs / Math.max(lineMs, spec.attackMs) : -lineMs / Math.max(lineMs, spec.releaseMs);
    this.#down = Math.max(0, Math.min(1, this.#down + way));
    const off = spec.depthDb - this.#depthDb;
    this.#depthDb += Math.abs(off) <= DEPTH_STEP || this.#down === 0 ? off : Math.sign(off) * DEPTH_STEP;
    const smooth = 0.5 - 0.5 * Math.cos(Math.PI * this.#down);
    const target = this.#down === 0 ? 1 : 10 ** ((-this.#depthDb * smooth) / 20);
    this.#step = (target - this.#gain) / LINE;
    if (Math.abs(this.#step) < 1e-12) {
      this.#step = 0;
      this.#gain = target;
    }
  }

  #rest(): void {
    this.#spec = null;
    this.#gain = 1;
    this.#step = 0;
    this.#levels.clear();
  }
}
