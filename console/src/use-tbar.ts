/**
 * The T-bar under the operator's hand. While the hand is on it, and a moment longer, it shows where the hand put it; then
 * what the server says, for others may move it too. At the far end the take is done and the bar starts anew; what the
 * hand does before it lets go is not part of the next take.
 */
import { useCallback, useEffect, useRef, useState } from 'react';

/** Longer than an answer and the next asking take. */
const TRUST_MS = 2_000;

export interface TBarHand {
  /** 0 programme to 1 preview. */
  position: number;
  move: (position: number) => void;
  /** The pointer is down on it, or up again. */
  hold: (isDown: boolean) => void;
  /** Takes it back to the programme, when it is not there. */
  release: () => void;
}

/**
 * @param held where the server says that it is
 * @param send tells the server, the newest position last
 */
export function useTBar(held: number, send: (position: number) => void): TBarHand {
  const [hand, setHand] = useState<number | null>(null);
  const state = useRef({ isDown: false, isOver: false, position: 0, send });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const position = hand ?? held;
  state.current.position = position;
  state.current.send = send;

  useEffect(() => () => clearTimeout(timer.current), []);

  const trust = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setHand(null), TRUST_MS);
  }, []);

  const show = useCallback(
    (next: number) => {
      const { isDown } = state.current;
      // A keyboard has no hand to lift: at the far end the bar is back at once.
      setHand(next >= 1 && !isDown ? 0 : next);
      state.current.position = next;
      if (isDown) clearTimeout(timer.current);
      else trust();
    },
    [trust],
  );

  const move = useCallback(
    (next: number) => {
      const now = state.current;
      if (now.isOver || next === now.position) return;
      now.isOver = next >= 1 && now.isDown;
      show(next);
      now.send(next);
    },
    [show],
  );

  const hold = useCallback(
    (isDown: boolean) => {
      const now = state.current;
      now.isDown = isDown;
      if (isDown) return;
      if (now.isOver) setHand(0);
      now.isOver = false;
      trust();
    },
    [trust],
  );

  const release = useCallback(() => {
    const now = state.current;
    if (now.position === 0 || now.isOver) return;
    now.isOver = now.isDown;
    show(0);
    now.send(0);
  }, [show]);

  return { position, move, hold, release };
}
