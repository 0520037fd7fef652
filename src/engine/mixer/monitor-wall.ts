/** A small stream of each channel: the source itself, in full, whatever the scenes make of it. Made while it is watched. */
import type { DesiredState, OutputSpec, Position } from '../../domain/desired.js';
import type { Size } from '../../domain/geometry.js';
import type { Source } from '../source/source.js';
import { Compositor } from '../video/compositor.js';
import { FramePool } from '../video/frame-pool.js';
import type { Moment } from './moment.js';
import { SceneFeed, type SceneSink } from './scene-feed.js';
import { plainBus, SceneSound } from './scene-sound.js';

/** A stream that ends when its channel is unbound. */
export interface MonitorSink extends SceneSink {
  close(): void;
}

/** The longer side, pixels. */
const SIDE = 640;

/** Size of the monitors of a studio: the shape of its output. */
export function monitorSize({ width, height }: OutputSpec): Size {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const even = (value: number): number => Math.max(2, Math.round((value * scale) / 2) * 2);
  return { width: even(width), height: even(height) };
}

interface Monitor {
  position: Position;
  sink: MonitorSink;
  feed: SceneFeed;
  sound: SceneSound;
  /** Of its own, since sources have many shapes and a compositor keeps few graphs. */
  compositor: Compositor;
}

export class MonitorWall {
  readonly #open: (stream: string) => MonitorSink;
  readonly #fps: number;
  readonly #onError: (error: unknown) => void;
  readonly #size: Size;
  readonly #pool: FramePool;
  /** By stream. */
  readonly #monitors = new Map<string, Monitor>();
  #byPosition: ReadonlyMap<Position, Source> = new Map();

  constructor(options: {
    open: (stream: string) => MonitorSink;
    size: Size;
    fps: number;
    onError: (error: unknown) => void;
  }) {
    this.#open = options.open;
    this.#fps = options.fps;
    this.#onError = options.onError;
    this.#pool = new FramePool(options.size);
    this.#size = options.size;
  }

  /** Opens and ends streams as they are asked for. */
  sync(wanted: DesiredState['monitors'], byPosition: ReadonlyMap<Position, Source>): void {
    this.#byPosition = byPosition;
    for (const [stream, { sink, feed, sound, compositor }] of this.#monitors) {
      if (wanted.some((one) => one.stream === stream)) continue;
      this.#monitors.delete(stream);
      feed.close();
      sound.close();
      compositor[Symbol.dispose]();
      sink.close();
    }
    for (const { position, stream } of wanted) {
      const old = this.#monitors.get(stream);
      if (old) {
        old.position = position;
        continue;
      }
      const sink = this.#open(stream);
      this.#monitors.set(stream, {
        position,
        sink,
        feed: new SceneFeed(sink, this.#onError),
        sound: new SceneSound({ ears: [sink], fps: this.#fps, measured: false, onError: this.#onError }),
        compositor: new Compositor(this.#size, this.#pool, this.#onError),
      });
    }
  }

  /** Begins a tick; the sources that somebody watches. */
  begin(tick: number): Source[] {
    return [...this.#monitors.values()].flatMap(({ feed, position }) => {
      return feed.begin(tick) ? (this.#byPosition.get(position) ?? []) : [];
    });
  }

  /** Makes pictures and sound of what is watched. */
  tick(moment: Moment): void {
    for (const { position, feed, sound, compositor } of this.#monitors.values()) {
      const source = this.#byPosition.get(position);
      if (feed.isNeeded) {
        const picture = source?.picture(0);
        const pictures = picture ? [{ layer: whole(position), picture }] : [];
        const compose = () => compositor.compose({ background: [], pictures, cover: [] });
        feed.show(compose, () => compositor.black());
      }
      const layer = { source: position, gain: 1, channels: 'all' as const, delayMs: 0 };
      sound.tick(moment, plainBus(source && feed.isNeeded ? [{ layer, source, share: 1 }] : []));
    }
  }

  drop(source: Source): void {
    for (const { sound } of this.#monitors.values()) sound.drop(source);
    this.#byPosition = new Map([...this.#byPosition].filter(([, other]) => other !== source));
  }

  close(): void {
    this.sync([], new Map());
    this.#pool[Symbol.dispose]();
  }
}

function whole(source: Position) {
  return {
    source,
    fill: 'fit' as const,
    width: 1,
    height: 1,
    x: 0,
    y: 0,
    refer: 'topLeft' as const,
    delayMs: 0,
  };
}
