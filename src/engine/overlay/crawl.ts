/**
 * Where a crawling overlay is. It comes in at the right (or lower) edge, leaves at the left (or upper) one, and comes again
 * when the last of it is gone. Places follow from the time alone, so they neither drift nor depend on missed ticks.
 */

export interface Crawl {
  /** Pixels of the frame along the way. */
  frame: number;
  /** Pixels of the overlay along the way. */
  length: number;
  /** Pixels a second, more than 0. */
  speed: number;
}

/**
 * Place of the overlay's beginning along the way, from `frame` down to `-length`. Even: chroma has half the resolution.
 * @param since µs since the crawl began
 */
export function crawlPlace(since: number, { frame, length, speed }: Crawl): number {
  const way = frame + length;
  const gone = ((Math.max(0, since) / 1_000_000) * speed) % way;
  return Math.round((frame - gone) / 2) * 2;
}
