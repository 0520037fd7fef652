/** Repeats a call for as long as a component is shown; slower while the page is hidden. */
import { useCallback, useEffect, useRef, useState } from 'react';

const HIDDEN_MS = 10_000;
const FAILED_MS = 3_000;

/**
 * Runs `load` at once and then `everyMs` after its last answer, one at a time. An answer that was overtaken by a change
 * of `key` is not passed on. Returns a function that asks again now.
 */
export function usePolling<T>(
  key: string | null,
  everyMs: number,
  load: (key: string) => Promise<T>,
  onAnswer: (value: T) => void,
  onError: (error: unknown) => void,
): () => Promise<void> {
  const latest = useRef({ load, onAnswer, onError });
  latest.current = { load, onAnswer, onError };
  const [ask] = useState(() => ({ now: async (): Promise<void> => {} }));

  useEffect(() => {
    if (key === null) return;
    let isGone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let round = 0;
    const go = async (): Promise<void> => {
      clearTimeout(timer);
      const mine = ++round;
      let pause = everyMs;
      try {
        const value = await latest.current.load(key);
        if (!isGone && mine === round) latest.current.onAnswer(value);
      } catch (error) {
        if (!isGone && mine === round) latest.current.onError(error);
        pause = Math.max(everyMs, FAILED_MS);
      }
      if (!isGone && mine === round) timer = setTimeout(go, document.hidden ? HIDDEN_MS : pause);
    };
    const onVisible = (): void => {
      if (!document.hidden) void go();
    };
    document.addEventListener('visibilitychange', onVisible);
    ask.now = go;
    void go();
    return () => {
      isGone = true;
      clearTimeout(timer);
      ask.now = async () => {};
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [key, everyMs, ask]);

  return useCallback(() => ask.now(), [ask]);
}
