/** A mixer with sinks and sources that the test owns, driven tick by tick at 30 a second. The owner closes it. */
import type { DesiredState, SourceSpec } from '../../../src/domain/desired.js';
import type { EngineReport, SoundLevels } from '../../../src/domain/engine.js';
import { Mixer } from '../../../src/engine/mixer/mixer.js';
import type { LabelDrawer } from '../../../src/engine/mixer/multiview.js';
import { OverlaySet } from '../../../src/engine/overlay/overlay-set.js';
import type { Painter } from '../../../src/engine/overlay/painter.js';
import type { Source } from '../../../src/engine/source/source.js';
import { SourceSet } from '../../../src/engine/source/source-set.js';
import { sheetFromRgba } from '../../../src/engine/video/sheet.js';
import { desiredOf } from '../../support/desired.js';
import { FakeSink } from './fake-sink.js';

const FPS = 30;
const SIZE = { width: 64, height: 36 };
/** Texts of the rig are white squares. */
const SQUARE = sheetFromRgba(new Uint8Array(16 * 16 * 4).fill(255), 16, 16);

const painter: Painter = {
  measure: async () => ({
    box: { width: 16, height: 16 },
    over: { left: 0, top: 0, right: 0, bottom: 0 },
    missing: '',
  }),
  paint: async () => SQUARE,
  label: async () => SQUARE,
  sheet: async () => SQUARE,
  close: async () => {},
};

/** A monitor's stream, and whether it was ended. */
export class FakeMonitor extends FakeSink {
  readonly stream: string;
  closed = false;

  constructor(stream: string) {
    super();
    this.stream = stream;
  }

  close(): void {
    this.closed = true;
  }
}

/** The stream of a source's sound, and whether it was ended. */
export class FakeListen extends FakeSink {
  readonly stream: string;
  closed = false;

  constructor(stream: string) {
    super();
    this.stream = stream;
    this.needed = false;
  }

  close(): void {
    this.closed = true;
  }
}

/** Overlays that a fake painter draws. */
export function fakeOverlays(): OverlaySet {
  return new OverlaySet({ frame: SIZE, proxy: 'http://127.0.0.1:1', report: () => {}, painter });
}

/** What a mixer needs beside its two scenes, all of it idle. */
export function idleParts() {
  const multiview = new FakeSink();
  multiview.needed = false;
  return {
    overlays: fakeOverlays(),
    multiview,
    openMonitor: (stream: string) => new FakeMonitor(stream),
    openListen: (stream: string) => new FakeListen(stream),
    onLevels: () => {},
    report: () => {},
    monitorSize: { width: 32, height: 18 },
    label: () => null,
  };
}

export class MixerRig {
  readonly pgm = new FakeSink();
  readonly pvw = new FakeSink();
  readonly multiview = new FakeSink();
  readonly monitors: FakeMonitor[] = [];
  readonly listens: FakeListen[] = [];
  readonly levels: SoundLevels[] = [];
  readonly reports: EngineReport[] = [];
  readonly errors: string[] = [];
  readonly sources: SourceSet;
  readonly overlays: OverlaySet;
  readonly mixer: Mixer;
  /** The newest state that was sent. */
  state: DesiredState = desiredOf({
    output: { ...SIZE, fps: FPS, gopSeconds: 2, videoBitrate: 100_000, audioBitrate: 64_000, audioChannels: 2 },
  });
  /** The newest revision that was applied, and the tick of that. */
  applied = -1;
  appliedAt = -1;
  #tick = 0;

  constructor(open: (spec: SourceSpec) => Source, label: LabelDrawer = () => null) {
    this.multiview.needed = false;
    this.sources = new SourceSet(open, (source) => this.mixer.dropSource(source));
    this.overlays = fakeOverlays();
    this.mixer = new Mixer({
      ...SIZE,
      fps: FPS,
      sources: this.sources,
      overlays: this.overlays,
      pgm: this.pgm,
      pvw: this.pvw,
      multiview: this.multiview,
      openMonitor: (stream) => {
        const monitor = new FakeMonitor(stream);
        this.monitors.push(monitor);
        return monitor;
      },
      openListen: (stream) => {
        const listen = new FakeListen(stream);
        this.listens.push(listen);
        return listen;
      },
      monitorSize: { width: 32, height: 18 },
      label,
      onLevels: (levels) => this.levels.push(levels),
      report: (report) => this.reports.push(report),
      onApplied: (revision, tick) => {
        this.applied = revision;
        this.appliedAt = tick;
      },
      onError: (error) => this.errors.push(error.message),
    });
  }

  /** Sends a state; it keeps the rig's size. */
  apply(state: DesiredState): void {
    this.state = { ...state, output: this.state.output };
    this.mixer.setDesired(this.state);
  }

  /** One tick. @returns luma in the middle of the programme, -1 when there was no picture */
  tick(skipped = 0): number {
    this.#tick += skipped;
    this.mixer.tick(this.#tick, (this.#tick * 1_000_000) / FPS, skipped);
    const [at, luma] = this.pgm.lumas.at(-1) ?? [-1, -1];
    return at === this.#tick++ ? luma : -1;
  }

  async close(): Promise<void> {
    await this.sources.close();
    this.mixer.close();
    this.overlays.close();
  }
}
