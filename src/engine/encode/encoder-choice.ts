/**
 * Which encoder an engine uses: the one that the configuration names where it can be opened, else x264.
 *
 * Hardware that cannot be opened, or fails while it encodes, is not tried again in the life of the engine, and is told
 * once; but as long as other streams use it, only the stream that it had no room for falls back. `auto` goes through what
 * hardware there may be, says nothing of what is not there, and tells what was there and failed.
 */
import type { EncoderKind, EncoderSetting } from '../../domain/engine.js';
import type { Picture } from '../av/media.js';
import type { CodedPicture, VideoEncoderOptions } from '../av/video-encoder.js';

/** What codes the pictures of one stream. */
export interface PictureEncoder {
  /** AVCDecoderConfigurationRecord. */
  readonly config: Buffer;
  /** Encodes one picture and frees it; calls must not overlap. @throws Error when it is of no more use */
  encode(picture: Picture, tick: number, key: boolean): Promise<CodedPicture[]>;
  close(): void;
}

export interface EncoderChoiceOptions {
  wanted: EncoderSetting;
  /** @throws Error when there is no such encoder, or it refuses */
  open: (kind: EncoderKind, options: VideoEncoderOptions) => PictureEncoder;
  /** Hears once of each encoder that cannot be used. */
  onFallback: (message: string) => void;
}

const HARDWARE: readonly EncoderKind[] = ['nvenc', 'qsv', 'vaapi', 'videotoolbox'];

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class EncoderChoice {
  readonly #options: EncoderChoiceOptions;
  /** Hardware that may be tried, best first. */
  #hardware: EncoderKind[];
  readonly #told = new Set<EncoderKind>();
  readonly #opened = new Set<EncoderKind>();
  readonly #open = new Map<EncoderKind, number>();

  constructor(options: EncoderChoiceOptions) {
    this.#options = options;
    const { wanted } = options;
    this.#hardware = wanted === 'auto' ? [...HARDWARE] : wanted === 'x264' ? [] : [wanted];
  }

  /** What is in use right now, most streams first. */
  get inUse(): EncoderKind[] {
    return [...this.#open.entries()]
      .filter(([, count]) => count > 0)
      .sort(([, one], [, other]) => other - one)
      .map(([kind]) => kind);
  }

  /** A new encoder, owned by the caller. @throws Error when x264, too, refuses */
  open(options: VideoEncoderOptions): PictureEncoder {
    for (const kind of [...this.#hardware]) {
      try {
        return this.#use(kind, this.#options.open(kind, options));
      } catch (error) {
        this.#unusable(kind, wordsOf(error));
      }
    }
    return this.#use('x264', this.#options.open('x264', options));
  }

  #use(kind: EncoderKind, encoder: PictureEncoder): PictureEncoder {
    this.#opened.add(kind);
    this.#open.set(kind, (this.#open.get(kind) ?? 0) + 1);
    let isOpen = true;
    const leave = (): void => {
      if (isOpen) this.#open.set(kind, (this.#open.get(kind) ?? 1) - 1);
      isOpen = false;
    };
    return {
      config: encoder.config,
      encode: async (picture, tick, key) => {
        try {
          return await encoder.encode(picture, tick, key);
        } catch (error) {
          leave();
          if (kind !== 'x264') this.#unusable(kind, wordsOf(error));
          throw error;
        }
      },
      close: () => {
        leave();
        encoder.close();
      },
    };
  }

  #unusable(kind: EncoderKind, why: string): void {
    if ((this.#open.get(kind) ?? 0) === 0) this.#hardware = this.#hardware.filter((other) => other !== kind);
    const isNews = this.#options.wanted !== 'auto' || this.#opened.has(kind);
    if (!isNews || this.#told.has(kind)) return;
    this.#told.add(kind);
    const next = this.#hardware.find((other) => other !== kind) ?? 'x264';
    this.#options.onFallback(`The encoder ${kind} cannot be used (${why}); ${next} is used instead.`);
  }
}
