/** One monitor: plays a scene over WHEP and says in words how that goes. */
import { type CSSProperties, type ReactNode, useEffect, useRef, useState } from 'react';
import { reachableUrl, WhepPlayer, type WhepState } from './whep.js';

const WORDS: Readonly<Record<WhepState, string>> = { connecting: 'connecting', live: 'live', lost: 'lost', off: 'off' };

interface MonitorProps {
  kind: 'pvw' | 'pgm';
  title: string;
  /** WHEP address; null while there is nothing to play. */
  url: string | null;
  /** What is shown instead of a picture without an address. */
  idleText: string;
  /** A button below that text. */
  idleAction?: ReactNode;
  /** Width over height. */
  aspect: number;
  /** True when the monitor may be listened to. */
  hasSound: boolean;
}

export function Monitor({ kind, title, url, idleText, idleAction, aspect, hasSound }: MonitorProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<WhepState>('off');
  const [reason, setReason] = useState('');
  const [isMuted, setMuted] = useState(true);

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

  useEffect(() => {
    if (video.current) video.current.muted = isMuted;
  }, [isMuted]);

  const style = { '--aspect': aspect } as CSSProperties;
  return (
    <section className={`monitor ${kind}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span className={`state ${url ? state : 'off'}`} data-testid={`state-${kind}`} role="status">
          {url ? WORDS[state] : 'off'}
        </span>
        {hasSound && (
          <button
            type="button"
            className="listen"
            data-testid="listen"
            aria-pressed={!isMuted}
            disabled={!url}
            onClick={() => {
              setMuted(!isMuted);
              video.current?.play().catch(() => {});
            }}
          >
            {isMuted ? 'Listen' : 'Mute'}
          </button>
        )}
      </header>
      <div className="screen" style={style}>
        <video ref={video} data-testid={`monitor-${kind}`} aria-label={`${title} picture`} autoPlay playsInline muted />
        {!url && (
          <div className="cover">
            <p>{idleText}</p>
            {idleAction}
          </div>
        )}
        {url && state !== 'live' && (
          <p className="cover">{state === 'lost' ? `Lost. ${reason} Trying again.` : 'Connecting'}</p>
        )}
      </div>
    </section>
  );
}
