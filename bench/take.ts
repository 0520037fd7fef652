/**
 * A thousand takes on an engine with eight sources: from the take to the programme, in frames as a viewer receives them,
 * and what the engine's memory does in the meantime.
 */
import { readCode } from '../test/support/analyse.js';
import type { CastdeckServer } from '../test/support/castdeck-server.js';
import { CodedSource } from '../test/support/coded-source.js';
import { decode, tagOfFrame } from '../test/support/decode.js';
import { recordFlv } from '../test/support/flv-recorder.js';
import { memory, slope, wait } from '../test/support/process.js';
import { Studio } from '../test/support/studio.js';
import { type Figure, milliseconds, summary } from './figures.js';
import { LoopedPushes } from './looped-pushes.js';

const TAKES = 1000;
/** What a viewer saw is decoded in between, so that a run needs no gigabytes. */
const A_ROUND = 50;

interface Take {
  asked: number;
  answered: number;
  source: number;
}

interface Outcome {
  answers: number[];
  /** Old frames that came after the call was sent, and after it was answered; black or broken ones. */
  afterAsked: number[];
  afterAnswered: number[];
  wrong: number;
}

/** One round of takes between two layouts, each of one coded source. */
async function takeRound(studio: Studio, layouts: readonly string[], first: number): Promise<Outcome> {
  const stop = new AbortController();
  const recording = recordFlv(studio.urls().flv, { signal: stop.signal });
  const begun = performance.now();
  await wait(0.5);
  const takes: Take[] = [];
  for (let take = first; take < first + A_ROUND; take++) {
    await studio.preview(layouts[take % 2] ?? '');
    await wait(0.2 + ((take * 37) % 33) / 1000);
    const asked = performance.now();
    takes.push({ asked, answered: await studio.take(), source: (take % 2) + 1 });
    await wait(0.2);
  }
  stop.abort();
  const recorded = await recording;
  const { frames } = await decode(recorded.bytes, { audio: false, timeoutMs: 300_000 });
  const seen = frames.flatMap((frame) => {
    const tag = tagOfFrame(recorded.tags, frame);
    // What comes at once is the group before the viewer.
    return tag && tag.arrivedAt > begun + 300 ? [{ at: tag.arrivedAt, source: readCode(frame)?.source ?? null }] : [];
  });
  const old = (from: 'asked' | 'answered', take: Take): number => {
    const found = seen.filter(({ at }) => at > take[from]).findIndex(({ source }) => source === take.source);
    return Math.max(0, found);
  };
  return {
    answers: takes.map(({ asked, answered }) => answered - asked),
    afterAsked: takes.map((take) => old('asked', take)),
    afterAnswered: takes.map((take) => old('answered', take)),
    wrong: seen.filter(({ source }) => source === null).length,
  };
}

export async function benchTake(server: CastdeckServer): Promise<Figure[]> {
  const cameras = [new CodedSource({ source: 1 }), new CodedSource({ source: 2 })];
  for (const [index, camera] of cameras.entries()) await camera.start(server.pushUrl(`take${index}`));
  const others = new LoopedPushes(server, 'other', 6);
  const studio = await Studio.create(server, { template: 'lp_hd' });
  const layouts: string[] = [];
  const names = ['take0', 'take1', ...others.names];
  for (const [index, name] of names.entries()) {
    const position = `RV0${index + 1}`;
    await studio.addSource(position, { LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/${name}` });
    if (index < 2) layouts.push(await studio.addLayout([{ source: position }]));
  }
  await studio.start();
  await studio.preview(layouts[1] ?? '');
  await studio.take();
  const outcomes: Outcome[] = [];
  const points: { x: number; y: number }[] = [];
  const begun = performance.now();
  for (let first = 0; first < TAKES; first += A_ROUND) {
    outcomes.push(await takeRound(studio, layouts, first));
    const used = server.pids().engine.reduce((sum, pid) => sum + memory(pid), 0);
    points.push({ x: (performance.now() - begun) / 3_600_000, y: used });
  }
  const { MissedTicks, TickMsP50, TickMsP99 } = (await studio.call('DescribeCasterMix')).Engine as Record<
    string,
    number
  >;
  await studio.call('StopCaster');
  await studio.call('DeleteCaster');
  others.stop();
  await Promise.all(cameras.map((camera) => camera.stop()));
  const all = (of: (outcome: Outcome) => number[]): number[] => outcomes.flatMap(of);
  const asked = summary(all(({ afterAsked }) => afterAsked));
  const answered = summary(all(({ afterAnswered }) => afterAnswered));
  const minutes = (points.at(-1)?.x ?? 0) * 60;
  const second = points.slice(points.length >> 1);
  const how = `${TAKES} takes between two 640x360 pushes, programme 1280x720, eight sources connected`;
  return [
    {
      what: 'CopyCasterSceneConfig to its answer',
      how,
      value: milliseconds(summary(all(({ answers }) => answers))),
      aim: '',
    },
    {
      what: '(f) old PGM frames that a viewer receives after the take was sent',
      how: 'the same takes, HTTP-FLV, frame codes',
      value: `${asked.middle} (p95 ${asked.p95}, most ${asked.most})`,
      aim: '2 or fewer',
    },
    {
      what: '(f) old PGM frames that a viewer receives after the take was answered',
      how: 'the same',
      value: `${answered.middle} (most ${answered.most})`,
      aim: '0',
    },
    {
      what: 'black or broken PGM frames in these takes',
      how: 'the same',
      value: `${outcomes.reduce((sum, { wrong }) => sum + wrong, 0)}`,
      aim: '0',
    },
    {
      what: '(c) memory of the engine with eight sources, at the end, and its slope',
      how: `resident, after each ${A_ROUND} of these takes; slope by least squares`,
      value:
        `${(points.at(-1)?.y ?? 0).toFixed(0)} MB; ${slope(points).toFixed(0)} MB an hour over ${minutes.toFixed(0)} minutes, ` +
        `${slope(second).toFixed(0)} over the second half`,
      aim: 'flat',
    },
    {
      what: 'missed ticks in these takes; time of a tick',
      how: 'the same run; of the last 600 ticks',
      value: `${MissedTicks}; p50 ${TickMsP50} ms, p99 ${TickMsP99} ms`,
      aim: '',
    },
  ];
}
