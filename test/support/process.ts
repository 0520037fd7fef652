/** What the kernel says of a process (proc(5)). */
import { readFileSync } from 'node:fs';

/** Clock ticks a second in /proc (sysconf _SC_CLK_TCK), 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Processor time of a process and its threads so far, seconds. */
export function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Memory that it really has, MB. */
export function memory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

export function wait(seconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, seconds * 1000));
}

/** Share of a core that processes use over so many seconds from now on. */
export async function shareOfCore(pids: () => readonly number[], seconds: number): Promise<number> {
  const total = (): number => pids().reduce((sum, pid) => sum + processorTime(pid), 0);
  const [before, begun] = [total(), performance.now()];
  await wait(seconds);
  return (total() - before) / ((performance.now() - begun) / 1000);
}

/** Slope of a line through the points by least squares. */
export function slope(points: readonly { x: number; y: number }[]): number {
  const mean = (of: (point: { x: number; y: number }) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const x = mean((point) => point.x);
  const y = mean((point) => point.y);
  const over = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0);
  return over / points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
}
