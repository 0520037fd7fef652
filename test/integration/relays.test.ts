/** Relays of a whole studio: to the ffmpeg program by RTMP and SRT, over TLS, through kills and changes on the air. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CallbackServer, receiveCallbacks } from '../support/callback-server.js';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { decode } from '../support/decode.js';
import { type FlvTag, recordFlv } from '../support/flv-recorder.js';
import { ffmpegPath, hasFfmpeg } from '../support/media-tools.js';
import { Studio } from '../support/studio.js';
import { makeCertificate } from '../support/tls-server.js';
import { waitFor } from '../support/wait.js';

interface RelayView {
  Url: string;
  Status: string;
  Reason: string;
  Bitrate: number;
  DroppedFrames: number;
  Reconnects: number;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** Ends TLS and passes everything on to a port of this machine. */
async function startTlsDoor(pem: string, ca: string, target: number): Promise<{ port: number; server: Server }> {
  const server = createTlsServer({ key: pem, cert: ca }, (client) => {
    const upstream = connect(target, '127.0.0.1');
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { port: (server.address() as AddressInfo).port, server };
}

describe.skipIf(!isBuilt || !hasFfmpeg)('relays of a studio', () => {
  let server: CastdeckServer;
  let studio: Studio;
  let callbacks: CallbackServer;
  let folder: string;
  let env: Record<string, string>;
  const children: ChildProcess[] = [];
  const doors: Server[] = [];
  const targets = { own: '', rtmp: '', srt: '', tls: '', untrusted: '', closed: '' };
  let files: { rtmp: string; srt: string };

  /** Receives until the sender goes. Resolves with its exit. */
  const receive = (input: readonly string[], file: string): Promise<void> => {
    const child = spawn(ffmpegPath, ['-nostdin', '-loglevel', 'error', ...input, '-c', 'copy', '-y', file]);
    children.push(child);
    return new Promise((done) => child.once('close', () => done()));
  };

  /** At most ten calls a second, however many ask. */
  let asked = { at: Number.NEGATIVE_INFINITY, answer: Promise.resolve<RelayView[]>([]) };
  const relays = (): Promise<RelayView[]> => {
    const now = performance.now();
    if (now - asked.at < 100) return asked.answer;
    const ask = async (): Promise<RelayView[]> => {
      const answer = await studio.call('DescribeCasterRelays');
      return (answer.Relays as { Relay: RelayView[] }).Relay;
    };
    asked = { at: now, answer: ask() };
    return asked.answer;
  };

  const live = (mark: string): Promise<RelayView> =>
    waitFor(`${mark} to be live`, 15_000, async () => {
      const relay = (await relays()).find(({ Url }) => Url.includes(mark));
      return relay?.Status === 'live' && relay.Bitrate > 0 && relay;
    });

  /** What the address of the relay into the server itself is shown with. */
  const own = (): string => `:${server.ports.rtmp}/live/`;

  const configure = (list: readonly string[], url = ''): Promise<unknown> =>
    studio.call('SetCasterConfig', {
      DomainName: 'localhost',
      TranscodeConfig: '{"CasterTemplate":"lp_ld"}',
      CallbackUrl: callbacks.url,
      SideOutputUrl: url,
      SideOutputUrlList: JSON.stringify(list),
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'castdeck-relays-'));
    files = { rtmp: join(folder, 'rtmp.flv'), srt: join(folder, 'srt.ts') };
    const trusted = makeCertificate();
    const foreign = makeCertificate();
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, trusted.ca);
    callbacks = await receiveCallbacks();
    env = { NODE_EXTRA_CA_CERTS: caFile };
    server = await startServer({ dataDir: mkdtempSync(join(folder, 'data-')), env });
    const trustedDoor = await startTlsDoor(trusted.pem, trusted.ca, server.ports.rtmp);
    const foreignDoor = await startTlsDoor(foreign.pem, foreign.ca, server.ports.rtmp);
    doors.push(trustedDoor.server, foreignDoor.server);
    const key = server.keys.publishKey;
    targets.own = server.pushUrl('back');
    targets.rtmp = `rtmp://127.0.0.1:${await freePort()}/app/ffmpeg-stream-key`;
    targets.srt = `srt://127.0.0.1:${await freePort()}?latency=200&passphrase=correct-horse&pbkeylen=16&streamid=#!::r=x`;
    targets.tls = `rtmps://localhost:${trustedDoor.port}/live/tls?key=${key}`;
    targets.untrusted = `rtmps://localhost:${foreignDoor.port}/live/foreign?key=${key}`;
    targets.closed = `rtmp://127.0.0.1:${await freePort()}/live/closed`;
    studio = await Studio.create(server);
    await studio.addSource('RV01', { LiveStreamUrl: 'test://clock' });
    const layout = await studio.addLayout([{ source: 'RV01' }]);
    await configure([targets.rtmp, targets.srt, targets.tls, targets.untrusted], targets.own);
    await studio.start();
    await studio.preview(layout);
    await studio.take();
  });

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const door of doors) door.close();
    await server?.stop();
    await callbacks?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test('they begin with the studio; every target gets the pictures of the programme, unchanged', async () => {
    const flv = `${server.mediaUrl}/live/back.flv?key=${server.keys.publishKey}`;
    await live(own());
    const received: Promise<void>[] = [
      receive(['-listen', '1', '-i', targets.rtmp], files.rtmp),
      receive(['-i', targets.srt.replace('?', '?mode=listener&').replace(/&streamid=.*/, '')], files.srt),
    ];
    await Promise.all([live('/app/'), live('srt:'), live('rtmps://localhost')]);
    const [programme, copy] = await Promise.all([
      recordFlv(studio.urls().flv, { seconds: 2 }),
      recordFlv(flv, { seconds: 2 }),
    ]);
    const bodies = (tags: FlvTag[]): string[] =>
      tags.filter((tag) => tag.type === 'video' && !tag.config).map((tag) => tag.body.toString('base64'));
    const ours = bodies(programme.tags);
    const theirs = bodies(copy.tags);
    // Both begin with the group so far, at different moments; what both have is the same, in the same order.
    const from = ours.indexOf(theirs[0] ?? '');
    const shared = from >= 0 ? ours.slice(from) : ours;
    const to = theirs.indexOf(shared[0] ?? '');
    expect(shared.length).toBeGreaterThan(30);
    const length = Math.min(shared.length, theirs.length - to);
    expect(theirs.slice(to, to + length)).toEqual(shared.slice(0, length));

    // Taking two off the list on the air ends them, and leaves the others as they are.
    await configure([targets.tls, targets.untrusted], targets.own);
    await Promise.all(received);
    for (const file of [files.rtmp, files.srt]) {
      const { frames, pcm } = await decode(file);
      expect(frames.length).toBeGreaterThan(30);
      expect(frames[0]?.ptsMs).toBeLessThan(3_500);
      expect(pcm.gaps).toEqual([]);
      const steps = frames.slice(1).map((frame, index) => frame.ptsMs - (frames[index]?.ptsMs ?? 0));
      expect(Math.max(...steps)).toBeLessThan(40);
    }
    expect(await live(own())).toMatchObject({ Reconnects: 0, DroppedFrames: 0, Reason: '' });
  });

  test('a certificate of another name or authority is refused; what cannot be opened is told once', async () => {
    await configure([targets.tls, targets.untrusted, targets.closed], targets.own);
    const foreign = await waitFor('the refusal', 10_000, async () =>
      (await relays()).find(({ Url, Reason }) => Url.startsWith('rtmps') && Reason !== ''),
    );
    expect(foreign).toMatchObject({ Status: 'retrying', Reason: expect.stringMatching(/certificate/) });
    const told = (): string[] =>
      callbacks.events
        .filter(({ EventMessage }) => EventMessage.Code === 'SideOutputUrlInvalid')
        .map(({ EventMessage }) => EventMessage.Message);
    const port = new URL(targets.closed).port;
    const ofClosed = (): string[] => told().filter((message) => message.includes(`:${port}/`));
    await waitFor('the callback', 10_000, () => ofClosed().length > 0);
    expect(ofClosed()).toEqual([expect.stringContaining('ECONNREFUSED')]);
    const config = await studio.call('DescribeCasterConfig');
    expect(config.SideOutputUrl).toBe(targets.own);
    expect(JSON.parse(String(config.SideOutputUrlList))).toEqual([targets.tls, targets.untrusted, targets.closed]);
  });

  test('the hub is killed: relays go on by themselves, and the outage is told', async () => {
    const [hub] = server.pids().hub;
    if (hub === undefined) throw new Error('no hub runs');
    process.kill(hub, 'SIGKILL');
    await waitFor('the loss', 5_000, () =>
      callbacks.events.some(({ EventMessage }) => EventMessage.Code === 'RelayLost'),
    );
    expect((await live(own())).Reconnects).toBeGreaterThan(0);
  });

  test('the server is killed and started again: the studio is relayed again; StopCaster ends it', async () => {
    const { dataDir, ports } = server;
    const written = [server.stderr];
    server.kill('SIGKILL');
    await server.exited;
    server = await startServer({ dataDir, ports, env });
    await live(own());
    await studio.call('StopCaster');
    await waitFor('the end of relays', 1_000, async () => (await relays()).length === 0);
    const flv = `${server.mediaUrl}/live/back.flv?key=${server.keys.publishKey}`;
    const status = await waitFor('the end of the copy', 5_000, async () => {
      const answer = await fetch(flv, { signal: AbortSignal.timeout(1_000) });
      await answer.body?.cancel();
      return answer.status !== 200 && answer.status;
    });
    expect(status).toBe(404);
    for (const log of [...written, server.stderr]) {
      for (const secret of [server.keys.publishKey, 'correct-horse', 'ffmpeg-stream-key']) {
        expect(log).not.toContain(secret);
      }
    }
  });
});
