/**
 * A picture over a scene, still or moving, by URL. Each picture of it is scaled once; what lies outside the frame is not
 * kept. One that cannot be fetched or decoded is reported once and tried again with a growing pause; the scene goes on
 * without it.
 */
import type { OverlaySpec } from '../../domain/desired.js';
import type { EngineReport } from '../../domain/engine.js';
import { type Box, placeLayer, type Size } from '../../domain/geometry.js';
import { openPicture } from '../av/animation.js';
import { rgbaBeside } from '../av/convert.js';
import type { Picture } from '../av/media.js';
import type { PictureFile } from '../av/picture-file.js';
import { pause } from '../source/back-off.js';
import { fetchPicture } from '../source/fetch-picture.js';
import type { Sheet } from '../video/sheet.js';
import { type Crawl, crawlPlace } from './crawl.js';
import type { Overlay, PlacedSheet } from './overlay.js';
import { MAX_SHEET_AREA, type Part } from './painter.js';
import { Reel } from './reel.js';
import { type OverlayRoom, retryPause } from './room.js';
import { visiblePart } from './text-setting.js';

/** Sheets of one animation that are kept; a larger one is decoded again each time round. */
const KEPT_BYTES = 64 * 1024 * 1024;
/** Of a sheet: samples and alpha of brightness, and of both colours at a quarter each. */
const BYTES_PER_SAMPLE = 3;

export class ImageOverlay implements Overlay {
  readonly spec: OverlaySpec;
  readonly #url: string;
  readonly #room: OverlayRoom;
  readonly #abort = new AbortController();
  readonly #told = new Set<string>();
  /** Resolves when everything is freed. */
  readonly closed: Promise<void>;
  #reel: Reel | null = null;
  /** Where the left upper corner of the reel's sheets lies when it does not crawl. */
  #corner = { x: 0, y: 0 };
  #crawl: (Crawl & { axis: 'x' | 'y' }) | null = null;
  #since: number | null = null;
  #now = 0;
  #wanted = true;
  /** Shown, known to be outside the frame, or failed once. */
  #settled = false;

  /** @param url http or https */
  constructor(spec: OverlaySpec, url: string, room: OverlayRoom) {
    this.spec = spec;
    this.#url = url;
    this.#room = room;
    this.closed = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    for (let failures = 0; !signal.aborted; failures++) {
      let code: EngineReport['code'] = 'ImageOpenFailed';
      try {
        const bytes = await fetchPicture(this.#url, this.#room.proxy, signal);
        code = 'ImageDecodeFailed';
        await this.#show(await openPicture(bytes));
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#settled = true;
        this.#tell(code, error instanceof Error ? error.message : String(error));
        await pause(retryPause(failures), signal);
      }
    }
  }

  /** Each kind of trouble once. */
  #tell(code: EngineReport['code'], message: string): void {
    if (this.#told.has(code)) return;
    this.#told.add(code);
    this.#room.report({ code, message, componentId: this.spec.id });
  }

  /** Takes ownership of the file. Ends when nothing more is to be decoded. */
  async #show(file: PictureFile): Promise<void> {
    try {
      const { frame } = this.#room;
      const box = this.#place(file);
      if (box.width * box.height > MAX_SHEET_AREA) {
        throw new Error(`the picture would be ${box.width} x ${box.height} pixels; ${MAX_SHEET_AREA} in all is most`);
      }
      const part = this.#partOf(box, frame);
      if (!part) {
        this.#settled = true;
        return;
      }
      const keep = file.count * part.width * part.height * BYTES_PER_SAMPLE <= KEPT_BYTES;
      const reel = new Reel({ keep, plays: file.plays });
      for (let play = 1; play <= (keep ? 1 : file.plays); play++) {
        if (play > 1) file.rewind();
        await this.#playOnce(file, reel, box, part);
        if (this.#abort.signal.aborted) return;
      }
      reel.complete();
    } finally {
      await file.close();
    }
  }

  #place(own: Size): Box {
    const { width, height, x, y, refer } = this.spec;
    return placeLayer({ source: '', fill: 'none', width, height, x, y, refer, delayMs: 0 }, this.#room.frame, own);
  }

  /** What of the scaled picture is needed, and where it goes; null when it is outside the frame. */
  #partOf(box: Box, frame: Size): Part | null {
    const { effect, crawlSpeed } = this.spec;
    const all = { x: 0, y: 0, width: box.width, height: box.height };
    if (effect === 'none' || !(crawlSpeed > 0)) {
      const part = visiblePart(all, box, frame);
      if (part) this.#corner = { x: box.x + part.x, y: box.y + part.y };
      return part;
    }
    const axis = effect === 'crawlH' ? 'x' : 'y';
    const part = visiblePart(all, axis === 'x' ? { x: 0, y: box.y } : { x: box.x, y: 0 }, {
      width: axis === 'x' ? box.width : frame.width,
      height: axis === 'y' ? box.height : frame.height,
    });
    if (!part) return null;
    this.#corner = { x: box.x + part.x, y: box.y + part.y };
    const [length, across] = axis === 'x' ? [box.width, frame.width] : [box.height, frame.height];
    this.#crawl = { axis, length, frame: across, speed: crawlSpeed * across };
    return part;
  }

  async #playOnce(file: PictureFile, reel: Reel, box: Box, part: Part): Promise<void> {
    for (;;) {
      const next = await file.next();
      if (!next) return;
      let sheet: Sheet;
      {
        using picture = next.picture;
        sheet = await this.#sheetOf(picture, box, part);
      }
      if (!(await reel.push({ sheet, durationUs: next.durationUs }))) return;
      if (this.#reel !== reel) this.#begin(reel);
    }
  }

  /** Shows a reel from its first picture on; what was shown before is let go. */
  #begin(reel: Reel): void {
    this.#reel?.close();
    if (this.#abort.signal.aborted) reel.close();
    else this.#reel = reel;
    this.#settled = true;
  }

  async #sheetOf(picture: Picture, box: Box, part: Part): Promise<Sheet> {
    const rgba = await rgbaBeside(picture, box.width, box.height);
    return await this.#room.painter.sheet(cut(rgba, box.width, part), part.width, part.height);
  }

  advance(now: number): void {
    this.#now = now;
    if (!this.#reel) return;
    this.#since ??= now;
    // Its first picture is shown in any case, so that it is there when it is wanted.
    if (this.#wanted || !this.#reel.sheet) this.#reel.advance(now);
  }

  isReady(): boolean {
    return this.#settled;
  }

  placed(): PlacedSheet | null {
    const sheet = this.#reel?.sheet;
    if (!sheet) return null;
    const { x, y } = this.#corner;
    if (!this.#crawl) return { sheet, x, y };
    const along = crawlPlace(this.#now - (this.#since ?? this.#now), this.#crawl);
    return this.#crawl.axis === 'x' ? { sheet, x: along, y } : { sheet, x, y: along };
  }

  setWanted(wanted: boolean): void {
    this.#wanted = wanted;
  }

  close(): void {
    this.#abort.abort();
    this.#reel?.close();
    this.#reel = null;
  }
}

/** A part of a picture. @param width samples of a whole row of `rgba` */
function cut(rgba: Uint8Array, width: number, part: Part): Uint8Array {
  if (part.width * part.height * 4 === rgba.length) return rgba;
  const result = new Uint8Array(part.width * part.height * 4);
  for (let row = 0; row < part.height; row++) {
    const from = ((part.y + row) * width + part.x) * 4;
    result.set(rgba.subarray(from, from + part.width * 4), row * part.width * 4);
  }
  return result;
}
