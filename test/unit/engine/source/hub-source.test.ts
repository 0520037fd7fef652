/** A stream of the hub as an engine's source: what is said of it when it falls silent, and when it is gone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EngineReport } from '../../../../src/domain/engine.js';
import { HubSource } from '../../../../src/engine/source/hub-source.js';
import { encodeConfig, encodeControl, encodePacketHead, TRACK_VIDEO } from '../../../../src/link/frame.js';
import { sourceSpecOf } from '../../../support/desired.js';
import { TEST_AVCC, testPicture } from '../../../support/link-engine.js';
import { waitFor } from '../../../support/wait.js';

const SECOND = 1_000_000;

let folder: string;
let server: Server;
let hub: Socket;
let source: HubSource;
let time: number;
let reports: EngineReport[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'castdeck-hub-source-'));
  const linkPath = join(folder, 'link');
  time = 0;
  reports = [];
  let joined: Socket | null = null;
  server = createServer((socket) => {
    joined = socket.on('error', () => {}).resume();
    socket.write(encodeControl({ type: 'accepted' }));
  });
  await new Promise<void>((resolve) => server.listen(linkPath, resolve));
  source = new HubSource({
    spec: sourceSpecOf({ id: 'a', input: { kind: 'hub', stream: 'live/a' } }),
    stream: 'live/a',
    linkPath,
    linkToken: 'token',
    now: () => time,
    fps: 30,
    report: (report) => reports.push(report),
  });
  await waitFor('it joins', 3000, () => joined !== null);
  hub = joined as unknown as Socket;
});

afterEach(async () => {
  await source.close();
  server.close();
  rmSync(folder, { recursive: true });
});

function sendPicture(number: number, dts: number): void {
  const packet = testPicture(number, number === 0, dts);
  hub.write(encodePacketHead(packet));
  hub.write(packet.payload);
}

async function goLive(): Promise<void> {
  hub.write(encodeControl({ type: 'source', live: true }));
  hub.write(encodeConfig({ track: TRACK_VIDEO, codec: 'h264', extradata: TEST_AVCC }));
  sendPicture(0, 0);
  await waitFor('it is live', 3000, () => source.health().status === 'live');
}

test('a stream that falls silent is lost after six seconds, and the next packet brings it back', async () => {
  await goLive();
  time = 6 * SECOND;
  source.advance(time);
  expect(source.health().status).toBe('live');
  time += 1000;
  source.advance(time);
  expect(source.health()).toMatchObject({ status: 'lost', reason: 'nothing arrives' });
  expect(reports.map(({ code }) => code)).toEqual(['StreamInterrupt']);
  sendPicture(1, 40_000);
  await waitFor('it is back', 3000, () => source.health().status === 'live');
  source.advance(time);
  expect(source.health()).toMatchObject({ status: 'live', reason: '' });
  expect(reports.map(({ code }) => code)).toEqual(['StreamInterrupt', 'StreamRecovered']);
});

test('why it is lost is said until it is live again, not only until somebody pushes it', async () => {
  await goLive();
  hub.write(encodeControl({ type: 'source', live: false }));
  await waitFor('it is lost', 3000, () => source.health().status === 'lost');
  expect(source.health().reason).toBe('nobody pushes this stream');
  hub.write(encodeControl({ type: 'source', live: true }));
  await waitFor('it is taken up', 3000, () => source.health().reconnects === 1);
  expect(source.health()).toMatchObject({ status: 'lost', reason: 'nobody pushes this stream' });
  sendPicture(0, 80_000);
  await waitFor('it is live', 3000, () => source.health().status === 'live');
  expect(source.health().reason).toBe('');
});
