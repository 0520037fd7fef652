/**
 * What lies between the scenes and what viewers see: how the programme's content comes on air, overlays that takes leave
 * alone, and the fade to black. Times in ms.
 */
import type { Caster, Mix } from './caster.js';
import { componentOf, overlayOf } from './component.js';
import type { TransitionStyle } from './desired.js';

/** How new content comes on air. */
export interface TakeStyle extends TransitionStyle {
  durationMs: number;
}

export const CUT: TakeStyle = { kind: 'cut', color: 0, durationMs: 0 };

function withMix(caster: Caster, change: Partial<Mix>): Caster {
  return { ...caster, mix: { ...caster.mix, ...change } };
}

/**
 * The programme's present content comes on air in this way, and the T-bar is let go. The serial is the revision under
 * which the change will be stored, so that it grows whatever happens in between.
 */
export function withTake(caster: Caster, { kind, color, durationMs }: TakeStyle): Caster {
  return withMix(caster, { take: { serial: caster.revision + 1, kind, color, durationMs }, tbar: null });
}

/** The programme shows itself again, whatever made it show its standby. The serial is that of {@link withTake}. */
export function withoutStandby(caster: Caster): Caster {
  return withMix(caster, { standby: { on: false, serial: caster.revision + 1 } });
}

/** The T-bar between the ends, or let go (`null`): the engine then glides back to the programme. */
export function withTBar(caster: Caster, tbar: Mix['tbar']): Caster {
  return withMix(caster, { tbar });
}

/**
 * SetCasterOverlay: puts a component over the programme as it is now, or takes it off. One that goes off stays in the
 * list, so that its fade is seen; there is one key a component at most.
 * @param order `null` leaves a key where it is, and puts a new one at 0
 * @throws Refused InvalidComponent.NotFound
 */
export function setOverlay(
  caster: Caster,
  call: { componentId: string; on: boolean; fadeMs: number; order: number | null },
): Caster {
  const component = componentOf(caster, call.componentId);
  const old = caster.mix.keys.find((key) => key.overlay.id === component.id);
  if (!call.on && !old) return caster;
  const overlay = call.on || !old ? overlayOf(component) : old.overlay;
  const key = { overlay, on: call.on, fadeMs: call.fadeMs, order: call.order ?? old?.order ?? 0 };
  const stays = old?.order === key.order && (old.on || !call.on);
  const keys = stays
    ? caster.mix.keys.map((other) => (other === old ? key : other))
    : [...caster.mix.keys.filter((other) => other !== old), key];
  return withMix(caster, { keys: keys.sort((a, b) => a.order - b.order) });
}

/** SetCasterFadeToBlack. It stays through takes, stops and starts. */
export function setFadeToBlack(caster: Caster, on: boolean, fadeMs: number): Caster {
  return withMix(caster, { fadeToBlack: { on, fadeMs } });
}
