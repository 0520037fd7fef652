/** Live sources by RTMP, SRT and RTSP: shown, heard, lost and found again, and never opened where the guard says no. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EngineReport } from '../../src/domain/engine.js';
import { AV_LOG_QUIET, Log } from '../../src/engine/av/log.js';
import { GuardProxy } from '../../src/engine/source/guard-proxy.js';
import { LiveSource } from '../../src/engine/source/live-source.js';
import type { AddressPolicy } from '../../src/lib/address.js';
import { sourceSpecOf } from '../support/desired.js';
import { HubHarness, PUBLISH_KEY } from '../support/hub-harness.js';
import { ffmpegPath, hasFfmpeg } from '../support/media-tools.js';
import { RtspServer } from '../support/rtsp-server.js';
import { SourceStage } from '../support/source-stage.js';
import { waitFor } from '../support/wait.js';

const RED = 'color=red:s=320x180:r=30';
const TONE = 'sine=frequency=500:sample_rate=48000,volume=6';
const INPUT = ['-f', 'lavfi', '-i', RED, '-f', 'lavfi', '-i', TONE];
const CODECS = [
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '15', '-pix_fmt', 'yuv420p'],
  ...['-c:a', 'aac'],
];

let proxy: GuardProxy;
let reports: EngineReport[];
const endings: (() => unknown)[] = [];

beforeEach(async () => {
  Log.setLevel(AV_LOG_QUIET);
  reports = [];
  proxy = await GuardProxy.start('all');
  endings.push(() => proxy.close());
});

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function stage(url: string, addresses: AddressPolicy = 'all'): SourceStage {
  const source = new LiveSource({
    spec: sourceSpecOf({ id: 'a', input: { kind: 'live', url } }),
    url,
    proxy: proxy.url,
    addresses,
    now: SourceStage.now,
    fps: 30,
    report: (report) => reports.push(report),
  });
  const one = new SourceStage(source);
  endings.push(() => one.close());
  return one;
}

function run(args: readonly string[]): ChildProcess {
  const child = spawn(ffmpegPath, ['-nostdin', '-v', 'error', '-re', ...INPUT, ...CODECS, ...args], {
    stdio: 'ignore',
  });
  endings.push(() => child.kill('SIGKILL'));
  return child;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** A TCP server that hands its clients to a test. */
async function listen(onClient: (client: Socket) => void): Promise<{ port: number; clients: Set<Socket> }> {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.on('error', () => client.destroy());
    onClient(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, clients };
}

function expectRed(one: SourceStage): void {
  // BT.601, limited range.
  expect(Math.abs((one.latest?.y ?? 0) - 81)).toBeLessThan(6);
  expect(Math.abs((one.latest?.v ?? 0) - 240)).toBeLessThan(6);
}

describe.skipIf(!hasFfmpeg)('shown and heard', () => {
  test('RTMP, by an address with a key in it, lost and found again', { timeout: 40_000 }, async () => {
    const hub = await HubHarness.start();
    endings.push(() => hub.close());
    const target = hub.rtmpUrl(`/live/cam?key=${PUBLISH_KEY}`);
    const camera = run(['-f', 'flv', target]);
    await hub.live('live/cam');
    const one = stage(target);
    await one.live();
    expectRed(one);
    await waitFor('sound', 5000, () => one.level > 0.2);
    const health = await waitFor('its rates', 8000, () => one.health.fps > 0 && one.health);
    expect(health).toMatchObject({ videoCodec: 'h264', audioCodec: 'aac', width: 320, height: 180, reason: '' });
    await waitFor('its frame rate', 8000, () => Math.abs(one.health.fps - 30) < 1.5);
    expect(one.health.bitrate).toBeGreaterThan(20_000);
    expect(one.health.bitrate).toBeLessThan(2_000_000);

    camera.kill('SIGKILL');
    await waitFor('its loss', 15_000, () => one.health.status === 'lost');
    const lostAt = one.seen.length;
    run(['-f', 'flv', target]);
    await waitFor('its return', 15_000, () => one.health.status === 'live' && one.level > 0.2);
    expect(one.health.reconnects).toBeGreaterThan(0);
    // The last picture was held all the time.
    expect(one.seen.slice(lostAt).every((colour) => colour !== null)).toBe(true);
    expectRed(one);
    expect(reports.map(({ code, resourceId }) => `${code} ${resourceId}`)).toEqual([
      'StreamInterrupt a',
      'StreamRecovered a',
    ]);
  });

  test('SRT, in caller mode, with a passphrase', { timeout: 30_000 }, async () => {
    const port = await freeUdpPort();
    const secret = 'passphrase=0123456789ab';
    run(['-f', 'mpegts', `srt://127.0.0.1:${port}?mode=listener&${secret}`]);
    const one = stage(`srt://127.0.0.1:${port}?${secret}&latency=120`);
    await one.live(20_000);
    expectRed(one);
    await waitFor('sound', 5000, () => one.level > 0.2);
  });

  test('RTSP over TCP', { timeout: 30_000 }, async () => {
    const server = await RtspServer.start({ input: ['-f', 'lavfi', '-i', RED] });
    endings.push(() => server.close());
    const one = stage(server.url);
    await one.live();
    expectRed(one);
    expect(server.requests.some((line) => line.startsWith('PLAY'))).toBe(true);
  });
});

describe.skipIf(!hasFfmpeg)('one of the two missing or late', () => {
  /** A transport stream over HTTP, in real time. */
  async function serve(args: readonly string[]): Promise<string> {
    const port = await freeUdpPort();
    const url = `http://127.0.0.1:${port}/a.ts`;
    const child = spawn(ffmpegPath, ['-nostdin', '-v', 'error', ...args, '-f', 'mpegts', '-listen', '1', url], {
      stdio: 'ignore',
    });
    endings.push(() => child.kill('SIGKILL'));
    return url;
  }
  const PICTURE = ['-re', '-f', 'lavfi', '-i', RED];
  const SOUND = ['-re', '-f', 'lavfi', '-i', TONE];

  test('a picture without sound', { timeout: 20_000 }, async () => {
    const one = stage(await serve([...PICTURE, ...CODECS.slice(0, -2)]));
    await one.live();
    expectRed(one);
    expect(one.health).toMatchObject({ videoCodec: 'h264', audioCodec: '' });
  });

  test('sound without a picture', { timeout: 20_000 }, async () => {
    const one = stage(await serve([...SOUND, '-c:a', 'aac']));
    await waitFor('sound', 10_000, () => one.level > 0.2);
    expect(one.source.isReady()).toBe(true);
    expect(one.health).toMatchObject({ status: 'live', videoCodec: '', audioCodec: 'aac', fps: 0 });
  });

  test('sound that begins three seconds after the picture', { timeout: 20_000 }, async () => {
    const one = stage(await serve([...PICTURE, '-itsoffset', '3', ...SOUND, ...CODECS]));
    await one.live();
    expectRed(one);
    await waitFor('sound', 10_000, () => one.level > 0.2);
    expectRed(one);
  });

  test('a picture that begins three seconds after the sound', { timeout: 20_000 }, async () => {
    const one = stage(await serve(['-itsoffset', '3', ...PICTURE, ...SOUND, ...CODECS]));
    await waitFor('sound', 10_000, () => one.level > 0.2);
    await one.live();
    expectRed(one);
  });
});

test.skipIf(!hasFfmpeg)(
  'put in preview, a source with a key frame every two seconds is ready soon',
  { timeout: 40_000 },
  async () => {
    const hub = await HubHarness.start();
    endings.push(() => hub.close());
    const target = hub.rtmpUrl(`/live/cam?key=${PUBLISH_KEY}`);
    const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '60', '-pix_fmt', 'yuv420p'];
    const camera = ['-re', '-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=30', ...x264, '-b:v', '3M', '-f', 'flv', target];
    hub.ffmpeg(camera);
    await hub.live('live/cam');
    const one = stage(target);
    await one.live();
    const times: number[] = [];
    for (let round = 0; round < 4; round++) {
      one.source.setWanted(false);
      // Four places in the group.
      await new Promise((done) => setTimeout(done, 1300));
      expect(one.source.isReady()).toBe(false);
      const begun = performance.now();
      one.source.setWanted(true);
      await waitFor('a picture', 5000, () => one.source.isReady());
      times.push(performance.now() - begun);
    }
    // 300 ms is what an operator is promised; the machine that tests has more to do.
    expect(Math.max(...times), `${times.map(Math.round)} ms`).toBeLessThan(900);
    expect(Math.min(...times), `${times.map(Math.round)} ms`).toBeLessThan(300);
  },
);

describe('kept in bounds', () => {
  test.each(['rtmp', 'rtmps', 'rtsp', 'rtsps', 'srt'])('%s to an address that is not allowed', async (scheme) => {
    let reached = 0;
    const { port } = await listen(() => reached++);
    const one = stage(`${scheme}://localhost:${port}/live/cam`, 'lan');
    const lost = await waitFor('the refusal', 5000, () => one.health.status === 'lost' && one.health);
    expect(lost.reason).toMatch(/not allowed/);
    await waitFor('another attempt', 5000, () => one.health.reconnects > 1);
    expect(reports.map(({ code }) => code)).toEqual(['VideoStreamAddFailed']);
    const literal = stage(`${scheme}://127.0.0.1:${port}/live/cam`, 'lan');
    expect(
      (await waitFor('the refusal', 5000, () => literal.health.status === 'lost' && literal.health)).reason,
    ).toMatch(/not allowed/);
    expect(reached).toBe(0);
  });

  test('an RTSP server cannot send us elsewhere', { timeout: 20_000 }, async () => {
    let reached = 0;
    const elsewhere = await listen(() => reached++);
    for (const status of ['302 Found', '+302 Found', ' 301 Moved', '0302 x', '399 x']) {
      const server = await listen((client) =>
        client.on('data', (data) => {
          const number = /CSeq: *(\d+)/i.exec(data.toString())?.[1];
          const answer = `RTSP/1.0 ${status}\r\nCSeq: ${number}\r\nLocation: rtsp://127.0.0.1:${elsewhere.port}/cam\r\n\r\n`;
          // In two pieces, so that neither of them shows it alone.
          client.write(answer.slice(0, 9));
          setTimeout(() => client.write(answer.slice(9)), 30);
        }),
      );
      const one = stage(`rtsp://127.0.0.1:${server.port}/cam`);
      const { reason } = await waitFor('the refusal', 10_000, () => one.health.status === 'lost' && one.health);
      expect(reason, status).toMatch(/another address/);
    }
    expect(reached).toBe(0);
  });

  test('a certificate that nobody vouches for is refused', { timeout: 20_000 }, async () => {
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-keyout', '-', '-out', '-'],
    ]);
    const pem = made.stdout.toString();
    let spoken = 0;
    const server = createTlsServer({ key: pem, cert: pem }, (client) => {
      client.on('error', () => client.destroy());
      client.on('data', () => spoken++);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    endings.push(() => server.close());
    const one = stage(`rtmps://localhost:${(server.address() as AddressInfo).port}/live/cam`);
    const { reason } = await waitFor('the refusal', 10_000, () => one.health.status === 'lost' && one.health);
    expect(reason).toMatch(/self-signed/);
    expect(spoken).toBe(0);
  });

  test.each(['rtmp', 'rtsp', 'http'])(
    '%s that answers nothing is given up after 8 s',
    { timeout: 20_000 },
    async (scheme) => {
      const server = await listen((client) => client.resume());
      const one = stage(`${scheme}://127.0.0.1:${server.port}/live/cam`);
      const begun = performance.now();
      await waitFor('giving up', 10_000, () => one.health.status === 'lost');
      expect(performance.now() - begun).toBeLessThan(9500);
    },
  );

  test('a source that hangs is closed at once', { timeout: 20_000 }, async () => {
    const server = await listen((client) => client.resume());
    for (const scheme of ['rtmp', 'rtsp', 'http', 'srt']) {
      const one = stage(`${scheme}://127.0.0.1:${server.port}/live/cam`);
      await new Promise((done) => setTimeout(done, 300));
      const begun = performance.now();
      await one.close();
      expect(performance.now() - begun, scheme).toBeLessThan(1000);
    }
  });
});
