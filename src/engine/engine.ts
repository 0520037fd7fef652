/**
 * One studio's media: sources, mixer, encoders and outputs, driven by one ticker.
 *
 * The first desired state fixes size, rate, stream names and renditions for as long as the engine lives; later ones
 * change sources and scenes.
 */
import type { DesiredState } from '../domain/desired.js';
import type { CaptionText, EngineOptions, EngineReport, EngineStats, SoundLevels } from '../domain/engine.js';
import { multiviewOf } from '../domain/multiview.js';
import { prepareSoundFilters } from './audio/filter/prepare.js';
import { RECIPES } from './av/encoder-recipe.js';
import { VideoEncoder } from './av/video-encoder.js';
import { alignedOrigin, type EngineClock, Ticker } from './clock.js';
import { EncoderChoice } from './encode/encoder-choice.js';
import { SceneOutput, type SceneOutputOptions } from './encode/scene-output.js';
import { SoundOutput } from './encode/sound-output.js';
import type { ListenSink } from './mixer/listen-wall.js';
import { Mixer } from './mixer/mixer.js';
import { type MonitorSink, monitorSize } from './mixer/monitor-wall.js';
import { drawLabel } from './overlay/label.js';
import { OverlaySet } from './overlay/overlay-set.js';
import { GuardProxy } from './source/guard-proxy.js';
import { openSource } from './source/open.js';
import { SourceSet } from './source/source-set.js';
import { TickTimes } from './tick-times.js';

export interface EngineCallbacks {
  /** The programme's first key frame is on its way, and all streams are known to the hub. */
  onPublishing: () => void;
  onApplied: (revision: number, tick: number) => void;
  onReport: (report: EngineReport) => void;
  onLevels: (levels: SoundLevels) => void;
  /** Something failed that the next tick may survive. */
  onError: (error: Error) => void;
}

/** The preview is a monitor: this share of the programme's bit rate is enough for it. */
const PREVIEW_SHARE = 0.6;
/** Of the multiview and of a channel's monitor, bits per second. */
const MULTIVIEW_BITRATE = 2_000_000;
const MONITOR_BITRATE = 600_000;

export class Engine {
  readonly #callbacks: EngineCallbacks;
  readonly #proxy: GuardProxy;
  readonly #sources: SourceSet;
  readonly #mixer: Mixer;
  readonly #pgm: SceneOutput;
  readonly #pvw: SceneOutput;
  readonly #multiview: SceneOutput;
  readonly #overlays: OverlaySet;
  readonly #encoders: EncoderChoice;
  /** Streams of channels, and those that are ending. */
  readonly #monitors = new Set<SceneOutput>();
  readonly #closing = new Set<Promise<void>>();
  /** Pictures that streams had no room for which are no more. */
  #droppedBefore = 0;
  readonly #ticker: Ticker;
  readonly #times = new TickTimes();
  #tick = 0;
  #started = false;
  #announced = false;

  private constructor(
    desired: DesiredState,
    options: EngineOptions,
    proxy: GuardProxy,
    clock: EngineClock,
    callbacks: EngineCallbacks,
  ) {
    const { output, streams } = desired;
    const { linkPath, linkToken } = options;
    this.#callbacks = callbacks;
    this.#proxy = proxy;
    const room = {
      clock,
      output,
      linkPath,
      linkToken,
      proxy: proxy.url,
      addresses: options.sourceAddresses,
      report: callbacks.onReport,
    };
    this.#sources = new SourceSet(
      (spec) => openSource(spec, room),
      (source) => this.#mixer.dropSource(source),
    );
    const view = multiviewOf(desired);
    const sound = { bitrate: output.audioBitrate, channels: output.audioChannels };
    this.#encoders = new EncoderChoice({
      wanted: options.videoEncoder ?? 'x264',
      open: (kind, settings) => new VideoEncoder({ ...settings, recipe: RECIPES[kind] }),
      onFallback: (message) => callbacks.onReport({ code: 'EncoderFallback', message }),
    });
    const common = {
      openEncoder: this.#encoders.open.bind(this.#encoders),
      fps: output.fps,
      gopSeconds: output.gopSeconds,
      sound,
      linkPath,
      linkToken,
      onError: callbacks.onError,
    };
    const size = { width: output.width, height: output.height };
    this.#pgm = new SceneOutput({
      ...common,
      stream: streams.pgm,
      encoding: { ...size, bitrate: output.videoBitrate },
      renditions: desired.renditions,
      always: true,
      ladder: true,
      onStarted: () => {
        this.#started = true;
      },
    });
    this.#pvw = new SceneOutput({
      ...common,
      stream: streams.pvw,
      encoding: { ...size, bitrate: Math.round(output.videoBitrate * PREVIEW_SHARE) },
      renditions: [],
      always: false,
    });
    this.#multiview = new SceneOutput({
      ...common,
      stream: streams.multiview,
      encoding: { width: view.width, height: view.height, bitrate: MULTIVIEW_BITRATE },
      renditions: [],
      always: false,
    });
    const monitor = { ...monitorSize(output), bitrate: MONITOR_BITRATE };
    this.#overlays = new OverlaySet({ frame: size, proxy: proxy.url, report: callbacks.onReport });
    this.#mixer = new Mixer({
      ...size,
      fps: output.fps,
      sources: this.#sources,
      overlays: this.#overlays,
      pgm: this.#pgm,
      pvw: this.#pvw,
      multiview: this.#multiview,
      openMonitor: (stream) =>
        this.#openMonitor({ ...common, stream, encoding: monitor, renditions: [], always: false }),
      openListen: (stream): ListenSink => {
        const listen = new SoundOutput({ stream, coding: sound, fps: output.fps, linkPath, linkToken });
        return {
          begin: (tick) => listen.begin(tick),
          pushSound: (samples, sample) => listen.pushSound(samples, sample),
          close: () => listen.close('the source is no more'),
        };
      },
      monitorSize: monitor,
      label: drawLabel,
      onApplied: callbacks.onApplied,
      onLevels: callbacks.onLevels,
      report: callbacks.onReport,
      onError: callbacks.onError,
    });
    this.#mixer.setDesired(desired);
    this.#ticker = new Ticker({
      clock,
      fps: output.fps,
      origin: alignedOrigin(clock, output.fps),
      onTick: (tick, skipped) => {
        const begun = clock.now();
        this.#onTick(tick, skipped);
        this.#times.add((clock.now() - begun) / 1000);
      },
    });
  }

  static async start(
    desired: DesiredState,
    options: EngineOptions,
    clock: EngineClock,
    callbacks: EngineCallbacks,
  ): Promise<Engine> {
    const proxy = await GuardProxy.start(options.sourceAddresses);
    return new Engine(desired, options, proxy, clock, callbacks);
  }

  get #outputs(): SceneOutput[] {
    return [this.#pgm, this.#pvw, this.#multiview, ...this.#monitors];
  }

  #openMonitor(options: SceneOutputOptions): MonitorSink {
    const output = new SceneOutput(options);
    this.#monitors.add(output);
    return {
      begin: (tick) => output.begin(tick),
      pushPicture: (picture) => output.pushPicture(picture),
      pushSound: (samples, sample) => output.pushSound(samples, sample),
      close: () => {
        this.#monitors.delete(output);
        this.#droppedBefore += output.dropped;
        const closing = output.close('the channel has no source any more');
        this.#closing.add(closing);
        void closing.finally(() => this.#closing.delete(closing));
      },
    };
  }

  #onTick(tick: number, skipped: number): void {
    this.#tick = tick;
    this.#mixer.tick(tick, this.#ticker.timeOf(tick), skipped);
    if (this.#announced || !this.#started) return;
    if (![this.#pgm, this.#pvw, this.#multiview].every((output) => output.isAnnounced)) return;
    this.#announced = true;
    this.#callbacks.onPublishing();
    // Once nobody waits for the first picture any more; never throws.
    void prepareSoundFilters();
  }

  setDesired(desired: DesiredState): void {
    this.#mixer.setDesired(desired);
  }

  /** Shows a caption from the next tick on. */
  caption(caption: CaptionText): void {
    this.#mixer.caption(caption);
  }

  /** The standby on air from the next tick on, as far as it has a picture. */
  standby(): void {
    this.#mixer.callStandby();
  }

  /** Whether somebody watches levels. */
  watchLevels(on: boolean): void {
    this.#mixer.watchLevels(on);
  }

  stats(): EngineStats {
    return {
      tick: this.#tick,
      missedTicks: this.#ticker.missed,
      droppedFrames: this.#outputs.reduce((sum, output) => sum + output.dropped, this.#droppedBefore),
      tickMsP50: this.#times.quantile(0.5),
      tickMsP99: this.#times.quantile(0.99),
      sources: this.#sources.health(),
      standby: this.#mixer.standby,
      videoEncoders: this.#encoders.inUse,
    };
  }

  /** Ends the streams and everything that is open. */
  async close(reason: string): Promise<void> {
    this.#ticker.stop();
    const outputs = [this.#pgm, this.#pvw, this.#multiview].map((output) => output.close(reason));
    await Promise.all([...outputs, this.#sources.close()]);
    this.#mixer.close();
    await Promise.all(this.#closing);
    this.#overlays.close();
    await this.#proxy.close();
  }
}
