/**
 * What mixing costs, and how well picture and sound stay together for ten minutes with an encoder whose clock is fast, over
 * a take every ten seconds.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCode } from '../test/support/analyse.js';
import type { CastdeckServer } from '../test/support/castdeck-server.js';
import { clicksIn } from '../test/support/clicks.js';
import { type Decoded, decode } from '../test/support/decode.js';
import { EncoderPush } from '../test/support/encoder-push.js';
import { beepsAfterFlashes } from '../test/support/flash-beep.js';
import { recordFlv } from '../test/support/flv-recorder.js';
import { ffmpegPath } from '../test/support/media-tools.js';
import { shareOfCore, wait } from '../test/support/process.js';
import { Studio } from '../test/support/studio.js';
import { type Figure, summary } from './figures.js';
import { runFfmpeg } from './looped-pushes.js';

const TRACKS = [0, 2, 8, 16];
const MOST = Math.max(...TRACKS);
const PPM = 300;
const BEEP_HZ = 2000;
const TAKE_EVERY = 10;
/** Height of a step that counts as a click: -46 dB of full scale. */
const CLICK = 0.005;
/** Flashes so near to a take, ms, may be cut by it. */
const NEAR_TAKE = 600;

const position = (number: number): string => `RV${String(number).padStart(2, '0')}`;

/** Sound only, stereo, coded once and pushed under many names by one program. */
class SoundPushes {
  readonly #folder = mkdtempSync(join(tmpdir(), 'castdeck-sounds-'));
  readonly #child: ChildProcess;

  /** @throws Error when the clip cannot be made; nothing is left then */
  constructor(server: CastdeckServer, names: readonly string[]) {
    const clip = join(this.#folder, 'sound.flv');
    const noise = 'anoisesrc=color=pink:amplitude=0.1:sample_rate=48000,aformat=channel_layouts=stereo';
    try {
      runFfmpeg(['-f', 'lavfi', '-i', noise, '-t', '10', '-c:a', 'aac', '-b:a', '128k', clip]);
    } catch (error) {
      this.#removeFolder();
      throw error;
    }
    const outputs = names.flatMap((name) => ['-c', 'copy', '-f', 'flv', server.pushUrl(name)]);
    this.#child = spawn(ffmpegPath, ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, ...outputs], {
      stdio: 'ignore',
    });
  }

  stop(): void {
    this.#child.kill('SIGKILL');
    this.#removeFolder();
  }

  #removeFolder(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Runs `work` with a studio that is gone afterwards, whatever happens. */
async function withStudio<T>(server: CastdeckServer, work: (studio: Studio) => Promise<T>): Promise<T> {
  const studio = await Studio.create(server);
  try {
    return await work(studio);
  } finally {
    // One that never came on air refuses the stop; why it did not is what is thrown.
    for (const action of ['StopCaster', 'DeleteCaster']) await studio.call(action).catch(() => {});
  }
}

async function live(studio: Studio, count: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await studio.call('DescribeCasterVideoResources');
    const all = (answer.VideoResources as { VideoResource: { SourceStatus: string }[] }).VideoResource;
    if (all.filter(({ SourceStatus }) => SourceStatus === 'live').length >= count) return;
    await wait(0.2);
  }
  throw new Error('the sources do not come');
}

/** Shares of a core by count of tracks and round. */
async function measureTracks(server: CastdeckServer, studio: Studio, short: boolean): Promise<number[][]> {
  const [settle, seconds, rounds] = timesOf(short);
  const names = Array.from({ length: MOST }, (_, index) => `sound${index}`);
  const pushes = new SoundPushes(server, names);
  try {
    const added: string[] = [];
    await studio.addSource('RV01', { LiveStreamUrl: 'test://bars' });
    for (const name of names) {
      const at = position(added.length + 2);
      added.push(at);
      await studio.addSource(at, { LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/${name}` });
      // A second has room for so many calls.
      await wait(0.12);
    }
    const layouts: string[] = [];
    for (const count of TRACKS) {
      // A layout has one sound at least: that of the test picture, which is made and not decoded.
      const sound = count === 0 ? ['RV01'] : added.slice(0, count);
      layouts.push(await studio.addLayout([{ source: 'RV01' }], sound));
    }
    await studio.start();
    await live(studio, MOST + 1);
    const shares = TRACKS.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [index, layout] of layouts.entries()) {
        await studio.preview(layout);
        await studio.take();
        await wait(settle);
        shares[index]?.push(await shareOfCore(() => server.pids().engine, seconds));
      }
    }
    return shares;
  } finally {
    pushes.stop();
  }
}

/** Seconds after a take, seconds of a measurement, and how often. */
const timesOf = (short: boolean): readonly [settle: number, seconds: number, rounds: number] =>
  short ? [2, 3, 1] : [4, 12, 3];

async function cost(server: CastdeckServer, short: boolean): Promise<Figure[]> {
  const [, seconds, rounds] = timesOf(short);
  const shares = await withStudio(server, (studio) => measureTracks(server, studio, short));
  const middles = shares.map((values) => summary(values).middle);
  const none = middles[0] ?? 0;
  const each = TRACKS.slice(1).map((count, index) => {
    const more = (middles[index + 1] ?? 0) - none;
    return `${count} tracks ${(more * 100).toFixed(1)} %`;
  });
  return [
    {
      what: 'mixing, of a core: decoding of AAC, mixing, measuring',
      how:
        `difference to the test picture's own sound alone, where the engine with 640x360 of it needs ${(none * 100).toFixed(1)} %; ` +
        `${MOST} pushes of stereo AAC at 128 kbit/s connected all the time; middle of ${rounds} rounds of ${seconds} s each`,
      value: each.join(', '),
      aim: '',
    },
  ];
}

/** What a viewer saw between two takes, cut so that no flash is cut by them. */
function between(decoded: Decoded, from: number, to: number): Decoded {
  const { samples, startMs } = decoded.pcm;
  const [first, last] = [from, to].map((ms) => Math.max(0, Math.round((ms - startMs) * 48)));
  return {
    ...decoded,
    frames: decoded.frames.filter(({ ptsMs }) => ptsMs >= from && ptsMs < to),
    pcm: { samples: samples.subarray(first, last), startMs: startMs + (first ?? 0) / 48, gaps: [] },
  };
}

/** The programme as a viewer gets it, over takes between two pushes. */
async function recordTakes(server: CastdeckServer, takes: number): Promise<Buffer> {
  const cameras = [1, 2].map(
    (source) =>
      new EncoderPush(server.pushUrl(`step${source}`), {
        source,
        rate: [30, 1],
        beepHz: BEEP_HZ,
        toneHz: 330 + 110 * source,
        // The first one's seconds are too short.
        pace: source === 1 ? 1 + PPM / 1_000_000 : 1,
      }),
  );
  const stop = new AbortController();
  try {
    return await withStudio(server, async (studio) => {
      const layouts: string[] = [];
      for (const source of [1, 2]) {
        const LiveStreamUrl = `rtmp://localhost:${server.ports.rtmp}/live/step${source}`;
        await studio.addSource(position(source), { LiveStreamUrl });
        layouts.push(await studio.addLayout([{ source: position(source) }]));
      }
      await studio.start();
      await live(studio, 2);
      await studio.preview(layouts[0] ?? '');
      await studio.take();
      await wait(2);
      const recording = recordFlv(studio.urls().flv, { signal: stop.signal });
      // Awaited at the end; a refusal before that is not lost, and does not end the program.
      recording.catch(() => {});
      const begun = performance.now();
      for (let take = 1; take <= takes; take++) {
        await wait(TAKE_EVERY - ((performance.now() - begun) / 1000 - (take - 1) * TAKE_EVERY));
        await studio.preview(layouts[take % 2] ?? '');
        await studio.take();
      }
      await wait(TAKE_EVERY);
      stop.abort();
      return (await recording).bytes;
    });
  } finally {
    stop.abort();
    await Promise.allSettled(cameras.map((camera) => camera.stop()));
  }
}

async function step(server: CastdeckServer, short: boolean): Promise<Figure[]> {
  const bytes = await recordTakes(server, short ? 4 : 60);
  const decoded = await decode(bytes, { width: 160, height: 90, timeoutMs: 600_000 });
  const { frames, pcm } = decoded;
  const sources = frames.map((frame) => readCode(frame)?.source ?? null);
  const cuts = frames.filter((_, at) => at > 0 && sources[at] !== sources[at - 1]).map(({ ptsMs }) => ptsMs);
  const edges = [frames[0]?.ptsMs ?? 0, ...cuts, frames.at(-1)?.ptsMs ?? 0];
  const apart = edges
    .slice(1)
    .flatMap((end, index) =>
      beepsAfterFlashes(between(decoded, (edges[index] ?? 0) + NEAR_TAKE, end - NEAR_TAKE), BEEP_HZ),
    );
  const clicks = clicksIn(pcm, CLICK);
  const largest = Math.max(...apart.map(Math.abs));
  const minutes = ((edges.at(-1) ?? 0) - (edges[0] ?? 0)) / 60_000;
  const how =
    `${minutes.toFixed(1)} minutes, ${cuts.length} takes between two pushes, one of which has a clock that is ${PPM} ppm fast; ` +
    'in the programme as a viewer decodes it';
  return [
    {
      what: 'largest distance of picture and sound',
      how: `${how}; ${apart.length} flashes and beeps, half a tick of 30 a second (16.7 ms) included`,
      value: `${largest.toFixed(0)} ms (from ${Math.min(...apart).toFixed(0)} to ${Math.max(...apart).toFixed(0)})`,
      aim: '20 ms or less',
    },
    {
      what: 'clicks',
      how: `the same; steps in the tones of ${(20 * Math.log10(CLICK)).toFixed(0)} dBFS and more; roughest moment, gaps in its times`,
      value: `${clicks.at.length}; ${(20 * Math.log10(clicks.most)).toFixed(0)} dBFS; ${pcm.gaps.length}`,
      aim: '0; 0',
    },
  ];
}

/** @param short one round and a minute, to see that it runs */
export async function benchSound(server: CastdeckServer, short = false): Promise<Figure[]> {
  return [...(await cost(server, short)), ...(await step(server, short))];
}
