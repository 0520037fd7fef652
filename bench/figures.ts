/** Numbers of a bench: how they are summed up and written. */

export interface Figure {
  what: string;
  /** How it was measured, in a few words. */
  how: string;
  value: string;
  /** What it should be; empty where there is no aim. */
  aim: string;
}

export interface Summary {
  least: number;
  middle: number;
  p95: number;
  most: number;
}

/** @throws Error when there is nothing to sum up */
export function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    if (value === undefined) throw new Error('nothing was measured');
    return value;
  };
  return { least: at(0), middle: at(0.5), p95: at(0.95), most: at(1) };
}

export function milliseconds({ middle, p95, most }: Summary): string {
  return `${middle.toFixed(0)} ms (p95 ${p95.toFixed(0)}, most ${most.toFixed(0)})`;
}

/** A table in Markdown. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, how, value, aim }) => `| ${what} | ${value} | ${aim} | ${how} |`);
  return ['| what | figure | aim | how |', '|---|---|---|---|', ...rows].join('\n');
}
