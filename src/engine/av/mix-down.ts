/**
 * How loud each channel of a sound is in a mix of two, left and right. Pure.
 *
 * After ITU-R BS.775 annex 4: front left and right as they are, centre and surrounds 3 dB down (a lone back centre 6 dB on
 * each side), low frequency effects left out. Nothing is turned down to make room: a limiter follows in the mixer. A
 * single channel is heard on both sides at its own level.
 */

/** How FFmpeg says what the channels are: not at all, by the bits of a mask, one by one, or as a sphere. */
export const ORDER_UNSPECIFIED = 0;
const ORDER_NATIVE = 1;
const ORDER_AMBISONIC = 3;

/** What there is of a layout. */
export interface Channels {
  nbChannels: number;
  order: number;
  mask: bigint;
}

const MINUS_3_DB = Math.SQRT1_2;

/** Left and right of a channel in the mix. */
type Pair = readonly [left: number, right: number];
const LEFT: Pair = [1, 0];
const RIGHT: Pair = [0, 1];
const CENTRE: Pair = [MINUS_3_DB, MINUS_3_DB];
const LEFT_SURROUND: Pair = [MINUS_3_DB, 0];
const RIGHT_SURROUND: Pair = [0, MINUS_3_DB];
const BACK_CENTRE: Pair = [0.5, 0.5];
const OUT: Pair = [0, 0];
const BOTH: Pair = [1, 1];

/** By bit of FFmpeg's mask, which begins with that of WAVE; what is missing is a surround that has no side. */
const BY_BIT = new Map<number, Pair>([
  ...[0, 29, 31, 33].map((bit): [number, Pair] => [bit, LEFT]),
  ...[1, 30, 32, 34].map((bit): [number, Pair] => [bit, RIGHT]),
  ...[2, 13, 38].map((bit): [number, Pair] => [bit, CENTRE]),
  ...[3, 35].map((bit): [number, Pair] => [bit, OUT]),
  ...[4, 6, 9, 12, 15, 36, 39, 41, 43].map((bit): [number, Pair] => [bit, LEFT_SURROUND]),
  ...[5, 7, 10, 14, 17, 37, 40, 42, 44].map((bit): [number, Pair] => [bit, RIGHT_SURROUND]),
]);

/** Channels whose places nobody has told, by their number: in the order of WAVE. */
const USUAL: ReadonlyMap<number, readonly Pair[]> = new Map([
  [2, [LEFT, RIGHT]],
  [3, [LEFT, RIGHT, CENTRE]],
  [4, [LEFT, RIGHT, LEFT_SURROUND, RIGHT_SURROUND]],
  [5, [LEFT, RIGHT, CENTRE, LEFT_SURROUND, RIGHT_SURROUND]],
  [6, [LEFT, RIGHT, CENTRE, OUT, LEFT_SURROUND, RIGHT_SURROUND]],
  [7, [LEFT, RIGHT, CENTRE, OUT, BACK_CENTRE, LEFT_SURROUND, RIGHT_SURROUND]],
  [8, [LEFT, RIGHT, CENTRE, OUT, LEFT_SURROUND, RIGHT_SURROUND, LEFT_SURROUND, RIGHT_SURROUND]],
]);

/**
 * Gains of all channels: those of the left side first, then those of the right, as FFmpeg's resampler takes them.
 * More than eight channels without places are tracks; the first two are the main pair, as broadcasters have it (EBU R 123).
 */
export function mixDownOf({ nbChannels, order, mask }: Channels): number[] {
  const pairs = pairsOf(nbChannels, order, mask);
  const gains: number[] = [];
  for (let side = 0; side < 2; side++)
    for (let channel = 0; channel < nbChannels; channel++) gains.push(pairs[channel]?.[side as 0 | 1] ?? 0);
  return gains;
}

function pairsOf(count: number, order: number, mask: bigint): readonly Pair[] {
  if (count === 1) return [BOTH];
  if (order === ORDER_NATIVE) {
    const pairs: Pair[] = [];
    for (let bit = 0; bit < 64; bit++) if ((mask >> BigInt(bit)) & 1n) pairs.push(BY_BIT.get(bit) ?? BACK_CENTRE);
    // One voice and its bass.
    const isMono = pairs.every((pair) => pair === CENTRE || pair === OUT);
    return isMono ? pairs.map((pair) => (pair === CENTRE ? BOTH : OUT)) : pairs;
  }
  // A sphere in the order of AmbiX: everything, then left less right. Two microphones that look to the sides.
  if (order === ORDER_AMBISONIC)
    return [
      [MINUS_3_DB, MINUS_3_DB],
      [MINUS_3_DB, -MINUS_3_DB],
    ];
  return USUAL.get(count) ?? [LEFT, RIGHT];
}
