/**
 * HLS for all streams: segments are made in memory, and only while somebody asks.
 *
 * The first request for a playlist starts a session and is held until a segment exists, 10 s at most. A session counts
 * as one viewer while its playlist was asked for in the last 15 s and ends 30 s after the last request. The playlist
 * spans four target durations (RFC 8216 section 6.2.2 wants three to remain when a segment leaves it), and segments
 * stay for as long again after they have left it, 64 MB at most. Segments are found by the session's unguessable id,
 * so that a key need not be in every URI; what an id and a name stand for never changes.
 *
 * A stream's address outlives its sessions, and a media sequence number must not fall there (RFC 8216 section 6.2.2).
 * So each session begins to count at the wall clock, in half seconds: segments last 1.5 s and more but for those that
 * are cut short by a change of publisher or coding, so the clock is always ahead of them, also after a new start of the
 * hub. Should they overtake it all the same, or the clock be set back, a session begins above all numbers that were
 * given out before it. Discontinuities are counted from the same value, and the first segment of a session is one: what
 * came before it, perhaps from a hub that is gone, does not join.
 *
 * The sessions of a programme and its renditions share clock, cuts and numbers (`ladder.ts`) as long as any of them lasts;
 * their playlists have dates, and the master playlist names them all. Asking for that starts none of them. A rendition that
 * begins while another one is being watched first lists that one's segments, up to its own first whole one: so a player that
 * changes over has its list at once, and no hole. They are of another size, which EXT-X-MAP says.
 */
import { randomBytes } from 'node:crypto';
import type { MediaPacket } from '../../link/frame.js';
import { renderPlaylist } from '../protocol/playlist.js';
import type { Reader } from '../reader.js';
import type { Stream } from '../stream.js';
import { Ladder, type LadderSeat } from './ladder.js';
import { type Segment, Segmenter } from './segmenter.js';
import { FLV_TRACKS } from './tag-stream.js';

/** Target durations that the playlist, and all kept segments together, span at least. */
const LISTED = 4;
const KEPT = 8;
const KEPT_BYTES = 64 * 1024 * 1024;
const FIRST_SEGMENT_MS = 10_000;
const COUNTED_MS = 15_000;
const IDLE_MS = 30_000;
/** Requests that may wait for the first segment of a session; more are told to come back. */
const MAX_WAITING = 1000;
/** Sessions count from 2024, so that the numbers fit 31 bits, which is all that some players have, until 2058. */
const FIRST_NUMBER_MS = Date.UTC(2024, 0);
const NUMBER_MS = 500;

export interface HlsClocks {
  /** Milliseconds, monotonic. */
  now: () => number;
  /** Milliseconds since 1970; it may be set. */
  wall: () => number;
}

/** A segment in a list: whose it is, and which engine's life it comes from. */
interface Entry extends Segment {
  owner: string;
  epoch: number;
}

interface HlsSessionOptions {
  stream: Stream;
  /** Milliseconds, monotonic. */
  now: () => number;
  /** Number of the first segment. */
  first: number;
  /** What it shares with other renditions; `null` when there are none. */
  ladder: Ladder | null;
  /** A session of that ladder whose segments stand in for what this one does not have yet. */
  lender: HlsSession | null;
  /** Told the number that comes next whenever one is used. */
  numbered(next: number): void;
}

class HlsSession {
  readonly id = randomBytes(16).toString('hex');
  readonly stream: Stream;
  readonly ladder: Ladder | null;
  readonly #seat: LadderSeat | null;
  readonly #reader: Reader;
  readonly #inits = new Map<number, Buffer>();
  readonly #waiting = new Set<() => void>();
  readonly #segmenter: Segmenter;
  /** Oldest first; the playlist begins with the segment of index `#firstListed`. */
  #segments: Entry[] = [];
  #lender: HlsSession | null = null;
  readonly #borrowers = new Set<HlsSession>();
  #firstListed: number;
  /** Discontinuity sequence number of the playlist. */
  #lostDiscontinuities: number;
  #ended = false;
  #askedAt: number;

  constructor({ stream, now, first, ladder, lender, numbered }: HlsSessionOptions) {
    this.stream = stream;
    this.ladder = ladder;
    this.#seat = ladder?.seat() ?? null;
    this.#askedAt = now();
    this.#firstListed = first;
    this.#lostDiscontinuities = first;
    this.#segmenter = new Segmenter(
      {
        init: (index, data) => this.#inits.set(index, data),
        segment: (segment) => {
          const index = ladder ? segment.index : first + segment.index;
          numbered(index + 1);
          if (ladder) this.#addShared(segment, ladder);
          else {
            const discontinuity = segment.discontinuity || index === first;
            this.#add({ ...segment, index, discontinuity, owner: this.id, epoch: 0 });
          }
        },
      },
      ladder,
    );
    if (lender) this.#borrowFrom(lender);
    const segmenter = this.#segmenter;
    let joined = false;
    let shift = 0;
    this.#reader = stream.join({
      kind: 'hls',
      tracks: FLV_TRACKS,
      start: 'cached',
      patient: false,
      sink: {
        config: (config) => segmenter.config(config),
        packet: (packet) => segmenter.packet(this.#placed(packet, packet.dts - shift, now())),
        clock: (shiftUs) => {
          shift = shiftUs;
        },
        without: (track) => segmenter.without(track),
        source: () => {
          if (joined) segmenter.interrupt();
          joined = true;
        },
        end: () => {
          segmenter.interrupt();
          this.#stopBorrowing();
          this.#ended = true;
          if (ladder) ladder.over = true;
          this.#wake();
        },
        backlog: () => 0,
        sent: () => 0,
      },
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The packet at its time on the ladder's clock, where there is one. @param own its publisher's time, µs */
  #placed(packet: MediaPacket, own: number, now: number): MediaPacket {
    const seat = this.#seat;
    if (!seat) return packet;
    if (seat.isNext(own)) {
      this.#segmenter.nextEpoch();
      seat.advance();
    }
    return { ...packet, dts: seat.place(own, now) };
  }

  /** True when it has segments of its own that another session can list. */
  get canLend(): boolean {
    return !this.#ended && this.#lender === null && this.#segments.length > 0;
  }

  #borrowFrom(lender: HlsSession): void {
    this.#lender = lender;
    lender.#borrowers.add(this);
    this.#segments = lender.#segments.filter(({ index }) => index >= lender.#firstListed);
    this.#firstListed = lender.#firstListed;
    this.#lostDiscontinuities = lender.#lostDiscontinuities;
  }

  #stopBorrowing(): void {
    if (this.#lender) this.#lender.#borrowers.delete(this);
    this.#lender = null;
  }

  #addShared(segment: Segment, ladder: Ladder): void {
    const before = this.#segments.at(-1);
    if (this.#lender) {
      if (!ladder.isWhole(segment.index, segment.start)) return;
      this.#stopBorrowing();
      // The other one was a moment earlier with it, and what is listed stays.
      if (before && segment.index <= before.index) return;
    }
    // A segment is closed before its seat moves on, so its epoch is the seat's.
    this.#addInOrder({ ...segment, owner: this.id, epoch: this.#seat?.epoch ?? 0 }, ladder);
  }

  /** Numbers of a ladder may skip some, and then what came before is let go: a playlist has no holes. */
  #addInOrder(entry: Entry, ladder: Ladder): void {
    const before = this.#segments.at(-1);
    const follows = before?.index === entry.index - 1;
    if (!follows) {
      this.#segments = [];
      this.#firstListed = entry.index;
      this.#lostDiscontinuities = ladder.first + entry.epoch;
    }
    this.#add({ ...entry, discontinuity: follows && before.epoch !== entry.epoch });
    for (const borrower of this.#borrowers) borrower.#addInOrder(entry, ladder);
  }

  #add(segment: Entry): void {
    this.#segments.push(segment);
    const { targetDuration } = this.#segmenter;
    const sum = (of: (one: Segment) => number, from: number) =>
      this.#segments.reduce((total, one) => total + (one.index >= from ? of(one) : 0), 0);
    const seconds = (from: number) => sum((one) => one.duration, from);
    for (;;) {
      const oldest = this.#segments.find((one) => one.index === this.#firstListed);
      if (!oldest || seconds(oldest.index + 1) < LISTED * targetDuration) break;
      if (oldest.discontinuity) this.#lostDiscontinuities++;
      this.#firstListed++;
    }
    for (;;) {
      const oldest = this.#segments[0];
      if (!oldest || oldest === segment) break;
      const spare = oldest.index < this.#firstListed && seconds(oldest.index + 1) >= KEPT * targetDuration;
      if (!spare && sum((one) => one.data.length, 0) <= KEPT_BYTES) break;
      this.#segments.shift();
      if (oldest.index === this.#firstListed) {
        if (oldest.discontinuity) this.#lostDiscontinuities++;
        this.#firstListed++;
      }
    }
    // The newest one is kept: it may belong to a segment that is still being made.
    const newest = Math.max(...this.#inits.keys());
    for (const index of this.#inits.keys()) {
      const isUsed = this.#segments.some((one) => one.init === index && one.owner === this.id);
      if (index < newest && !isUsed) this.#inits.delete(index);
    }
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** The playlist, or `null` when no segment came in time. `now` in ms, monotonic. */
  async playlist(now: number): Promise<string | null> {
    this.#askedAt = Math.max(this.#askedAt, now);
    this.#count(true);
    if (this.#segments.length === 0 && !this.#ended) await this.#firstSegment();
    const listed = this.#segments.filter((one) => one.index >= this.#firstListed);
    const first = listed[0];
    if (!first) return null;
    return renderPlaylist({
      sequence: first.index,
      discontinuitySequence: this.#lostDiscontinuities,
      targetDuration: this.#segmenter.targetDuration,
      ended: this.#ended,
      segments: listed.map((segment) => ({
        uri: `../hls/${segment.owner}/${segment.index}.m4s`,
        initUri: `../hls/${segment.owner}/init${segment.init}.mp4`,
        duration: segment.duration,
        discontinuity: segment.discontinuity,
        ...(this.ladder && { date: this.ladder.dateOf(segment.start) }),
      })),
    });
  }

  async #firstSegment(): Promise<void> {
    if (this.#waiting.size >= MAX_WAITING) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(wake);
        resolve();
      }, FIRST_SEGMENT_MS);
      const wake = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  file(name: string): Buffer | undefined {
    const init = /^init(\d{1,9})\.mp4$/.exec(name)?.[1];
    if (init !== undefined) return this.#inits.get(Number(init));
    const index = /^(\d{1,10})\.m4s$/.exec(name)?.[1];
    return index === undefined ? undefined : this.#segments.find((one) => one.index === Number(index))?.data;
  }

  /** False when the session is over and may be forgotten. */
  tick(now: number): boolean {
    this.#count(now - this.#askedAt < COUNTED_MS);
    if (now - this.#askedAt < IDLE_MS) return true;
    this.close();
    return false;
  }

  close(): void {
    this.#stopBorrowing();
    for (const borrower of [...this.#borrowers]) borrower.#stopBorrowing();
    this.stream.leave(this.#reader);
    this.#ended = true;
    this.#wake();
  }

  #count(counted: boolean): void {
    if (this.#reader.counted === counted) return;
    this.#reader.counted = counted;
    this.stream.demandChanged();
  }
}

export class HlsShelf {
  readonly #clocks: HlsClocks;
  /** Above all numbers of segments that were given out. */
  #unused = 0;
  readonly #byId = new Map<string, HlsSession>();
  readonly #byStream = new Map<string, HlsSession>();
  readonly #ladders = new Map<string, Ladder>();

  constructor(clocks: HlsClocks) {
    this.#clocks = clocks;
  }

  /** True when asking for the playlist of this name would not add a viewer. */
  has(name: string): boolean {
    return this.#byStream.has(name);
  }

  #ladder(name: string, first: number): Ladder {
    const known = this.#ladders.get(name);
    if (known && !known.over) return known;
    const ladder = new Ladder({ first, wall: this.#clocks.wall() });
    this.#ladders.set(name, ladder);
    return ladder;
  }

  /**
   * The playlist of an open stream (or of one that has just ended); `null` when there is none in time.
   * @param programme name of the programme that the stream is a rendition of; `null` when it is none
   */
  async playlist(name: string, stream: Stream | undefined, programme: string | null = null): Promise<string | null> {
    let session = this.#byStream.get(name);
    if (stream?.open && (!session || session.ended)) {
      const first = Math.max(this.#unused, Math.floor((this.#clocks.wall() - FIRST_NUMBER_MS) / NUMBER_MS));
      const ladder = programme === null ? null : this.#ladder(programme, first);
      const lenders = [...this.#byStream.values()].filter((one) => ladder && one.ladder === ladder && one.canLend);
      const lender = lenders.find((one) => one.stream.name === programme) ?? lenders[0] ?? null;
      const numbered = (next: number): void => {
        this.#unused = Math.max(this.#unused, next);
      };
      session = new HlsSession({ stream, now: this.#clocks.now, first, ladder, lender, numbered });
      this.#byStream.set(name, session);
      this.#byId.set(session.id, session);
    }
    return session ? session.playlist(this.#clocks.now()) : null;
  }

  /** A segment (`N.m4s`) or an initialisation segment (`initN.mp4`) of a session. */
  file(id: string, name: string): Buffer | undefined {
    return this.#byId.get(id)?.file(name);
  }

  tick(): void {
    for (const [id, session] of this.#byId) {
      if (session.tick(this.#clocks.now())) continue;
      this.#byId.delete(id);
      if (this.#byStream.get(session.stream.name) === session) this.#byStream.delete(session.stream.name);
    }
    const used = new Set([...this.#byId.values()].map(({ ladder }) => ladder));
    for (const [name, ladder] of this.#ladders) if (!used.has(ladder)) this.#ladders.delete(name);
  }

  close(): void {
    for (const session of this.#byId.values()) session.close();
    this.#byId.clear();
    this.#byStream.clear();
    this.#ladders.clear();
  }
}
