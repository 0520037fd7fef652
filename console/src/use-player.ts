/** Plays one WHEP address in a video or audio element for as long as a component is shown. */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { reachableUrl, type WhepContent, type WhepEvents, WhepPlayer, type WhepState } from './whep.js';

export interface Playing<E extends HTMLMediaElement> {
  /** For the element that plays it. */
  element: RefObject<E | null>;
  state: WhepState;
  /** Why it is lost, a sentence; empty otherwise. */
  reason: string;
  /** True when the browser wants a click before it plays. */
  isRefused: boolean;
  /** Plays after all; call it from a click. */
  play: () => void;
}

/** @param url null while there is nothing to play */
export function usePlayer<E extends HTMLMediaElement>(
  url: string | null,
  content: WhepContent = 'picture',
): Playing<E> {
  const elementRef = useRef<E>(null);
  const [state, setState] = useState<WhepState>('off');
  const [reason, setReason] = useState('');
  const [isRefused, setRefused] = useState(false);

  const play = useCallback(() => {
    elementRef.current?.play().then(
      () => setRefused(false),
      // Other refusals come from an element that was given another stream, or none, in the meantime.
      (error: unknown) => setRefused(error instanceof DOMException && error.name === 'NotAllowedError'),
    );
  }, []);

  useEffect(() => {
    const element = elementRef.current;
    if (!url || !element) return;
    const events: WhepEvents = {
      onState: (next, why) => {
        setState(next);
        setReason(why);
      },
      onStream: (stream) => {
        if (element.srcObject !== stream) element.srcObject = stream;
        play();
      },
    };
    const player = new WhepPlayer(reachableUrl(url, location.hostname), events, undefined, content);
    const leave = (): void => player.stop();
    // A page that the browser keeps for "back" is resumed without a reload; it needs a new connection then.
    const resume = (event: PageTransitionEvent): void => {
      if (event.persisted) location.reload();
    };
    addEventListener('pagehide', leave);
    addEventListener('pageshow', resume);
    player.start();
    return () => {
      removeEventListener('pagehide', leave);
      removeEventListener('pageshow', resume);
      player.stop();
      element.srcObject = null;
    };
  }, [url, content, play]);

  return { element: elementRef, state: url ? state : 'off', reason, isRefused: url !== null && isRefused, play };
}
