/**
 * Shows a picture file, still or moving, on the engine's clock (µs).
 *
 * A moving one runs while it is wanted and stands still otherwise. It is decoded a little ahead, on the fly; one whose
 * pictures all fit into {@link KEPT_BYTES} is decoded once and kept. A decoder that does not keep up makes it slower, it
 * leaves nothing out; whoever asks always gets the newest picture there is. After the last play the last picture stays.
 */
import { openPicture } from '../av/animation.js';
import type { Picture } from '../av/media.js';
import { sharePicture } from '../av/picture.js';
import type { PictureFile, PictureFrame } from '../av/picture-file.js';
import { pictureBytes } from '../media/picture-history.js';

/** Decoded pictures of one animation that are kept to be shown again. */
const KEPT_BYTES = 32 * 1024 * 1024;
/** Pictures decoded ahead: so many, or fewer when they would take more than this. */
const AHEAD = 8;
const AHEAD_BYTES = 16 * 1024 * 1024;
/** An animation that is this late, µs, does not catch up. */
const LATE = 200_000;

interface Ready extends PictureFrame {
  bytes: number;
}

/** Brings a picture into the form that is wanted; takes it over and hands another one over, or the same. */
export type Prepare = (picture: Picture, file: PictureFile) => Promise<Picture>;

export class PicturePlayer {
  readonly #file: PictureFile;
  readonly #prepare: Prepare;
  /** Decoded and not shown yet. */
  readonly #ahead: Ready[] = [];
  /** Every picture of one play, as long as they may fit; complete after the first play. */
  #kept: Ready[] | null = [];
  #keptBytes = 0;
  #isComplete = false;
  #nextKept = 0;
  #current: Ready;
  /** Engine time at which the present picture is over; null while time stands still. */
  #due: number | null = null;
  /** What is left of the present picture while time stands still. */
  #left: number;
  #now = 0;
  #playsLeft: number;
  #ended = false;
  #wanted = false;
  #closed = false;
  #filling: Promise<void> | null = null;
  /** Grows whenever another picture is shown. */
  shown = 0;
  /** Why it does not move on, in words; empty otherwise. */
  reason = '';

  private constructor(file: PictureFile, prepare: Prepare, first: Ready) {
    this.#file = file;
    this.#prepare = prepare;
    this.#current = first;
    this.#left = first.durationUs;
    this.#playsLeft = file.plays;
    this.#keep(first);
  }

  /**
   * Opens a picture file and decodes its first picture.
   * @param bytes the whole file, at most 10 MB
   * @param prepare brings each picture into the form that is wanted; as it was decoded unless told
   * @throws Error in words when it is no picture, damaged or too large
   */
  static async open(bytes: Buffer, prepare: Prepare = async (picture) => picture): Promise<PicturePlayer> {
    const file = await openPicture(bytes);
    try {
      const first = await file.next();
      if (!first) throw new Error('there is no picture in the file');
      const picture = await prepare(first.picture, file);
      return new PicturePlayer(file, prepare, { ...first, picture, bytes: pictureBytes(picture) });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get isMoving(): boolean {
    return this.#file.count > 1;
  }

  /** The picture that is on at the last `advance`. Stays the player's; valid until the next `advance` or `close`. */
  get picture(): Picture {
    return this.#current.picture;
  }

  /** Time runs only while somebody sees it. */
  setWanted(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (!wanted && this.#due !== null) this.#left = Math.max(0, this.#due - this.#now);
    this.#due = null;
    if (wanted) this.#fill();
  }

  /** Moves on to engine time `now`. */
  advance(now: number): void {
    this.#now = now;
    if (!this.#wanted || !this.isMoving || this.#closed) return;
    this.#due ??= now + this.#left;
    if (now > this.#due + LATE) this.#due = now;
    while (now >= this.#due) {
      const next = this.#take();
      if (!next) break;
      this.#current.picture.free();
      this.#current = next;
      this.#due += next.durationUs;
      this.shown++;
    }
    this.#fill();
  }

  /** The next picture as a reference of its own; null when there is none yet, or none any more. */
  #take(): Ready | null {
    const ahead = this.#ahead.shift();
    if (ahead || !this.#isComplete || !this.#kept) return ahead ?? null;
    if (this.#nextKept >= this.#kept.length) {
      if (this.#playsLeft <= 1) return null;
      this.#playsLeft--;
      this.#nextKept = 0;
    }
    const kept = this.#kept[this.#nextKept];
    if (!kept) return null;
    this.#nextKept++;
    return { ...kept, picture: sharePicture(kept.picture) };
  }

  #keep(entry: Ready): void {
    if (!this.#kept || !this.isMoving) return;
    this.#keptBytes += entry.bytes;
    if (this.#keptBytes <= KEPT_BYTES) this.#kept.push({ ...entry, picture: sharePicture(entry.picture) });
    else this.#forget();
  }

  #forget(): void {
    for (const { picture } of this.#kept ?? []) picture.free();
    this.#kept = null;
  }

  #fill(): void {
    if (this.#filling || this.#closed || this.#ended || this.#isComplete || !this.isMoving) return;
    this.#filling = this.#decodeAhead()
      .catch((error: unknown) => {
        this.#ended = true;
        this.reason = error instanceof Error ? error.message : String(error);
      })
      .finally(() => {
        this.#filling = null;
      });
  }

  async #decodeAhead(): Promise<void> {
    while (!this.#closed && this.#wanted && this.#hasRoom()) {
      const frame = await this.#file.next();
      if (frame) {
        const picture = await this.#prepare(frame.picture, this.#file);
        const entry = { ...frame, picture, bytes: pictureBytes(picture) };
        this.#keep(entry);
        this.#ahead.push(entry);
      } else if (this.#kept) {
        // Every picture is there: from here on nothing is decoded.
        this.#isComplete = true;
        this.#nextKept = this.#kept.length;
        await this.#file.close();
        return;
      } else if (--this.#playsLeft <= 0) {
        this.#ended = true;
        return;
      } else {
        this.#file.rewind();
      }
    }
  }

  #hasRoom(): boolean {
    if (this.#ahead.length >= AHEAD) return false;
    return this.#ahead.length === 0 || this.#ahead.reduce((sum, { bytes }) => sum + bytes, 0) < AHEAD_BYTES;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#filling;
    await this.#file.close();
    for (const { picture } of this.#ahead.splice(0)) picture.free();
    this.#forget();
    this.#current.picture.free();
  }
}
