/**
 * The last group of pictures of a stream, so that a new reader sees something at once.
 *
 * It begins with a video key frame and holds every packet since, at most 16 MB and 20 s; a group that outgrows that is
 * dropped, and nothing is kept until the next key frame. Packets are shared with the readers, not copied.
 */
import { type MediaPacket, TRACK_VIDEO } from '../link/frame.js';

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_SPAN = 20_000_000;
/** Many tiny packets cost more than their payload: count what an object costs as well. */
const PACKET_COST = 128;

export class PictureGroup {
  #packets: MediaPacket[] = [];
  #bytes = 0;

  /** Packets since the key frame, oldest first; empty when there is no complete group. */
  get packets(): readonly MediaPacket[] {
    return this.#packets;
  }

  /** Bytes of the payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  clear(): void {
    this.#packets = [];
    this.#bytes = 0;
  }

  add(packet: MediaPacket): void {
    const begins = packet.track === TRACK_VIDEO && packet.key;
    if (begins) this.clear();
    const first = this.#packets[0];
    if (!first && !begins) return;
    this.#packets.push(packet);
    this.#bytes += packet.payload.length + PACKET_COST;
    if (this.#bytes > MAX_BYTES || (first && packet.dts - first.dts > MAX_SPAN)) this.clear();
  }
}
