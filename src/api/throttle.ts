/** Token buckets: so many a second with a burst of one second's worth. Bounded: the longest unused bucket goes first. */

interface Bucket {
  tokens: number;
  at: number;
}

export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #most: number;

  constructor(most = 10_000) {
    this.#most = most;
  }

  /**
   * Takes one token.
   * @param perSecond rate of refill
   * @param burst size of the bucket, at least 1
   * @returns 0 when there was one, otherwise the wait until there is one, ms
   */
  take(key: string, perSecond: number, burst: number, now: number): number {
    const old = this.#buckets.get(key);
    const most = Math.max(1, burst);
    // The wall clock may be set back; that must not drain a bucket.
    const passed = old ? Math.max(0, now - old.at) : 0;
    const tokens = old ? Math.min(most, old.tokens + (passed / 1000) * perSecond) : most;
    const granted = tokens >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: granted ? tokens - 1 : tokens, at: now });
    if (this.#buckets.size > this.#most) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return granted ? 0 : Math.max(1, Math.ceil(((1 - tokens) / perSecond) * 1000));
  }
}
