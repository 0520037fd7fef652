/**
 * Listening to sources in the operator's own browser: each has a stream with its sound as it comes in, made while somebody
 * listens. The programme knows nothing of it.
 */
import { useCallback, useEffect, useState } from 'react';
import { usePlayer } from '../use-player.js';
import type { WhepState } from '../whep.js';
import type { Source } from '../wire.js';

export interface SoloState {
  state: WhepState;
  /** Why it is lost; empty otherwise. */
  reason: string;
  /** The browser wants a click first. */
  isRefused: boolean;
  play: () => void;
}

interface SoloVoiceProps {
  place: string;
  url: string;
  /** 0 to 1. */
  volume: number;
  onState: (place: string, state: SoloState | null) => void;
}

/** Plays one source; nothing is to be seen of it. */
export function SoloVoice({ place, url, volume, onState }: SoloVoiceProps) {
  const { element, state, reason, isRefused, play } = usePlayer<HTMLAudioElement>(url, 'sound');
  useEffect(() => {
    if (element.current) element.current.volume = volume;
  }, [volume, element]);
  useEffect(() => {
    onState(place, { state, reason, isRefused, play });
  }, [place, state, reason, isRefused, play, onState]);
  useEffect(() => () => onState(place, null), [place, onState]);
  // biome-ignore lint/a11y/useMediaCaption: live sound of a source has no captions
  return <audio ref={element} data-testid={`solo-audio-${place}`} />;
}

export interface Solos {
  /** Places that are listened to. */
  places: readonly string[];
  stateOf: (place: string) => SoloState | undefined;
  /** Begins or ends listening; plays when the browser had refused to. */
  toggle: (place: string) => void;
  clear: () => void;
  onState: SoloVoiceProps['onState'];
}

/** What was chosen to be listened to, of one studio: with another one nothing is. */
export interface Chosen {
  id: string | undefined;
  places: readonly string[];
}

/** The choice with a place more, or less when it is there. */
export function withToggled(chosen: Chosen, id: string | undefined, place: string): Chosen {
  const places = chosen.id === id ? chosen.places : [];
  return { id, places: places.includes(place) ? places.filter((one) => one !== place) : [...places, place] };
}

/** Without places that are no more; the same object when there are none. A source that comes there later is another. */
export function withoutGone(chosen: Chosen, id: string | undefined, present: readonly string[]): Chosen {
  if (chosen.id !== id || chosen.places.every((place) => present.includes(place))) return chosen;
  return { id, places: chosen.places.filter((place) => present.includes(place)) };
}

/** @param sources of that studio */
export function useSolos(studioId: string | undefined, sources: readonly Source[]): Solos {
  const [chosen, setChosen] = useState<Chosen>({ id: '', places: [] });
  const [states, setStates] = useState<ReadonlyMap<string, SoloState>>(new Map());
  const places = chosen.id === studioId ? chosen.places : [];
  const onState = useCallback((place: string, state: SoloState | null) => {
    setStates((old) => {
      const next = new Map(old);
      if (state) next.set(place, state);
      else next.delete(place);
      return next;
    });
  }, []);
  const present = sources.map(({ place }) => place).join(' ');
  useEffect(() => setChosen((old) => withoutGone(old, studioId, present.split(' '))), [studioId, present]);
  return {
    places,
    stateOf: (place) => (places.includes(place) ? states.get(place) : undefined),
    toggle: (place) => {
      const state = places.includes(place) ? states.get(place) : undefined;
      if (state?.isRefused) state.play();
      else setChosen((old) => withToggled(old, studioId, place));
    },
    clear: () => setChosen({ id: studioId, places: [] }),
    onState,
  };
}

/** What the SOLO button says. */
export function soloWords(isOn: boolean, state: SoloState | undefined): string {
  if (!isOn || !state) return 'SOLO';
  if (state.isRefused) return 'CLICK';
  if (state.state === 'lost') return 'LOST';
  return state.state === 'live' ? 'SOLO' : '…';
}
