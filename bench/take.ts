/** From the take to the programme, in frames of the programme as a viewer receives them. */
import { readCode } from '../test/support/analyse.js';
import type { CastdeckServer } from '../test/support/castdeck-server.js';
import { CodedSource } from '../test/support/coded-source.js';
import { decode, tagOfFrame } from '../test/support/decode.js';
import { recordFlv } from '../test/support/flv-recorder.js';
import { Studio } from '../test/support/studio.js';
import { type Figure, milliseconds, summary } from './figures.js';

const TAKES = 60;

interface Take {
  asked: number;
  answered: number;
  source: number;
}

export async function benchTake(server: CastdeckServer): Promise<Figure[]> {
  const cameras = [new CodedSource({ source: 1 }), new CodedSource({ source: 2 })];
  for (const [index, camera] of cameras.entries()) await camera.start(server.pushUrl(`take${index}`));
  const studio = await Studio.create(server, { template: 'lp_hd' });
  const layouts: string[] = [];
  for (const index of cameras.keys()) {
    const position = `RV0${index + 1}`;
    await studio.addSource(position, {
      LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/take${index}`,
    });
    layouts.push(await studio.addLayout([{ source: position }]));
  }
  await studio.start();
  const stop = new AbortController();
  const recording = recordFlv(studio.urls().flv, { signal: stop.signal });
  const takes: Take[] = [];
  for (let take = 0; take < TAKES; take++) {
    await studio.preview(layouts[take % 2] ?? '');
    await new Promise((done) => setTimeout(done, 400 + ((take * 37) % 33)));
    const asked = performance.now();
    takes.push({ asked, answered: await studio.take(), source: (take % 2) + 1 });
    await new Promise((done) => setTimeout(done, 200));
  }
  stop.abort();
  const recorded = await recording;
  const { frames } = await decode(recorded.bytes, { audio: false, timeoutMs: 300_000 });
  const seen = frames.flatMap((frame) => {
    const tag = tagOfFrame(recorded.tags, frame);
    return tag ? [{ at: tag.arrivedAt, source: readCode(frame)?.source ?? null }] : [];
  });
  // The first take comes from an empty programme.
  const counted = takes.slice(1);
  const old = (from: keyof Take) =>
    counted.map((take) => {
      const after = seen.filter(({ at }) => at > take[from]);
      return Math.max(
        0,
        after.findIndex(({ source }) => source === take.source),
      );
    });
  const wrong = seen.slice(seen.findIndex(({ source }) => source === 1)).filter(({ source }) => source === null).length;
  const answers = counted.map(({ asked, answered }) => answered - asked);
  await studio.call('StopCaster');
  await studio.call('DeleteCaster');
  await Promise.all(cameras.map((camera) => camera.stop()));
  const asked = summary(old('asked'));
  const answered = summary(old('answered'));
  return [
    {
      what: 'CopyCasterSceneConfig to its answer',
      how: `${counted.length} takes between two 640x360 pushes, programme 1280x720`,
      value: milliseconds(summary(answers)),
      aim: '',
    },
    {
      what: 'old PGM frames that a viewer receives after the call was sent',
      how: 'the same takes, HTTP-FLV, frame codes',
      value: `${asked.middle} (most ${asked.most})`,
      aim: '',
    },
    {
      what: 'old PGM frames that a viewer receives after the call was answered',
      how: 'the same',
      value: `${answered.middle} (most ${answered.most})`,
      aim: '2 or fewer',
    },
    { what: 'black or broken PGM frames in these takes', how: 'the same', value: `${wrong}`, aim: '0' },
  ];
}
