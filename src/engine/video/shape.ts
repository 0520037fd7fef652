/**
 * Transitions that move or uncover: which part of a row comes from which picture at a moment. Pure arithmetic on any plane,
 * so that luma and chroma agree.
 */
import type { TransitionKind } from '../../domain/desired.js';

/** A run of samples of the new row. `from` names the picture: `a` the one that leaves, `b` the one that comes. */
export interface Run {
  from: 'a' | 'b';
  row: number;
  /** First column in the picture that it comes from, and in the new row. */
  source: number;
  target: number;
  count: number;
}

export type ShapeKind = Exclude<TransitionKind, 'cut' | 'fade' | 'dip'>;

interface Place {
  row: number;
  width: number;
  height: number;
  /** 0 only `a`, 1 only `b`. */
  progress: number;
}

/** Spans [from, to) of the row that show `b`, ascending, for the kinds in which neither picture moves. */
type Uncover = (place: Place) => [number, number][];

function clampTo(value: number, most: number): number {
  return Math.max(0, Math.min(most, Math.round(value)));
}

/** Part of a circle's or a box's row around the middle. */
function around(width: number, half: number): [number, number][] {
  return half <= 0 ? [] : [[clampTo(width / 2 - half, width), clampTo(width / 2 + half, width)]];
}

function clock({ row, width, height, progress }: Place): [number, number][] {
  const turn = progress * 360;
  const middle = width / 2;
  const dy = row + 0.5 - height / 2;
  const reach = (degrees: number): number => Math.abs(dy) * Math.tan((degrees * Math.PI) / 180);
  if (dy >= 0) {
    if (turn <= 90) return [];
    return [[turn >= 270 ? 0 : clampTo(middle + reach(180 - turn), width), width]];
  }
  const right: [number, number] = [clampTo(middle, width), turn >= 90 ? width : clampTo(middle + reach(turn), width)];
  if (turn <= 270) return [right];
  return [[0, turn >= 360 ? clampTo(middle, width) : clampTo(middle - reach(360 - turn), width)], right];
}

const UNCOVER: Partial<Record<ShapeKind, Uncover>> = {
  wipeLeft: ({ width, progress }) => [[clampTo(width * (1 - progress), width), width]],
  wipeRight: ({ width, progress }) => [[0, clampTo(width * progress, width)]],
  wipeUp: ({ row, width, height, progress }) => (row + 0.5 >= height * (1 - progress) ? [[0, width]] : []),
  wipeDown: ({ row, width, height, progress }) => (row + 0.5 < height * progress ? [[0, width]] : []),
  wipeDiagonal: ({ row, width, height, progress }) => {
    return [[0, clampTo(width * (2 * progress - (row + 0.5) / height), width)]];
  },
  barnDoorH: ({ width, progress }) => around(width, (width / 2) * progress),
  barnDoorV: ({ row, width, height, progress }) => {
    return Math.abs(row + 0.5 - height / 2) < (height / 2) * progress ? [[0, width]] : [];
  },
  box: ({ row, width, height, progress }) => {
    return Math.abs(row + 0.5 - height / 2) < (height / 2) * progress ? around(width, (width / 2) * progress) : [];
  },
  circle: ({ row, width, height, progress }) => {
    const radius = progress * (Math.hypot(width, height) / 2);
    const dy = row + 0.5 - height / 2;
    return radius > Math.abs(dy) ? around(width, Math.sqrt(radius * radius - dy * dy)) : [];
  },
  clock,
};

/** Fills what the spans of `b` leave with `a`. */
function uncovered(spans: [number, number][], row: number, width: number): Run[] {
  const runs: Run[] = [];
  const add = (from: 'a' | 'b', begin: number, end: number): void => {
    if (end > begin) runs.push({ from, row, source: begin, target: begin, count: end - begin });
  };
  let at = 0;
  for (const [begin, end] of spans) {
    add('a', at, begin);
    add('b', Math.max(at, begin), end);
    at = Math.max(at, end);
  }
  add('a', at, width);
  return runs;
}

/** Where `b` comes from, in shares of the frame; and whether `a` is pushed out or lies still below. */
const MOVES: Partial<Record<ShapeKind, { x: number; y: number; push: boolean }>> = {
  slideLeft: { x: 1, y: 0, push: false },
  slideRight: { x: -1, y: 0, push: false },
  slideUp: { x: 0, y: 1, push: false },
  slideDown: { x: 0, y: -1, push: false },
  pushLeft: { x: 1, y: 0, push: true },
  pushRight: { x: -1, y: 0, push: true },
  pushUp: { x: 0, y: 1, push: true },
  pushDown: { x: 0, y: -1, push: true },
};

function movedAcross(place: Place, side: number, push: boolean): Run[] {
  const { row, width } = place;
  const shown = clampTo(width * place.progress, width);
  const kept = width - shown;
  const b: Run =
    side > 0
      ? { from: 'b', row, source: 0, target: kept, count: shown }
      : { from: 'b', row, source: kept, target: 0, count: shown };
  const start = side > 0 ? 0 : shown;
  const source = push ? (side > 0 ? shown : 0) : start;
  return [{ from: 'a' as const, row, source, target: start, count: kept }, b].filter(({ count }) => count > 0);
}

function movedAlong(place: Place, side: number, push: boolean): Run[] {
  const { row, width, height } = place;
  const shown = clampTo(height * place.progress, height);
  const whole = (from: 'a' | 'b', sourceRow: number): Run[] => {
    return [{ from, row: sourceRow, source: 0, target: 0, count: width }];
  };
  if (side > 0) {
    if (row >= height - shown) return whole('b', row - (height - shown));
    return whole('a', push ? row + shown : row);
  }
  if (row < shown) return whole('b', row + height - shown);
  return whole('a', push ? row - shown : row);
}

/** The runs that make up one row of a plane, in any order; together they fill it. */
export function runsOf(kind: ShapeKind, place: Place): Run[] {
  const move = MOVES[kind];
  if (move) return move.x === 0 ? movedAlong(place, move.y, move.push) : movedAcross(place, move.x, move.push);
  const uncover = UNCOVER[kind];
  if (!uncover) throw new RangeError(`no such transition: ${kind}`);
  return uncovered(uncover(place), place.row, place.width);
}
