/** Meters as elements: they draw themselves from the board, and React draws them once. */
import { type CSSProperties, type RefObject, useEffect, useRef } from 'react';
import { Needle, placeOf, RED_DB } from './ballistics.js';
import { writeDb } from './decibel.js';
import { type ChannelLevels, type Levels, SILENCE_DB } from './levels-wire.js';
import type { Drawing, MeterBoard } from './meter-board.js';
import { type Channel, drawChannels, METER_MARKS, Sheet } from './meter-drawing.js';

/** What is written where nothing is known. */
export const UNKNOWN = '–';

/** A level, or that there is none. */
export function writeLevel(db: number | undefined): string {
  if (db === undefined) return UNKNOWN;
  return db <= SILENCE_DB ? '−∞' : writeDb(db).replace('+', '');
}

/** Writes only what has changed: most texts stay for seconds. */
export function writeInto(element: HTMLElement | null, words: string): void {
  if (element && element.textContent !== words) element.textContent = words;
}

/**
 * Draws for as long as the component is shown; `make` is called anew when `id` changes. The sheet is that of the canvas
 * that has the reference, null where there is none.
 */
export function useDrawing(board: MeterBoard, id: string, make: (sheet: Sheet | null) => Drawing) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(make);
  latest.current = make;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn depends on the id
  useEffect(() => {
    const sheet = canvas.current && new Sheet(canvas.current);
    const remove = board.add(latest.current(sheet));
    return () => {
      remove();
      sheet?.close();
    };
  }, [board, id]);
  return canvas;
}

/** A drawing that changes with readings only, and when there are none any more. */
export function withReadings(show: (levels: Levels | null) => void): Drawing {
  let shown: Levels | null | undefined;
  return {
    read: () => {},
    draw: (levels) => {
      if (levels === shown) return;
      shown = levels;
      show(levels);
    },
  };
}

interface LevelMeterProps {
  board: MeterBoard;
  /** Whose levels. */
  of: (levels: Levels) => ChannelLevels | undefined;
  /** Changes with what `of` means. */
  id: string;
  label: string;
  testId: string;
  /** Told of every reading, for what else depends on it. */
  mark?: RefObject<HTMLElement | null>;
}

/** Left and right with the number of the held peak above; the element `mark` gets `data-silent` while it is silent. */
export function LevelMeter({ board, of, id, label, testId, mark }: LevelMeterProps) {
  const number = useRef<HTMLSpanElement>(null);
  const canvas = useDrawing(board, id, (sheet) => {
    const channels: Channel[] = [0, 1].map(() => ({ peak: new Needle(), rms: new Needle() }));
    const write = (own: ChannelLevels | undefined, now: number): void => {
      const held = Math.max(...channels.map(({ peak }) => peak.held(now)));
      writeInto(number.current, own ? (held < -99 ? '−∞' : writeLevel(held)) : UNKNOWN);
      number.current?.classList.toggle('red', held > RED_DB);
      const isSilent = String(own?.silent ?? false);
      if (mark?.current && mark.current.dataset.silent !== isSilent) mark.current.dataset.silent = isSilent;
    };
    return {
      read: (levels, now) => {
        const own = of(levels);
        for (const [index, { peak, rms }] of channels.entries()) {
          peak.read(own?.peak[index] ?? SILENCE_DB, now);
          rms.read(own?.rms[index] ?? SILENCE_DB, now);
        }
        write(own, now);
      },
      draw: (levels, now) => {
        const own = levels ? of(levels) : undefined;
        if (!own) {
          for (const { peak, rms } of channels) for (const needle of [peak, rms]) needle.clear();
          write(own, now);
        }
        if (sheet) drawChannels(sheet, channels, own !== undefined, now);
      },
    };
  });
  return (
    <div className="level-meter">
      <span className="peak" ref={number} data-testid={`${testId}-peak`} title="Highest peak of the last seconds, dBFS">
        {UNKNOWN}
      </span>
      <span className="meter">
        <canvas ref={canvas} role="img" aria-label={label} data-testid={testId} />
        <span className="marks" aria-hidden="true">
          {METER_MARKS.map((db) => (
            <span key={db} style={{ '--at': placeOf(db) } as CSSProperties}>
              {Math.abs(db)}
            </span>
          ))}
        </span>
      </span>
    </div>
  );
}
