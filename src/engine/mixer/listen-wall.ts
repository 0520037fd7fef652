/**
 * A stream of the sound of each source as it comes in, for an operator who checks it before it is on air; mixed while somebody
 * listens.
 */
import type { DesiredState, Position } from '../../domain/desired.js';
import type { Source } from '../source/source.js';
import type { Moment } from './moment.js';
import { plainBus, SceneSound, type SoundSink } from './scene-sound.js';

/** A stream of sound that ends when its source is no more. */
export interface ListenSink extends SoundSink {
  /** Begins a tick; whether somebody listens. */
  begin(tick: number): boolean;
  close(): void;
}

interface Listen {
  position: Position;
  sink: ListenSink;
  needed: boolean;
  /** Made when somebody listens. */
  sound: SceneSound | null;
}

export interface ListenWallOptions {
  open: (stream: string) => ListenSink;
  fps: number;
  onError: (error: unknown) => void;
}

export class ListenWall {
  readonly #options: ListenWallOptions;
  /** By stream. */
  readonly #listens = new Map<string, Listen>();
  #byPosition: ReadonlyMap<Position, Source> = new Map();

  constructor(options: ListenWallOptions) {
    this.#options = options;
  }

  /** Opens and ends streams as they are asked for. */
  sync(wanted: DesiredState['listens'], byPosition: ReadonlyMap<Position, Source>): void {
    this.#byPosition = byPosition;
    for (const [stream, listen] of this.#listens) {
      if (wanted.some((one) => one.stream === stream)) continue;
      this.#listens.delete(stream);
      listen.sound?.close();
      listen.sink.close();
    }
    for (const { position, stream } of wanted) {
      const old = this.#listens.get(stream);
      if (old) old.position = position;
      else this.#listens.set(stream, { position, sink: this.#options.open(stream), needed: false, sound: null });
    }
  }

  /** Begins a tick; the sources that somebody listens to. */
  begin(tick: number): Source[] {
    const heard: Source[] = [];
    for (const listen of this.#listens.values()) {
      listen.needed = listen.sink.begin(tick);
      const source = this.#byPosition.get(listen.position);
      if (listen.needed && source) heard.push(source);
      if (listen.needed || !listen.sound) continue;
      listen.sound.close();
      listen.sound = null;
    }
    return heard;
  }

  /** Mixes what is listened to. */
  tick(moment: Moment): void {
    const { fps, onError } = this.#options;
    for (const listen of this.#listens.values()) {
      if (!listen.needed) continue;
      const source = this.#byPosition.get(listen.position);
      listen.sound ??= new SceneSound({ ears: [listen.sink], fps, measured: false, onError });
      const layer = { source: listen.position, gain: 1, channels: 'all' as const, delayMs: 0 };
      listen.sound.tick(moment, plainBus(source ? [{ layer, source, share: 1 }] : []));
    }
  }

  drop(source: Source): void {
    for (const { sound } of this.#listens.values()) sound?.drop(source);
    this.#byPosition = new Map([...this.#byPosition].filter(([, other]) => other !== source));
  }

  close(): void {
    this.sync([], new Map());
  }
}
