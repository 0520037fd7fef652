/** Keeps what a scene's sounds were set to in the browser's tab, so that a muted sound finds its gain after a reload. */
import { list, number, object, text } from '../json.js';
import type { KeptLayer, LayerMemory } from './mix-hand.js';
import { NO_FILTER, NO_LAYER } from './sound-wire.js';

/** A studio has no more places. */
const MOST = 99;

/** What was kept, without what is odd. */
export function readKept(kept: string | null): KeptLayer[] {
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(kept ?? 'null');
  } catch {
    // Something else wrote it: as if nothing had been kept.
  }
  const layers = list({ kept: parsed }, 'kept', '').map((layer): KeptLayer => {
    const filter = object(layer.filter);
    return {
      place: text(layer.place),
      gain: number(layer.gain),
      channels: layer.channels === 'left' || layer.channels === 'right' ? layer.channels : NO_LAYER.channels,
      delayMs: number(layer.delayMs),
      filter: {
        noise: filter.noise === 'speech' || filter.noise === 'music' ? filter.noise : NO_FILTER.noise,
        autoGain: filter.autoGain === true,
        voice: filter.voice === 'deep' || filter.voice === 'bright' ? filter.voice : NO_FILTER.voice,
      },
      ...(layer.isMuted === true && { isMuted: true }),
    };
  });
  return layers.filter(({ place }) => place !== '').slice(0, MOST);
}

/** A browser that keeps nothing for this page still has a desk that works. */
export function tabMemory(sceneId: string): LayerMemory {
  const key = `castdeck.sound.${sceneId}`;
  return {
    read: () => {
      try {
        return readKept(sessionStorage.getItem(key));
      } catch {
        return [];
      }
    },
    write: (layers) => {
      try {
        sessionStorage.setItem(key, JSON.stringify(layers));
      } catch {
        // A browser that keeps nothing: it holds until the page is left.
      }
    },
  };
}
