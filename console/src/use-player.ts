/** Plays one WHEP address in a video element for as long as a component is shown. */
import { type RefObject, useEffect, useRef, useState } from 'react';
import { reachableUrl, WhepPlayer, type WhepState } from './whep.js';

export interface Playing {
  /** For the element that shows it. */
  video: RefObject<HTMLVideoElement | null>;
  state: WhepState;
  /** Why it is lost, a sentence; empty otherwise. */
  reason: string;
}

/** @param url null while there is nothing to play */
export function usePlayer(url: string | null): Playing {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<WhepState>('off');
  const [reason, setReason] = useState('');

  useEffect(() => {
    const element = video.current;
    if (!url || !element) return;
    const player = new WhepPlayer(reachableUrl(url, location.hostname), {
      onState: (next, why) => {
        setState(next);
        setReason(why);
      },
      onStream: (stream) => {
        if (element.srcObject !== stream) element.srcObject = stream;
        // Refused only when the browser wants a click first; the listen button is one.
        element.play().catch(() => {});
      },
    });
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
  }, [url]);

  return { video, state: url ? state : 'off', reason };
}
