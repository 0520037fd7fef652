/** Which strips the desk has, and what each says of its source. */
import type { Source } from '../wire.js';
import type { SceneMix, SoundLayer } from './sound-wire.js';

export interface StripEntry {
  /** What layouts call it by; empty for a source that is bound to no channel, which no mix can have. */
  place: string;
  name: string;
  /** Null for a place in a mix that has no source. */
  source: Source | null;
}

/**
 * A strip for every source that can be heard, in the order of the source list; stills have none unless a mix has them.
 * Places of a mix without a source come last, for they take part in it as well.
 */
export function stripsOf(sources: readonly Source[], mixes: readonly (SceneMix | null)[]): StripEntry[] {
  const heard = new Set(mixes.flatMap((mix) => mix?.layers.map(({ place }) => place) ?? []));
  const strips = sources
    .filter(({ kind, place }) => kind !== 'picture' || heard.has(place))
    .map((source): StripEntry => ({ place: source.place, name: source.name, source }));
  const places = new Set(strips.map(({ place }) => place));
  for (const place of heard) if (!places.has(place)) strips.push({ place, name: place, source: null });
  return strips;
}

/** What is wrong with a source as far as its sound goes; empty when nothing is. */
export function troubleOf(source: Source | null): string {
  if (!source) return 'no source';
  if (source.place === '') return 'no channel';
  if (source.status === 'lost' || source.status === 'ended' || source.status === 'connecting') return source.status;
  // Made by the engine, a test picture has sound without a codec.
  const hasSound = source.audioCodec !== '' || source.videoCodec === '';
  return source.status === 'live' && !hasSound ? 'no sound' : '';
}

/** What is not as it comes in, in a few letters: `L 120ms AGC`. */
export function treatmentOf({ channels, delayMs, filter }: SoundLayer): string {
  const marks = [
    channels === 'all' ? '' : channels === 'left' ? 'L' : 'R',
    delayMs > 0 ? `${delayMs}ms` : '',
    filter.autoGain ? 'AGC' : '',
    filter.noise === 'off' ? '' : 'NR',
    filter.voice === 'off' ? '' : filter.voice,
  ];
  return marks.filter(Boolean).join(' ');
}
