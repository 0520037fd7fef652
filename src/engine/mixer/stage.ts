/**
 * What the programme shows: one scene, or a scene on its way to another, from whatever was shown when it set out.
 * Values, but for the progress of a way. Times are µs.
 */
import type { TransitionStyle } from '../../domain/desired.js';
import type { Content } from './content.js';

export interface Way {
  kind: 'way';
  from: Stage;
  to: Content;
  style: TransitionStyle;
  /** 0 `from`, 1 `to`: now, and where it goes to. */
  progress: number;
  target: number;
  /** Progress a µs. */
  speed: number;
  /** Held by hand (the T-bar): the scene on air is `from`, and the end is reached only by a take. */
  byHand: boolean;
}

export type Stage = { kind: 'scene'; content: Content } | Way;

/** Ways within ways; a take upon so many unfinished ones lets the oldest end at once. */
const MOST_WAYS = 3;

/** Progress a µs that covers `distance` in `ms`; at once for 0. */
export function speedOf(distance: number, ms: number): number {
  return ms <= 0 ? Number.POSITIVE_INFINITY : Math.abs(distance) / (ms * 1000);
}

/** Goes on by `us`; returns the stage that it then is. */
export function advanceStage(stage: Stage, us: number): Stage {
  if (stage.kind === 'scene') return stage;
  stage.from = advanceStage(stage.from, us);
  const left = stage.target - stage.progress;
  const step = us > 0 ? Math.min(Math.abs(left), stage.speed * us) : 0;
  stage.progress = step === Math.abs(left) ? stage.target : stage.progress + Math.sign(left) * step;
  if (stage.target === 1 && stage.progress === 1 && !stage.byHand) return { kind: 'scene', content: stage.to };
  return stage;
}

/** A stage that can be the beginning of another way. */
export function shortened(stage: Stage, most = MOST_WAYS - 1): Stage {
  if (stage.kind === 'scene') return stage;
  if (most === 0) return { kind: 'scene', content: stage.byHand ? presentOf(stage.from) : stage.to };
  stage.from = shortened(stage.from, most - 1);
  return stage;
}

/** The scene that is on air, or will be when the way is over. */
function presentOf(stage: Stage): Content {
  if (stage.kind === 'scene') return stage.content;
  return stage.byHand ? presentOf(stage.from) : stage.to;
}

/** The stage with another content of the scene on air: its overlays were changed, a source was taken away. */
export function withPresent(stage: Stage, content: Content): Stage {
  if (stage.kind === 'scene') return { kind: 'scene', content };
  if (stage.byHand) stage.from = withPresent(stage.from, content);
  else stage.to = content;
  return stage;
}

/** Each scene of the stage and how much of it is to be heard; shares add up to 1. */
export function sharesOf(stage: Stage, share = 1): { content: Content; share: number }[] {
  if (stage.kind === 'scene') return [{ content: stage.content, share }];
  return [...sharesOf(stage.from, share * (1 - stage.progress)), { content: stage.to, share: share * stage.progress }];
}
