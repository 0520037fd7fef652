/** Changes of a scene's mix as values: what a hand has done on top of what the server says, and how the API is told. */
import { NO_LAYER, type SceneMix, type SoundLayer, writeLayer } from './sound-wire.js';

/** What is changed of one place. `isOn` puts it into the mix or takes it out. */
export interface LayerChange extends Partial<Omit<SoundLayer, 'place'>> {
  isOn?: boolean;
}

export interface MixChange {
  /** Absent: as it is. */
  follow?: boolean;
  places: ReadonlyMap<string, LayerChange>;
}

export const NO_CHANGE: MixChange = { places: new Map() };

/** Both, the newer one where they disagree. */
export function mergeChanges(older: MixChange, newer: MixChange): MixChange {
  const places = new Map(older.places);
  for (const [place, change] of newer.places) places.set(place, { ...places.get(place), ...change });
  const follow = newer.follow ?? older.follow;
  return follow === undefined ? { places } : { follow, places };
}

/** The mix with the changes. What another hand took out of the mix since is not put back by a fader, only by `isOn`. */
export function applyChange(mix: SceneMix, change: MixChange): SceneMix {
  const layers: SoundLayer[] = [];
  for (const layer of mix.layers) {
    const { isOn = true, ...settings } = change.places.get(layer.place) ?? {};
    if (isOn) layers.push({ ...layer, ...settings });
  }
  for (const [place, { isOn, ...settings }] of change.places) {
    const isIn = mix.layers.some((layer) => layer.place === place);
    if (isOn && !isIn) layers.push({ ...NO_LAYER, ...settings, place });
  }
  return { follow: change.follow ?? mix.follow, layers };
}

/**
 * Parameters of UpdateCasterSceneAudio, the ids aside, as many calls as there are kinds of changes: one nearly always. They
 * name nothing but what was changed, so what a take or another hand does meanwhile stays as it is. A place of which
 * nothing is changed is left out, for its AudioLayer could not be written.
 */
export function writeMixChange({ follow, places }: MixChange): Record<string, string>[] {
  const calls = { remove: {}, change: {}, add: {} } as Record<'remove' | 'change' | 'add', Record<string, string>>;
  for (const [place, { isOn, ...settings }] of places) {
    const mode = isOn === undefined ? 'change' : isOn ? 'add' : 'remove';
    if (mode === 'change' && Object.keys(settings).length === 0) continue;
    const call = calls[mode];
    const index = Object.keys(call).filter((name) => name.startsWith('MixList.')).length + 1;
    call.MixMode = mode;
    call[`MixList.${index}`] = place;
    if (mode !== 'remove')
      Object.assign(call, writeLayer(index, mode === 'add' ? { ...NO_LAYER, ...settings } : settings));
  }
  const written = Object.values(calls).filter(({ MixMode }) => MixMode !== undefined);
  if (follow === undefined) return written;
  const [first = {}, ...others] = written;
  return [{ FollowEnable: follow ? '1' : '0', ...first }, ...others];
}
