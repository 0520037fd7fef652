/**
 * The coded pictures from which the present one can be decoded: from the last key frame that is due on, and all that
 * was read ahead, seams included. Kept whether the source is wanted or not.
 *
 * At most {@link MAX_PACKETS} packets or {@link MAX_BYTES} bytes; a group that grows beyond that is not kept.
 */
import type { CodedPacket } from '../av/decoder.js';
import { EVERYTHING, type ShownSpan } from './shown-span.js';

export const MAX_PACKETS = 900;
export const MAX_BYTES = 24 * 1024 * 1024;

export type GroupItem = { kind: 'packet'; packet: CodedPacket } | { kind: 'seam'; shown: ShownSpan };

export class CodedGroup {
  #items: GroupItem[] = [];
  #bytes = 0;
  #keys = 0;
  #shown = EVERYTHING;
  #latest = EVERYTHING;

  get items(): readonly GroupItem[] {
    return this.#items;
  }

  /** What is shown of the first pictures; a seam among the items changes it. */
  get shown(): ShownSpan {
    return this.#shown;
  }

  get isEmpty(): boolean {
    return this.#keys === 0;
  }

  /** True when two thirds of the room are taken: whoever reads ahead should wait. */
  get isNearlyFull(): boolean {
    return this.#items.length > (MAX_PACKETS * 2) / 3 || this.#bytes > (MAX_BYTES * 2) / 3;
  }

  /** Adds a packet; the first one must be a key frame. Returns false when there was no room, and nothing is kept. */
  push(packet: CodedPacket): boolean {
    this.#items.push({ kind: 'packet', packet });
    this.#bytes += packet.payload.length;
    if (packet.key) this.#keys++;
    if (this.#items.length <= MAX_PACKETS && this.#bytes <= MAX_BYTES) return true;
    this.clear();
    return false;
  }

  /** What follows comes from another place of the stream. */
  seam(shown: ShownSpan): void {
    this.#latest = shown;
    if (this.isEmpty) {
      this.#shown = shown;
      return;
    }
    // A seam right behind another leaves nothing between them.
    if (this.#items.at(-1)?.kind === 'seam') this.#items.pop();
    this.#items.push({ kind: 'seam', shown });
  }

  /**
   * Drops what comes before the newest key frame for which `isDue`. One that lies behind what is shown (of a file that is
   * cut off, coded before pictures that are shown) replaces nothing.
   */
  forgetPast(isDue: (pts: number) => boolean): void {
    if (this.#keys < 2) return;
    let due = -1;
    let end = this.#shown.to;
    for (const [index, item] of this.#items.entries()) {
      if (item.kind === 'seam') end = item.shown.to;
      else if (item.packet.key && item.packet.pts < end && isDue(item.packet.pts)) due = index;
    }
    for (const item of this.#items.splice(0, Math.max(0, due))) {
      if (item.kind === 'seam') {
        this.#shown = item.shown;
        continue;
      }
      this.#bytes -= item.packet.payload.length;
      if (item.packet.key) this.#keys--;
    }
  }

  clear(): void {
    this.#items = [];
    this.#bytes = 0;
    this.#keys = 0;
    this.#shown = this.#latest;
  }
}
