/**
 * Listening to a source that is in no scene, by the addresses that the API names, without a trace of it in the programme;
 * and a programme in mono, which its listeners and viewers get as such.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toneLevel } from '../support/analyse.js';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { decode } from '../support/decode.js';
import { EncoderPush } from '../support/encoder-push.js';
import { ffprobePath, hasFfmpeg } from '../support/media-tools.js';
import { Studio } from '../support/studio.js';
import { waitFor } from '../support/wait.js';

const run = promisify(execFile);
const ON_AIR_HZ = 700;
const HIDDEN_HZ = 1900;
/** The encoders send a tenth of full scale; of mono, decode() gives half. */
const LEVEL = 0.05;

describe.skipIf(!isBuilt || !hasFfmpeg)('listening', () => {
  let server: CastdeckServer;
  let studio: Studio;
  const encoders: EncoderPush[] = [];

  /** `codec rate channels` of every track. */
  const tracksOf = async (url: string): Promise<string[]> => {
    const args = ['-v', 'error', '-of', 'json', '-show_streams', url];
    const { stdout } = await run(ffprobePath, args, { timeout: 25_000 });
    const { streams } = JSON.parse(stdout) as { streams: Record<string, unknown>[] };
    return streams.map(({ codec_name: codec, sample_rate: rate, channels }) => [codec, rate, channels].join(' '));
  };
  /** Levels of the two tones in a second of an address. */
  const tonesOf = async (url: string): Promise<{ onAir: number; hidden: number }> => {
    const { pcm } = await decode(url, { video: false, seconds: 1.5 });
    const [from, to] = [pcm.startMs + 500, pcm.startMs + 1400];
    return { onAir: toneLevel(pcm, from, to, ON_AIR_HZ), hidden: toneLevel(pcm, from, to, HIDDEN_HZ) };
  };

  beforeAll(async () => {
    server = await startServer();
    for (const [source, toneHz] of [ON_AIR_HZ, HIDDEN_HZ].entries()) {
      const look = { source, rate: [25, 1], beepHz: 4000, toneHz } as const;
      encoders.push(new EncoderPush(server.pushUrl(`tone${source}`), look));
    }
    const config = {
      TranscodeConfig: JSON.stringify({
        CasterTemplate: 'lp_ld',
        CustomParams: { audio: { bitrate: 64, channels: 1 } },
      }),
    };
    studio = await Studio.create(server, { config });
    for (const [index, position] of ['RV01', 'RV02'].entries()) {
      await studio.addSource(position, { LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/tone${index}` });
    }
    await studio.start();
    await studio.preview(await studio.addLayout([{ source: 'RV01' }]));
    await studio.take();
  });

  afterAll(async () => {
    for (const encoder of encoders) await encoder.stop();
    await server?.stop();
  });

  test('a source that nobody sees or hears is heard by who asks for it, and by nobody else', async () => {
    const { Listens } = await studio.call('DescribeCasterSound');
    const all = (Listens as { Listen: Record<string, string>[] }).Listen;
    const hidden = all.find(({ LocationId }) => LocationId === 'RV02');
    if (!hidden) throw new Error('RV02 has no addresses');
    const pgm = studio.urls().flv;
    await waitFor('the programme', 10_000, async () => (await tonesOf(pgm)).onAir > 0.03);
    const listened = [hidden.StreamUrl, hidden.RtmpUrl].map((url) => tonesOf(url ?? ''));
    const [programme, ...heard] = await Promise.all([tonesOf(pgm), ...listened]);
    for (const { onAir, hidden: level } of heard) {
      expect(Math.abs(level - LEVEL)).toBeLessThan(0.005);
      expect(onAir).toBeLessThan(0.001);
    }
    expect(Math.abs((programme?.onAir ?? 0) - LEVEL)).toBeLessThan(0.005);
    expect(programme?.hidden).toBeLessThan(0.001);
    expect(await tracksOf(hidden.StreamUrl ?? '')).toEqual(['aac 48000 1']);
  });

  test('a programme in mono', async () => {
    const { flv, hls } = studio.urls();
    for (const url of [flv, hls]) {
      expect((await tracksOf(url)).filter((track) => track.startsWith('aac'))).toEqual(['aac 48000 1']);
    }
  });
});
