/** Changes of a scene's mix as values: what a hand has done on top of what the server says. */
import { NO_LAYER, type SceneMix, type SoundLayer } from './sound-wire.js';

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

/**
 * The mix with the changes. What another hand took out of the mix since is not put back by a fader, only by `isOn`. The
 * API cannot say that a mix is empty: the last sound stays in it, turned off.
 */
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
  const [last] = mix.layers;
  if (layers.length === 0 && last) layers.push({ ...last, gain: 0 });
  return { follow: change.follow ?? mix.follow, layers };
}
