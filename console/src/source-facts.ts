/** What is known of a source, in a line for the operator. */
import type { Source } from './wire.js';

function rate(bits: number): string {
  return bits >= 1_000_000 ? `${(bits / 1_000_000).toFixed(1)} Mbit/s` : `${Math.round(bits / 1_000)} kbit/s`;
}

/** `14:03:22`, by the clock of whoever looks. */
export function clockTime(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/**
 * While it is there, what arrives: `h264 + aac · 1280×720 · 30 fps · 2.4 Mbit/s`. Otherwise why it is not, and since when:
 * rates of what no longer comes would be old.
 */
export function factsOf(source: Source): string {
  const { status, reason, since, width, height, fps, bitrate } = source;
  const isGone = status === 'lost' || status === 'ended';
  const facts = isGone
    ? [since === null ? '' : `since ${clockTime(since)}`, reason]
    : [
        [source.videoCodec, source.audioCodec].filter(Boolean).join(' + '),
        width > 0 && height > 0 ? `${width}×${height}` : '',
        fps > 0 ? `${Math.round(fps * 100) / 100} fps` : '',
        bitrate > 0 ? rate(bitrate) : '',
        reason,
      ];
  return facts.filter(Boolean).join(' · ');
}
