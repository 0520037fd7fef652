/**
 * Listening to sources in the operator's own browser: each has a stream with its sound as it comes in, made while somebody
 * listens. The programme knows nothing of it.
 */
import { useCallback, useEffect, useState } from 'react';
import { usePlayer } from '../use-player.js';
import type { WhepState } from '../whep.js';

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

/** @param studioId with another studio nothing is listened to any more */
export function useSolos(studioId: string | undefined): Solos {
  const [chosen, setChosen] = useState<{ id: string | undefined; places: readonly string[] }>({ id: '', places: [] });
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
  const choose = (next: readonly string[]): void => setChosen({ id: studioId, places: next });
  return {
    places,
    stateOf: (place) => (places.includes(place) ? states.get(place) : undefined),
    toggle: (place) => {
      const state = states.get(place);
      if (!places.includes(place)) choose([...places, place]);
      else if (state?.isRefused) state.play();
      else choose(places.filter((one) => one !== place));
    },
    clear: () => choose([]),
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
