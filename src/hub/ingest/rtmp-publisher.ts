/**
 * Turns what an RTMP encoder sends into packets of a stream: H.264 with 4-byte lengths and raw AAC, times in µs.
 *
 * RTMP's times are milliseconds that wrap at 2^32 (with some encoders at 2^24); each is taken relative to the
 * one before, so a wrap is no jump. Access units whose NAL units do not add up are left out and counted.
 */
import { TRACK_AAC, TRACK_VIDEO } from '../../link/frame.js';
import { parseAacConfig } from '../protocol/aac.js';
import { joinNalUnits, parseAvcConfig, splitNalUnits, withFourByteLengths } from '../protocol/avc.js';
import { ProtocolError } from '../protocol/error.js';
import { parseAudioBody, parseVideoBody } from '../protocol/flv.js';
import type { Publication } from '../stream.js';

/** Some encoders wrap early: a fall from the end of this range to its beginning is such a wrap. */
const EARLY_WRAP = 2 ** 24;

/** Unwraps 32-bit (and 24-bit) millisecond times of one connection. */
export class RtmpClock {
  #last: number | null = null;
  #time = 0;

  /** Milliseconds that do not wrap, for a time on the wire. */
  unwrap(timestamp: number): number {
    if (this.#last === null) this.#time = timestamp;
    else {
      let step = (timestamp - this.#last) | 0;
      const wrapped24 = this.#last < EARLY_WRAP && this.#last > EARLY_WRAP * 0.99 && timestamp < EARLY_WRAP * 0.01;
      if (wrapped24) step += EARLY_WRAP;
      this.#time += step;
    }
    this.#last = timestamp;
    return this.#time;
  }
}

export class RtmpPublisher {
  readonly #publication: Publication;
  readonly #clock = new RtmpClock();
  #lengthSize = 0;
  /** Access units that were left out because they were malformed. */
  malformed = 0;

  constructor(publication: Publication) {
    this.#publication = publication;
  }

  /** @throws ProtocolError for a codec that cannot be taken; the message is for the person at the encoder. */
  video(body: Buffer, timestamp: number): void {
    const dts = this.#clock.unwrap(timestamp) * 1000;
    const parsed = parseVideoBody(body);
    if (parsed.kind === 'config') {
      this.#lengthSize = parseAvcConfig(parsed.extradata).lengthSize;
      const extradata = withFourByteLengths(parsed.extradata);
      this.#publication.config({ track: TRACK_VIDEO, codec: 'h264', extradata });
    } else if (parsed.kind === 'frame' && this.#lengthSize > 0) {
      const payload = this.#accessUnit(parsed.payload);
      if (payload) this.#publication.packet({ track: TRACK_VIDEO, key: parsed.key, dts, cts: parsed.cts, payload });
    }
  }

  /** @throws ProtocolError for a codec that cannot be taken. */
  audio(body: Buffer, timestamp: number): void {
    const dts = this.#clock.unwrap(timestamp) * 1000;
    const parsed = parseAudioBody(body);
    if (parsed.kind === 'config') {
      parseAacConfig(parsed.extradata);
      this.#publication.config({ track: TRACK_AAC, codec: 'aac', extradata: parsed.extradata });
    } else if (parsed.kind === 'frame') {
      this.#publication.packet({ track: TRACK_AAC, key: true, dts, cts: 0, payload: parsed.payload });
    }
  }

  #accessUnit(payload: Buffer): Buffer | null {
    try {
      const units = splitNalUnits(payload, this.#lengthSize);
      if (units.length === 0) return null;
      return this.#lengthSize === 4 ? payload : joinNalUnits(units);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.malformed++;
      return null;
    }
  }
}
