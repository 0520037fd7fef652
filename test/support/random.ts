/** Randomness that is the same in every run: tests that throw nonsense at something must be repeatable. */

/** Mulberry32: whole numbers from 0 to 2^32 - 1. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return (value ^ (value >>> 14)) >>> 0;
  };
}

/** Random bytes. */
export function randomBytes(random: () => number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index++) bytes[index] = random();
  return bytes;
}

/** A copy with one to four bytes changed, sometimes cut short. */
export function mutated(random: () => number, good: Buffer): Buffer {
  const copy = Buffer.from(good.subarray(0, random() % 3 === 0 ? random() % (good.length + 1) : good.length));
  for (let count = 1 + (random() % 4); count > 0 && copy.length > 0; count--) {
    copy[random() % copy.length] = random() % 3 === 0 ? 0xff : random();
  }
  return copy;
}
