/** A still by URL: fetched, tried again after a failure, and never a danger to the engine. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EngineReport } from '../../../../src/domain/engine.js';
import { shapeOf } from '../../../../src/engine/av/picture.js';
import { GuardProxy } from '../../../../src/engine/source/guard-proxy.js';
import { ImageSource } from '../../../../src/engine/source/image-source.js';
import { sourceSpecOf } from '../../../support/desired.js';
import { waitFor } from '../../../support/wait.js';
import { png } from '../png.js';

let server: Server;
let proxy: GuardProxy;
let source: ImageSource | null;
let picture: Buffer | null;
let asked: number;
let reports: EngineReport[];

beforeEach(async () => {
  picture = null;
  asked = 0;
  reports = [];
  server = createServer((_request, response) => {
    asked++;
    if (picture) {
      response.end(picture);
      return;
    }
    // A page in two parts: the answer's head is there long before its body.
    response.writeHead(404, { 'content-type': 'text/html' });
    response.write('x'.repeat(100_000));
    setTimeout(() => response.end('x'.repeat(100_000)), 100);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  proxy = await GuardProxy.start('all');
});

afterEach(async () => {
  await source?.close();
  await proxy.close();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

function open(): ImageSource {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logo.png`;
  const spec = sourceSpecOf({ id: 's', name: 'logo', input: { kind: 'image', url } });
  source = new ImageSource({ spec, url, proxy: proxy.url, report: (report) => reports.push(report) });
  return source;
}

test('a picture that is not there is reported in words, hurts nothing, and is shown once it is there', async () => {
  const failures: unknown[] = [];
  const note = (error: unknown): void => void failures.push(error);
  process.on('uncaughtException', note);
  try {
    const still = open();
    await waitFor('the failure', 5000, () => still.health().status === 'lost');
    expect(still.health().reason).toContain('404');
    expect(still.isReady()).toBe(true);
    await waitFor('a second attempt', 5000, () => asked > 1);
    picture = png(32, 18, () => [255, 0, 0]);
    await waitFor('the picture', 5000, () => still.health().status === 'live');
    expect(still.health()).toMatchObject({ width: 32, height: 18, reason: '' });
    expect(still.picture()?.width).toBe(32);
    still.advance(7_000_000);
    still.advance(10_500_000);
    expect(still.health().forSeconds).toBe(3);
  } finally {
    process.off('uncaughtException', note);
  }
  expect(failures).toEqual([]);
});

test('why it is not shown is told once for each reason: it cannot be fetched, or it is broken', async () => {
  const still = open();
  await waitFor('three attempts', 8000, () => asked >= 3);
  picture = Buffer.from('this is no picture');
  await waitFor('the other reason', 8000, () => still.health().reason.includes('neither'));
  const before = asked;
  await waitFor('another attempt', 8000, () => asked > before);
  picture = png(32, 18, () => [255, 0, 0]);
  await waitFor('the picture', 8000, () => still.health().status === 'live');
  expect(reports.map(({ code, resourceId }) => [code, resourceId])).toEqual([
    ['ImageOpenFailed', 's'],
    ['ImageDecodeFailed', 's'],
  ]);
  expect(reports[0]?.message).toContain('404');
});

test('a see-through picture stays so, and one that only could be is passed on without an alpha plane', async () => {
  picture = png(32, 18, (x) => [255, 0, 0, x < 16 ? 128 : 255]);
  const half = open();
  await waitFor('the picture', 5000, () => half.isReady());
  expect(shapeOf(half.picture() ?? fail()).alpha).toBe(true);
  await half.close();
  picture = png(32, 18, () => [255, 0, 0, 255]);
  const full = open();
  await waitFor('the picture', 5000, () => full.isReady());
  expect(shapeOf(full.picture() ?? fail()).alpha).toBe(false);
});

function fail(): never {
  throw new Error('no picture');
}
