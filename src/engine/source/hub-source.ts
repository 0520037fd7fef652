/** A stream that an encoder pushes into the hub (or another studio's output), received over the link. */
import { LinkClient } from '../../link/client.js';
import { type LinkFrame, type MediaPacket, TRACK_AAC, TRACK_VIDEO, type TrackConfig } from '../../link/frame.js';
import { CodedSource, type CodedSourceOptions } from './coded-source.js';
import { SourceClock } from './source-clock.js';

/** Jitter that is absorbed, µs: two frames and a little, because TCP hands a picture over in one piece. */
const RESERVE = 70_000;
/** A stream of which nothing has come for so long is lost, µs, though its connection may still stand. */
const SILENT = 6_000_000;

export interface HubSourceOptions extends CodedSourceOptions {
  /** Hub stream name, `live/NAME`. */
  stream: string;
  linkPath: string;
  linkToken: string;
}

export class HubSource extends CodedSource {
  readonly #link: LinkClient;
  /** When the last packet came, µs of engine time. */
  #arrived = Number.NEGATIVE_INFINITY;

  constructor(options: HubSourceOptions) {
    const clock = new SourceClock({ reserveUs: RESERVE, delayUs: options.spec.delayMs * 1000 });
    // Who pushes it may begin when he likes.
    super(options, clock, false);
    this.#link = new LinkClient({
      path: options.linkPath,
      token: options.linkToken,
      stream: options.stream,
      role: 'subscribe',
      onLost: (reason) => {
        // The hub says it again to whoever joins, if there is any.
        this.timeShift = 0;
        this.#lost(reason);
      },
      onFrame: (frame) => this.#receive(frame),
    });
  }

  #receive(frame: LinkFrame): void {
    if (frame.kind === 'config') this.#config(frame.config);
    else if (frame.kind === 'packet') this.#packet(frame.packet);
    else if (frame.kind === 'control') {
      const { control } = frame;
      if (control.type === 'source' && control.live) this.#begin();
      else if (control.type === 'clock') this.timeShift = control.shiftUs;
      else if (control.type === 'source') this.#lost('nobody pushes this stream');
      else if (control.type === 'refused' || control.type === 'end') this.#lost(control.reason);
    }
  }

  #begin(): void {
    if (this.status === 'lost') this.reconnects++;
    this.restartTimes();
    this.setStatus('connecting');
  }

  #lost(reason: string): void {
    this.media.end();
    this.setStatus('lost', reason);
  }

  #config(config: TrackConfig): void {
    if (config.track === TRACK_VIDEO && config.codec === 'h264') {
      this.media.setVideoConfig({ codec: 'h264', extradata: config.extradata });
    } else if (config.track === TRACK_AAC && config.codec === 'aac') {
      this.media.setAudioConfig({ codec: 'aac', extradata: config.extradata });
    }
  }

  #packet(packet: MediaPacket): void {
    if (packet.track !== TRACK_VIDEO && packet.track !== TRACK_AAC) return;
    this.#arrived = this.now();
    const coded = { payload: packet.payload, pts: packet.dts + packet.cts, dts: packet.dts, key: packet.key };
    this.take(packet.track === TRACK_VIDEO ? 'video' : 'audio', coded);
  }

  override advance(now: number): void {
    super.advance(now);
    // The next packet brings it back.
    if (this.status === 'live' && this.now() - this.#arrived > SILENT) this.setStatus('lost', 'nothing arrives');
  }

  override async close(): Promise<void> {
    this.#link.close();
    await super.close();
  }
}
