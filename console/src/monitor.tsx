/** One monitor: plays a scene over WHEP and says in words how that goes. */
import { type CSSProperties, type ReactNode, useEffect, useState } from 'react';
import { usePlayer } from './use-player.js';

interface MonitorProps {
  kind: 'pvw' | 'pgm' | 'multiview';
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
  /** True while something else is listened to instead; the choice is kept. */
  isHushed?: boolean;
  /** Buttons beside the title. */
  actions?: ReactNode;
  /** Lies over the picture, exactly. */
  children?: ReactNode;
}

export function Monitor(props: MonitorProps) {
  const { kind, title, url, idleText, idleAction, aspect, hasSound, isHushed = false, actions, children } = props;
  const { element: video, state, reason, play } = usePlayer<HTMLVideoElement>(url);
  const [isMuted, setMuted] = useState(true);

  useEffect(() => {
    if (video.current) video.current.muted = isMuted || isHushed;
  }, [isMuted, isHushed, video]);

  const style = { '--aspect': aspect } as CSSProperties;
  return (
    <section className={`monitor ${kind}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span className={`state ${state}`} data-testid={`state-${kind}`} role="status">
          {state}
        </span>
        {actions}
        {hasSound && (
          <button
            type="button"
            className="listen"
            data-testid="listen"
            aria-pressed={!isMuted}
            disabled={!url}
            onClick={(event) => {
              if (event.detail > 0) event.currentTarget.blur();
              setMuted(!isMuted);
              play();
            }}
          >
            {isMuted ? 'Listen' : 'Mute'}
          </button>
        )}
      </header>
      <div className="screen" style={style}>
        <video ref={video} data-testid={`monitor-${kind}`} aria-label={`${title} picture`} autoPlay playsInline muted />
        {url && children}
        {!url && (
          <div className="cover">
            <p>{idleText}</p>
            {idleAction}
          </div>
        )}
        {url && state !== 'live' && (
          <p className="cover pass">{state === 'lost' ? `Lost. ${reason} Trying again.` : 'Connecting'}</p>
        )}
      </div>
    </section>
  );
}
