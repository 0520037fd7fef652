/**
 * Streams as encoders of all kinds send them, all on the air at once, each in a part of the picture and heard by a beep of
 * its own: rates that are not the mixer's, a list of segments whose parts do not join, two cameras that share a clock and
 * of which one comes late, and RTMP behind TLS. One recording is looked at from all sides.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Area } from '../../src/lib/framecode.js';
import { beepOnsets, readCode } from '../support/analyse.js';
import { cadenceError, holds, type Shown } from '../support/cadence.js';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { EncoderPush } from '../support/encoder-push.js';
import { beepsAfterFlashes, MEASURING } from '../support/flash-beep.js';
import { type LiveList, serveLiveList } from '../support/live-list.js';
import { hasFfmpeg } from '../support/media-tools.js';
import { delayTo, type Relay, tlsTo } from '../support/relays.js';
import { Studio } from '../support/studio.js';
import { makeCertificate } from '../support/tls-server.js';
import { waitFor } from '../support/wait.js';
import { Viewer, type Watched } from '../support/watch.js';

const TICK = 1000 / 30;
/** The parts of the picture, in a grid, in pixels of the recording. */
const GRID = { columns: 4, rows: 3, width: 160, height: 90 };
const SECONDS = 9;
/** How far flash and beep may be apart, ms: half a tick is 16.7. */
const STEP = 20 + MEASURING;
/** A cadence is judged in pieces of so many pictures; on a machine with other work, in one or two a picture may be late. */
const PIECE = 30;
const MOST_UNEVEN = 2;

interface Camera {
  source: number;
  name: string;
  rate: [number, number];
  beepHz: number;
  filter?: string;
}

/** Pictures of the variable one that are left in: at 60 a second they are 1, 2 or 3 apart. */
const isKept = (frame: number): boolean => frame % 3 === 0 || frame % 4 === 0;
const CAMERAS: Camera[] = [
  { source: 1, name: '24', rate: [24, 1], beepHz: 800 },
  { source: 2, name: '25', rate: [25, 1], beepHz: 1200 },
  { source: 3, name: '29.97', rate: [30_000, 1001], beepHz: 1600 },
  { source: 4, name: '50', rate: [50, 1], beepHz: 2000 },
  { source: 5, name: '59.94', rate: [60_000, 1001], beepHz: 2400 },
  { source: 6, name: 'variable', rate: [60, 1], beepHz: 2800, filter: "select='not(mod(n,3))+not(mod(n,4))'" },
];
const ON_TIME = 7;
const LATE = 8;
const LIST = 9;
const PARTS = [9, 10, 11];
const SECURE = 12;
const PAIR_HZ = { [ON_TIME]: 3200, [LATE]: 3600 } as const;
const LIST_HZ = 4000;

describe.skipIf(!isBuilt || !hasFfmpeg)('real encoders on the air', () => {
  let folder: string;
  let server: CastdeckServer;
  let studio: Studio;
  let list: LiveList;
  let watched: Watched;
  const relays: Relay[] = [];
  const encoders: EncoderPush[] = [];
  const ids = new Map<string, string>();
  /** What was said of each source while the recording ran. */
  const statuses = new Map<string, Set<string>>();

  const push = (target: string, camera: Omit<Camera, 'name'>): void => {
    encoders.push(new EncoderPush(target, camera));
  };

  const look = async (): Promise<Map<string, { status: string; reason: string }>> => {
    const answer = await studio.call('DescribeCasterVideoResources');
    const all = (answer.VideoResources as { VideoResource: Record<string, string>[] }).VideoResource;
    return new Map(
      all.map((one) => [
        String(one.LocationId),
        { status: String(one.SourceStatus), reason: String(one.SourceReason) },
      ]),
    );
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'castdeck-encoders-'));
    const segments = join(folder, 'segments');
    mkdirSync(segments);
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir);
    // A test calls as fast as it can; how often one may is tested elsewhere.
    writeFileSync(join(dataDir, 'castdeck.yml'), 'limits:\n  callsFactor: 100\n');
    const good = makeCertificate();
    writeFileSync(join(folder, 'ca.pem'), good.ca);
    server = await startServer({ dataDir, env: { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') } });
    const rtmp = server.ports.rtmp;
    const [late, secure, forged] = [
      await delayTo(rtmp, 400),
      await tlsTo(rtmp, good.pem),
      await tlsTo(rtmp, makeCertificate().pem),
    ];
    relays.push(late, secure, forged);
    const whole = { rate: [30, 1] as [number, number], beepHz: LIST_HZ };
    list = await serveLiveList(segments, [
      { encoder: { ...whole, source: PARTS[0] ?? 0 }, seconds: 6 },
      // Its times begin anew, and the picture is another size.
      { encoder: { ...whole, source: PARTS[1] ?? 0, width: 640, height: 360 }, seconds: 3 },
      // Its times are 7 s ahead of where the one before ended.
      { encoder: { ...whole, source: PARTS[2] ?? 0 }, seconds: 8, offset: 10 },
    ]);
    for (const camera of CAMERAS) push(server.pushUrl(`c${camera.source}`), camera);
    push(server.pushUrl('pair'), { source: ON_TIME, rate: [30, 1], beepHz: PAIR_HZ[ON_TIME] });
    const lateUrl = server.pushUrl('late').replace(`:${rtmp}/`, `:${late.port}/`);
    push(lateUrl, { source: LATE, rate: [30, 1], beepHz: PAIR_HZ[LATE] });

    studio = await Studio.create(server, { config: {} });
    const add = async (number: number, url: string): Promise<string> => {
      const position = `RV${String(number).padStart(2, '0')}`;
      const id = await studio.addSource(position, { LiveStreamUrl: url });
      ids.set(position, id);
      return id;
    };
    const own = (name: string): string => `rtmp://localhost:${rtmp}/live/${name}`;
    for (const { source } of CAMERAS) await add(source, own(`c${source}`));
    const pair = [await add(ON_TIME, own('pair')), await add(LATE, own('late'))];
    list.begin();
    await add(LIST, list.url);
    const key = `?key=${server.keys.publishKey}`;
    await add(SECURE, `rtmps://localhost:${secure.port}/live/pair${key}`);
    await add(SECURE + 1, `rtmps://localhost:${forged.port}/live/pair${key}`);
    await studio.call('SetCasterConfig', {
      DomainName: 'localhost',
      TranscodeConfig: JSON.stringify({ CasterTemplate: 'lp_ld', CustomParams: { video: { bitrate: 4000 } } }),
      SyncGroupsConfig: JSON.stringify([{ mode: '1', resourceIds: pair }]),
    });
    await studio.start();
    const shown = [...CAMERAS.map(({ source }) => source), ON_TIME, LATE, LIST, SECURE];
    const layers = shown.map((source, index) => ({
      source: `RV${String(source).padStart(2, '0')}`,
      x: (index % GRID.columns) / GRID.columns,
      y: Math.floor(index / GRID.columns) / GRID.rows,
      width: 1 / GRID.columns,
      height: 1 / GRID.rows,
    }));
    // The last one shows what another one shows, somewhat later, and would be heard twice.
    const heard = layers.slice(0, -1).map(({ source }) => source);
    await studio.preview(await studio.addLayout(layers, heard));
    await waitFor('all sources', 20_000, async () => {
      const all = await look();
      return shown.every((source) => all.get(`RV${String(source).padStart(2, '0')}`)?.status === 'live');
    });
    await studio.take();
    // Until both cameras of the pair are there, the first one shows what it has; then it waits for the other.
    const settling = await Viewer.start(studio.urls().flv);
    await settling.see(60);
    await settling.stop();
    const viewer = await Viewer.start(studio.urls().flv);
    for (let second = 0; second < SECONDS; second++) {
      await viewer.see(30);
      for (const [position, { status }] of await look()) {
        statuses.set(position, (statuses.get(position) ?? new Set()).add(status));
      }
    }
    watched = await viewer.stop({ width: 640, height: 360 });
  }, 90_000);

  afterAll(async () => {
    for (const encoder of encoders) await encoder.stop();
    await server?.stop();
    await list?.close();
    for (const relay of relays) await relay.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** Where the nth source of the layout is. */
  const areaOf = (index: number): Area => ({
    x: (index % GRID.columns) * GRID.width,
    y: Math.floor(index / GRID.columns) * 120 + 15,
    width: GRID.width,
    height: GRID.height,
  });
  const codesOf = (index: number): { ms: number; code: ReturnType<typeof readCode> }[] =>
    watched.decoded.frames.map((frame) => ({ ms: frame.ptsMs, code: readCode(frame, areaOf(index)) }));
  const shownOf = (index: number, source: number): Shown[] =>
    codesOf(index).map(({ ms, code }) => {
      expect(code?.source, `at ${ms} ms`).toBe(source);
      return { ms, frame: code?.frame ?? Number.NaN };
    });
  const steps = (index: number, beepHz: number): number[] => beepsAfterFlashes(watched.decoded, beepHz, areaOf(index));

  test.each(CAMERAS.map((camera, index) => [camera.name, camera, index] as const))(
    '%s pictures a second: an even cadence, sound in step',
    (_name, { source, rate, beepHz, filter }, index) => {
      const shown = shownOf(index, source);
      const period = (1000 * rate[1]) / rate[0];
      const next = (frame: number): number => {
        let following = frame + 1;
        while (filter && !isKept(following)) following++;
        return following;
      };
      const uneven: number[] = [];
      for (let from = 0; from + PIECE <= shown.length; from += PIECE) {
        const piece = shown.slice(from, from + PIECE);
        const error = cadenceError(piece, (frame) => frame * period, next);
        if (error > 3) uneven.push(Math.round(error));
      }
      expect(shown.length).toBeGreaterThan(SECONDS * 30);
      expect(uneven.length, `${uneven} ms`).toBeLessThanOrEqual(MOST_UNEVEN);
      const apart = steps(index, beepHz);
      expect(apart.length).toBeGreaterThanOrEqual(SECONDS - 1);
      expect(apart.filter((by) => Math.abs(by) > STEP).length, apart.join()).toBeLessThanOrEqual(MOST_UNEVEN);
    },
  );

  test('two encoders of one clock are in step although one comes 400 ms late', () => {
    const [one, other] = [shownOf(6, ON_TIME), shownOf(7, LATE)];
    const apart = one.map(({ frame }, index) => frame - (other[index]?.frame ?? Number.NaN));
    // When one comes late once more, the other follows a second later.
    expect(apart.filter((by) => !(Math.abs(by) <= 1)).length, apart.join()).toBeLessThanOrEqual(MOST_UNEVEN * PIECE);
    const beeps = beepOnsets(watched.decoded.pcm, PAIR_HZ[ON_TIME]);
    const lateBeeps = beepOnsets(watched.decoded.pcm, PAIR_HZ[LATE]);
    expect(beeps.length).toBeGreaterThanOrEqual(SECONDS - 1);
    const alone = beeps.filter((beep) => !lateBeeps.some((late) => Math.abs(late - beep) <= TICK));
    expect(alone.length).toBeLessThanOrEqual(MOST_UNEVEN);
    const off = [...steps(6, PAIR_HZ[ON_TIME]), ...steps(7, PAIR_HZ[LATE])].filter((by) => Math.abs(by) > STEP);
    expect(off.length, off.join()).toBeLessThanOrEqual(MOST_UNEVEN);
  });

  test('a list of segments goes on over discontinuities of times and size', () => {
    const codes = codesOf(8);
    expect(codes.filter(({ code }) => code === null)).toEqual([]);
    const order = codes.map(({ code }) => code?.source).filter((source, index, all) => source !== all[index - 1]);
    expect(order).toEqual(PARTS);
    const shown = codes.map(({ ms, code }) => ({ ms, frame: 10_000 * (code?.source ?? 0) + (code?.frame ?? 0) }));
    // What is due at a seam may be a tick or two late; its times are 9 s back and 7 s ahead.
    expect(Math.max(...holds(shown))).toBeLessThanOrEqual(6);
    const apart = steps(8, LIST_HZ);
    expect(apart.length).toBeGreaterThanOrEqual(SECONDS - 3);
    expect(apart.filter((by) => Math.abs(by) > STEP).length, apart.join()).toBeLessThanOrEqual(MOST_UNEVEN);
    expect(statuses.get('RV09')).toEqual(new Set(['live']));
  });

  test('RTMP behind TLS plays with a good certificate, and not with another, which is told', async () => {
    shownOf(9, ON_TIME);
    const all = await look();
    expect(all.get('RV13')).toMatchObject({ status: 'lost', reason: expect.stringMatching(/certificate/) });
  });
});
