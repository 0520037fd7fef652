/**
 * The take: preview goes to programme, at once, by a transition, or by hand with the T-bar. A take while a transition
 * runs is allowed; the engine goes on from what it shows.
 */
import type { Caster, Scene } from './caster.js';
import type { TransitionKind } from './desired.js';
import { Refused } from './error.js';
import { CUT, type TakeStyle, withoutStandby, withTake, withTBar } from './mix.js';
import { requireOnAir, sceneOf, withScene } from './scene.js';

/** What a call says about the way; `undefined` was not said. Duration in ms, colour 0xrrggbb. */
export interface GivenTransition {
  kind: TransitionKind | undefined;
  durationMs: number | undefined;
  color: number | undefined;
}

const USUAL_DURATION_MS = 500;
/** A hand moves the bar in small steps; longer than their distance would lag, shorter would jerk. */
const USUAL_GLIDE_MS = 100;

/** The way that a call asks for: a cut unless it names a transition. @throws Refused InvalidParameter.Malformed */
export function styleOf(given: GivenTransition): TakeStyle {
  if (given.kind === undefined) {
    if (given.durationMs === undefined && given.color === undefined) return CUT;
    throw new Refused('InvalidParameter.Malformed', 'TransitionDuration and TransitionColor need a Transition.');
  }
  if (given.kind === 'cut') return CUT;
  return { kind: given.kind, color: given.color ?? 0, durationMs: given.durationMs ?? USUAL_DURATION_MS };
}

/** Preview and programme of a take. */
function pair(caster: Caster, fromId: string, toId: string): { from: Scene; to: Scene } {
  const from = sceneOf(caster, fromId);
  const to = sceneOf(caster, toId);
  if (from.kind !== 'pvw') {
    throw new Refused('InvalidScene.NotFound', 'FromSceneId must name the preview scene of the studio.');
  }
  if (to.kind !== 'pgm') {
    throw new Refused('InvalidScene.NotFound', 'ToSceneId must name the programme scene of the studio.');
  }
  requireOnAir(caster);
  if (!from.on) {
    throw new Refused(
      'IncorrectSceneStatus',
      'The preview scene is off; start it with StartCasterScene before a take.',
    );
  }
  return { from, to };
}

function requireLayout(from: Scene): void {
  if (from.layoutId === null) {
    throw new Refused('InvalidLayout.NotFound', 'The preview scene has no layout; apply one before a take.');
  }
}

/**
 * CopyCasterSceneConfig: preview goes to programme and keeps its own content. The programme's sound follows unless it
 * was told not to. A standby ends. A transition that the T-bar has begun is carried on in its own kind, unless a cut is asked for.
 */
export function take(caster: Caster, fromId: string, toId: string, style: TakeStyle): Caster {
  const { from, to } = pair(caster, fromId, toId);
  requireLayout(from);
  const { layoutId, video, overlays } = from;
  const taken = withScene(withoutStandby(caster), {
    ...to,
    layoutId,
    video,
    overlays,
    audio: to.follow ? from.audio : to.audio,
  });
  const { tbar } = caster.mix;
  if (tbar === null || style.kind === 'cut') return withTake(taken, style);
  return withTake(taken, { kind: tbar.kind, color: tbar.color, durationMs: style.durationMs });
}

/**
 * CopyCasterSceneConfig with TransitionPosition: the T-bar at `position`, 0 to 1. At 1 it is a take, at 0 the bar is let
 * go and the programme stays.
 */
export function moveTBar(
  caster: Caster,
  call: { fromId: string; toId: string; position: number; given: GivenTransition },
): Caster {
  const { from } = pair(caster, call.fromId, call.toId);
  const { tbar } = caster.mix;
  if (call.position === 0) return tbar === null ? caster : withTBar(caster, null);
  const kind = call.given.kind ?? tbar?.kind ?? 'fade';
  if (kind === 'cut') {
    throw new Refused('InvalidParameter.Malformed', 'A cut has no way between the ends; name another Transition.');
  }
  const color = call.given.color ?? tbar?.color ?? 0;
  const glideMs = call.given.durationMs ?? USUAL_GLIDE_MS;
  requireLayout(from);
  if (call.position < 1) return withTBar(caster, { kind, color, position: call.position, glideMs });
  return take(withTBar(caster, null), call.fromId, call.toId, { kind, color, durationMs: glideMs });
}
