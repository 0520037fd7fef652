/**
 * What waits to be sent by an SRT relay: at most `maxBytes` and `maxUs` of packets. Pure. When one more does not fit, all
 * that wait are thrown away and counted, and pictures are left out until the next key frame.
 */
import { type MediaPacket, TRACK_VIDEO } from '../../link/frame.js';

export interface PacketLimits {
  maxBytes: number;
  maxUs: number;
}

export class PacketQueue {
  readonly #limits: PacketLimits;
  #packets: MediaPacket[] = [];
  #bytes = 0;
  #awaitsKey = true;
  /** The key frame is awaited because there was no room, not because it begins. */
  #overflowed = false;
  /** Packets that were thrown away because there was no room. */
  dropped = 0;

  constructor(limits: PacketLimits) {
    this.#limits = limits;
  }

  /** Empty, and the next picture is a key frame. What is thrown away by this is not counted. */
  reset(): void {
    this.#packets = [];
    this.#bytes = 0;
    this.#awaitsKey = true;
    this.#overflowed = false;
  }

  push(packet: MediaPacket): void {
    const { maxBytes, maxUs } = this.#limits;
    const size = packet.payload.length;
    const span = packet.dts - (this.#packets[0]?.dts ?? packet.dts);
    if (this.#packets.length > 0 && (this.#bytes + size > maxBytes || span > maxUs)) {
      this.dropped += this.#packets.length;
      this.reset();
      this.#overflowed = true;
    }
    const picture = packet.track === TRACK_VIDEO;
    if (picture && packet.key) this.#awaitsKey = false;
    if (picture && this.#awaitsKey) {
      if (this.#overflowed) this.dropped++;
      return;
    }
    this.#packets.push(packet);
    this.#bytes += size;
  }

  shift(): MediaPacket | undefined {
    const packet = this.#packets.shift();
    if (packet) this.#bytes -= packet.payload.length;
    return packet;
  }
}
