/**
 * Remembers the nonces of signed calls, so that a recorded call cannot be sent again while its time is still right.
 *
 * Only nonces of rightly signed calls come here, so a stranger cannot fill it. When it is full of nonces that still
 * count, calls are refused rather than nonces forgotten. It lives in memory: a call recorded in the 15 minutes before
 * a restart could be repeated once after it.
 */
import { fault } from './errors.js';

export class NonceMemory {
  /** Nonce with key id to the time until which it counts. In order of arrival. */
  readonly #seen = new Map<string, number>();
  readonly #most: number;
  #sweptAt = 0;

  constructor(most = 200_000) {
    this.#most = most;
  }

  /** @throws ApiError SignatureNonceUsed, or Throttling.User when the memory is full */
  use(signer: { accessKeyId: string; nonce: string; expires: number }, now: number): void {
    const key = `${signer.accessKeyId} ${signer.nonce}`;
    const until = this.#seen.get(key);
    if (until !== undefined && until >= now) throw fault('SignatureNonceUsed');
    if (now - this.#sweptAt > 60_000 || this.#seen.size >= this.#most) this.#sweep(now);
    if (this.#seen.size >= this.#most) {
      throw fault('Throttling.User', 'Too many signed calls within half an hour.', 60_000);
    }
    this.#seen.set(key, signer.expires);
  }

  get size(): number {
    return this.#seen.size;
  }

  #sweep(now: number): void {
    // At most once a second even when full, so that being full stays cheap.
    if (now - this.#sweptAt < 1000) return;
    this.#sweptAt = now;
    for (const [key, until] of this.#seen) if (until < now) this.#seen.delete(key);
  }
}
