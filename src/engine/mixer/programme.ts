/**
 * The programme: what is on air, how it changes, the downstream keys above it, and the fade to black above all.
 *
 * The first state that it is shown is there at once: an engine that was started again does not repeat a transition.
 */
import type { DesiredState, TransitionStyle } from '../../domain/desired.js';
import type { MixLayer } from '../audio/mix.js';
import { type Picture, sharePicture } from '../av/picture.js';
import type { Overlay } from '../overlay/overlay.js';
import type { Source } from '../source/source.js';
import type { Compositor, LaidSheet } from '../video/compositor.js';
import type { FramePool } from '../video/frame-pool.js';
import { drawTransition, tint } from '../video/transition.js';
import { type Content, dropFrom, NOTHING, type PictureOf, partsOf, type SceneOverlay, soundOf } from './content.js';
import { Level } from './level.js';
import { advanceStage, type Stage, sharesOf, shortened, speedOf, type Way, withPresent } from './stage.js';

/** How long the programme takes to come back when the T-bar is let go between the ends, ms. */
const LET_GO_MS = 100;

/** What the programme needs of a desired state. */
export type ProgrammeState = Pick<DesiredState, 'take' | 'tbar' | 'fadeToBlack'> & {
  keys: readonly (SceneOverlay & { on: boolean; fadeMs: number })[];
};

interface Key extends SceneOverlay {
  level: Level;
}

export class Programme {
  readonly #compositor: Compositor;
  readonly #pool: FramePool;
  readonly #pictureOf: PictureOf;
  #stage: Stage = { kind: 'scene', content: NOTHING };
  #serial: number | null = null;
  /** The way that the T-bar moves; part of the stage. */
  #hand: Way | null = null;
  #keys: Key[] = [];
  #standby: Content | null = null;
  readonly #black = new Level(0);

  /** All are the caller's. */
  constructor(compositor: Compositor, pool: FramePool, pictureOf: PictureOf) {
    this.#pictureOf = pictureOf;
    this.#compositor = compositor;
    this.#pool = pool;
  }

  /**
   * Shows another state from now on.
   * @param content of the scene on air; @param preview what the T-bar leads to
   */
  show(state: ProgrammeState, content: Content, preview: Content): void {
    const first = this.#serial === null;
    this.#fadeKeys(state.keys, first);
    const { on, fadeMs } = state.fadeToBlack;
    this.#black.moveTo(on ? 1 : 0, first ? 0 : fadeMs);
    // A level that is told to be somewhere at once is there before the next picture.
    if (first) this.#black.advance(1);
    const { take } = state;
    if (this.#serial === null) this.#stage = { kind: 'scene', content };
    else if (take.serial > this.#serial) this.#take(take, content);
    else this.#stage = withPresent(this.#stage, content);
    this.#serial = take.serial;
    this.#moveHand(state.tbar, preview);
    if (first && this.#hand) this.#hand.progress = this.#hand.target;
  }

  #take({ kind, color, durationMs }: DesiredState['take'], content: Content): void {
    const hand = this.#hand;
    this.#hand = null;
    if (kind === 'cut' || durationMs === 0) {
      this.#stage = { kind: 'scene', content };
    } else if (hand && sameScene(hand.to, content)) {
      // The T-bar arrives: the rest of its way, in its own manner.
      hand.to = content;
      hand.byHand = false;
      hand.target = 1;
      hand.speed = speedOf(1 - hand.progress, durationMs);
    } else {
      this.#stage = wayTo(shortened(this.#stage), content, { kind, color }, 1, speedOf(1, durationMs), false);
    }
  }

  #moveHand(tbar: DesiredState['tbar'], preview: Content): void {
    if (tbar) {
      const { kind, color } = tbar;
      this.#hand ??= this.#takeHold(preview, { kind, color });
      this.#hand.to = preview;
      this.#hand.style = { kind, color };
      this.#hand.target = tbar.position;
      this.#hand.speed = speedOf(tbar.position - this.#hand.progress, tbar.glideMs);
    } else if (this.#hand && this.#hand.target !== 0) {
      this.#hand.target = 0;
      this.#hand.speed = speedOf(this.#hand.progress, LET_GO_MS);
    }
  }

  #takeHold(preview: Content, style: TransitionStyle): Way {
    const way = wayTo(shortened(this.#stage), preview, style, 0, 0, true);
    this.#stage = way;
    return way;
  }

  #fadeKeys(wanted: ProgrammeState['keys'], first: boolean): void {
    this.#keys = wanted.map(({ spec, overlay, on, fadeMs }) => {
      const old = this.#keys.find((key) => key.spec.id === spec.id);
      const level = old?.level ?? new Level(first && on ? 1 : 0);
      level.moveTo(on ? 1 : 0, first ? 0 : fadeMs);
      return { spec, overlay, level };
    });
  }

  /** Goes on by `us`. */
  advance(us: number): void {
    this.#stage = advanceStage(this.#stage, us);
    const hand = this.#hand;
    if (hand && hand.target === 0 && hand.progress === 0) {
      this.#hand = null;
      if (this.#stage === hand) this.#stage = hand.from;
    }
    for (const { level } of this.#keys) level.advance(us);
    this.#black.advance(us);
  }

  /** Shows something else in place of scenes and keys, which go on unseen; null ends that. */
  setStandby(content: Content | null): void {
    this.#standby = content;
  }

  /** True while gains move from tick to tick. */
  get isFading(): boolean {
    return this.#stage.kind === 'way' || this.#black.isMoving;
  }

  /** Scenes of which something is shown or heard. */
  get contents(): Content[] {
    return sharesOf(this.#stage).map(({ content }) => content);
  }

  /** Overlays of the keys, and those of them that are to be seen. */
  get keyed(): Overlay[] {
    return this.#keys.map(({ overlay }) => overlay);
  }

  get keysShown(): Overlay[] {
    return this.#keys.filter(({ level }) => level.value > 0 || level.isMoving).map(({ overlay }) => overlay);
  }

  /** True while the T-bar shows something of the preview. */
  get isHeld(): boolean {
    return this.#hand !== null;
  }

  /** What is on air now, in full size. The result is the caller's. @throws MediaError */
  compose(): Picture {
    let picture = this.#standby
      ? this.#compositor.compose(partsOf(this.#standby, this.#pictureOf))
      : this.#composeStage(this.#stage);
    if (this.#black.value === 0) return picture;
    picture = this.#pool.writable(picture);
    tint(picture, picture, 0, this.#black.value);
    return picture;
  }

  #composeStage(stage: Stage): Picture {
    const sheets = this.#keys.flatMap(({ spec, overlay, level }): LaidSheet[] => {
      const placed = level.value > 0 ? overlay.placed() : null;
      return placed ? [{ ...placed, opacity: spec.opacity * level.value }] : [];
    });
    if (stage.kind !== 'scene') return this.#compositor.cover(this.#draw(stage), sheets);
    const parts = partsOf(stage.content, this.#pictureOf);
    return this.#compositor.compose({ ...parts, cover: [...parts.cover, ...sheets] });
  }

  #draw(stage: Stage): Picture {
    if (stage.kind === 'scene') return this.#compositor.compose(partsOf(stage.content, this.#pictureOf));
    if (stage.progress === 0) return this.#draw(stage.from);
    using to = this.#compositor.compose(partsOf(stage.to, this.#pictureOf));
    if (stage.progress === 1) return sharePicture(to);
    using from = this.#draw(stage.from);
    const out = this.#pool.take();
    try {
      drawTransition(out, from, to, stage.style, stage.progress);
      return out;
    } catch (error) {
      out.free();
      throw error;
    }
  }

  /** What is to be heard of it now, and how much of it fading to black leaves. */
  sound(): MixLayer[] {
    if (this.#standby) return soundOf(this.#standby, 1);
    return sharesOf(this.#stage).flatMap(({ content, share }) => soundOf(content, share));
  }

  get heard(): number {
    return 1 - this.#black.value;
  }

  /** A source is about to be closed: nothing of it is shown or heard any more. */
  drop(source: Source): void {
    for (const content of [...this.contents, ...(this.#standby ? [this.#standby] : [])]) dropFrom(content, source);
  }
}

function wayTo(from: Stage, to: Content, style: TransitionStyle, target: number, speed: number, byHand: boolean): Way {
  return { kind: 'way', from, to, style, progress: 0, target, speed, byHand };
}

/** True when both show the same, whatever their identity. */
function sameScene(a: Content, b: Content): boolean {
  return JSON.stringify([a.spec?.video, a.spec?.overlays]) === JSON.stringify([b.spec?.video, b.spec?.overlays]);
}
