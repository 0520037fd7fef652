/**
 * What the programme shows instead of itself: by hand at once, or by itself when nothing of it has had an input for a while.
 *
 * The standby's source is decoded all the time, so that it can be shown from one tick to the next; it is never shown before it
 * has a picture. A file stands at its first picture until then, and goes back there afterwards. Times are µs on the engine's
 * clock.
 */
import type { StandbySpec } from '../../domain/desired.js';
import type { EngineReport, StandbyState } from '../../domain/engine.js';
import type { Source } from '../source/source.js';
import type { Content, PictureOf } from './content.js';

/** Where the standby lies: the whole frame. */
const PLACE = { fill: 'fit', width: 1, height: 1, x: 0, y: 0, refer: 'topLeft', delayMs: 0 } as const;

/** The state that asks for a standby which was called follows within this time: a change may take 2 s, and one be before it. */
const CALLED = 5_000_000;

export class Standby {
  readonly #report: (report: EngineReport) => void;
  #spec: StandbySpec | null = null;
  #source: Source | null = null;
  #content: Content | null = null;
  #on: 'manual' | 'auto' | null = null;
  /** Since when nothing, and since when something of the programme has had an input; null when that is not so. */
  #lostSince: number | null = null;
  /** Sources of the programme that are not live, and since when. */
  #dead = new Map<Source, number>();
  /** The time without an input counts from here on at the earliest. */
  #countedFrom = Number.NEGATIVE_INFINITY;
  #backSince: number | null = null;
  /** Nothing of the programme has an input, nor a last picture that could be held. */
  #isBlack = false;
  #dismissed = false;
  /** Called for ahead of the state that asks for it: no later than this it must have come. */
  #calledUntil: number | null = null;
  #called = false;
  #serial = 0;

  constructor(report: (report: EngineReport) => void) {
    this.#report = report;
  }

  /** What is asked for from now on. @param source of the spec, or null when there is no standby; stays its owner's */
  sync(spec: StandbySpec | null, source: Source | null): void {
    if (this.#spec && spec && spec.serial > this.#spec.serial) this.#dismiss();
    // The state that the call was ahead of.
    if (spec?.on) {
      this.#called = false;
      this.#calledUntil = null;
    }
    this.#spec = spec;
    if (source === this.#source) return;
    this.#source = source;
    this.#content = source ? contentOf(source) : null;
    if (this.#on) this.#play(true);
  }

  /** On air with the next tick, ahead of the state that asks for it. */
  call(): void {
    this.#called = true;
  }

  /** The programme is asked for: what came by itself goes, and waits again. */
  #dismiss(): void {
    if (this.#on === 'auto') this.#dismissed = true;
  }

  /**
   * Looks at the programme and decides.
   * @param contents scenes of which it shows something
   * @param pictureOf what it shows of a source
   */
  advance(now: number, contents: readonly Content[], pictureOf: PictureOf): void {
    if (this.#called) this.#calledUntil = now + CALLED;
    this.#called = false;
    if (this.#calledUntil !== null && now >= this.#calledUntil) this.#calledUntil = null;
    // One that is only called by hand asks nobody how the programme is.
    if (this.#spec?.auto) this.#watch(now, contents, pictureOf);
    else this.#dead.clear();
    const wanted = this.#wanted(now);
    const shown = wanted && (this.#on !== null || this.#isReady) ? wanted : null;
    if (shown === this.#on) return;
    const before = this.#on;
    this.#on = shown;
    if (shown === null) {
      this.#play(false);
      this.#report({ code: 'StandbyOff', message: 'the programme is back' });
    } else if (before === null) {
      this.#play(true);
      const why = shown === 'manual' ? 'by hand' : 'because nothing of the programme has an input';
      this.#report({ code: 'StandbyOn', message: `the standby is on air ${why}` });
    }
  }

  #watch(now: number, contents: readonly Content[], pictureOf: PictureOf): void {
    const sources = contents.flatMap(({ video }) => video.map(({ source }) => source));
    if (this.#dismissed) this.#countedFrom = now;
    this.#dead = new Map(sources.flatMap((source) => this.#deathOf(source, now)));
    const live = sources.filter((source) => !this.#dead.has(source));
    // A scene without pictures is black on purpose.
    const isLost = sources.length > 0 && live.length === 0;
    this.#lostSince = isLost ? Math.max(this.#countedFrom, ...this.#dead.values()) : null;
    this.#isBlack = isLost && sources.every((source) => pictureOf(source, 0) === null);
    const isBack = sources.length === 0 || live.some((source) => source.isReady());
    this.#backSince = isBack ? (this.#backSince ?? now) : null;
  }

  /** Since when it has had no input; none when it has one. */
  #deathOf(source: Source, now: number): [Source, number][] {
    if (source.health().status !== 'live') return [[source, this.#dead.get(source) ?? now]];
    const still = source.stillFor?.() ?? 0;
    return still > 0 ? [[source, this.#dead.get(source) ?? now - still]] : [];
  }

  #wanted(now: number): 'manual' | 'auto' | null {
    const spec = this.#spec;
    const isDismissed = this.#dismissed;
    this.#dismissed = false;
    if (!spec || !this.#source) return null;
    if (spec.on || this.#calledUntil !== null) return 'manual';
    if (!spec.auto) return null;
    // Never for black: then it stays until there is something to go back to.
    if (isDismissed && !this.#isBlack) return null;
    if (this.#on === null) {
      if (this.#isBlack) return 'auto';
      return this.#lostSince !== null && now - this.#lostSince >= spec.auto.afterMs * 1000 ? 'auto' : null;
    }
    // Asked for by hand and let go: back at once, unless there is nothing to go back to.
    const grace = this.#on === 'auto' ? spec.auto.backMs * 1000 : 0;
    if (this.#on === 'manual' && this.#lostSince === null) return null;
    return this.#backSince !== null && now - this.#backSince >= grace ? null : 'auto';
  }

  get #isReady(): boolean {
    return isShowable(this.#source);
  }

  /** A file begins when it is shown, and is put back to its begin. */
  #play(on: boolean): void {
    const seek = on ? null : { serial: ++this.#serial, toMs: 0 };
    this.#source?.setPlayback?.({ paused: !on, seek });
  }

  /** What is to be shown and heard in place of the programme; null when it shows itself. */
  get content(): Content | null {
    return this.#on === null ? null : this.#content;
  }

  /** Decoded whether it is shown or not. */
  get source(): Source | null {
    return this.#source;
  }

  get state(): StandbyState {
    if (!this.#source) return 'none';
    return this.#on ?? (this.#isReady ? 'ready' : 'notReady');
  }

  /** A source is about to be closed. */
  drop(source: Source): void {
    if (source !== this.#source) return;
    this.#source = null;
    this.#content = null;
    this.#on = null;
  }
}

/** Whether it has a picture that is up to date. */
export function isShowable(source: Source | null): boolean {
  if (!source) return false;
  return source.isReady() && source.picture(0) !== null;
}

function contentOf(source: Source): Content {
  const layer = { source: '', gain: 1, channels: 'all', delayMs: 0 } as const;
  return {
    spec: null,
    video: [{ layer: { ...PLACE, source: '' }, source }],
    audio: [{ layer, source }],
    overlays: [],
  };
}
