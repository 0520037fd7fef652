/** Tells from levels when a sound has been silent for long, and when it is back. Pure; each change is told once. */
import type { SoundSpec } from '../../domain/desired.js';

export class SilenceWatch {
  #quietMs = 0;
  #silent = false;

  get isSilent(): boolean {
    return this.#silent;
  }

  /**
   * @param rmsDb of left and right, dBFS; one side is enough to be heard
   * @param ms that have passed since the last call
   * @param spec null: nothing is watched; what was silent is silent no more, and nobody needs to be told
   */
  update(rmsDb: readonly [number, number], ms: number, spec: SoundSpec['silence']): 'silent' | 'back' | null {
    if (!spec) {
      this.#quietMs = 0;
      this.#silent = false;
      return null;
    }
    if (Math.max(...rmsDb) >= spec.belowDb) {
      this.#quietMs = 0;
      if (!this.#silent) return null;
      this.#silent = false;
      return 'back';
    }
    this.#quietMs += ms;
    if (this.#silent || this.#quietMs < spec.afterMs) return null;
    this.#silent = true;
    return 'silent';
  }
}
