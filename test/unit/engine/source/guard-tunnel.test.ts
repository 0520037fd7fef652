/** What of an RTSP server's words reaches FFmpeg before it plays. */
import { expect, test } from 'vitest';
import { RedirectStop } from '../../../../src/engine/source/guard-tunnel.js';

/** Passes a text on in pieces of `size`; returns what came through and whether it was stopped. */
async function pass(stop: RedirectStop, text: string, size: number): Promise<{ out: string; stopped: boolean }> {
  let out = '';
  let stopped = false;
  stop.on('data', (chunk: Buffer) => {
    out += chunk.toString('latin1');
  });
  const over = new Promise<void>((done) => {
    stop.on('error', () => {
      stopped = true;
      done();
    });
    stop.on('end', done);
  });
  for (let at = 0; at < text.length && !stopped; at += size) {
    stop.write(Buffer.from(text.slice(at, at + size), 'latin1'));
    await new Promise(setImmediate);
  }
  if (!stopped) stop.end();
  await over;
  return { out, stopped };
}

const FINE = [
  'RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n',
  'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n\r\n',
  'OPTIONS rtsp://h/cam RTSP/1.0\r\nCSeq: 3\r\n\r\n',
  'RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n$\u0000\u0000\u0005abcde',
].join('');

test.each([1, 2, 7, 10_000])('plain answers pass unchanged in pieces of %i', async (size) => {
  expect(await pass(new RedirectStop(), FINE, size)).toEqual({ out: FINE, stopped: false });
});

test.each([
  'RTSP/1.0 302 Moved\r\n',
  'RTSP/1.0  302 Moved\r\n',
  'RTSP/1.0\t302 Moved\r\n',
  'RTSP/1.0 0302\r\n',
  'RTSP/1.0 4294967598 Moved\r\n',
  'RTSP/9 302 Moved\r\n',
  // FFmpeg leaves out every CR, wherever it is.
  'RT\rSP/1.0 302 Moved\r\n',
  'RTSP/1.0\r 302 Moved\r\n',
  '\rR\rT\r\rS\rP\r/\r1\r.\r0\r \r3\r02\r\n',
])('%j is stopped before its status has passed, however it comes', async (line) => {
  for (const size of [1, 3, 9, 10_000]) {
    const { out, stopped } = await pass(new RedirectStop(), FINE + line, size);
    expect(stopped).toBe(true);
    expect(out).not.toMatch(/302|4294967598/);
  }
});

test('a session id that holds the word does not end the watch', async () => {
  for (let after = 0; after < 40; after++) {
    const stop = new RedirectStop();
    // The server chose the id; wherever what is remembered begins, it does not begin a request.
    stop.sent(Buffer.from(`SETUP rtsp://h RTSP/1.0\r\nSession: xPLAY ${'x'.repeat(after)}`));
    stop.sent(Buffer.from('y\r\n\r\n'));
    expect((await pass(stop, 'RTSP/1.0 302 Moved\r\n', 10_000)).stopped).toBe(true);
  }
});

test('a request to play that is the first thing sent counts', async () => {
  const stop = new RedirectStop();
  stop.sent(Buffer.from('PLAY rtsp://h RTSP/1.0\r\n\r\n'));
  expect((await pass(stop, 'RTSP/1.0 302 by chance', 5)).stopped).toBe(false);
});

test('once the client plays, media may hold any bytes', async () => {
  const stop = new RedirectStop();
  stop.sent(Buffer.from('DESCRIBE rtsp://h RTSP/1.0\r\n\r\nPL'));
  stop.sent(Buffer.from('AY rtsp://h RTSP/1.0\r\n\r\n'));
  const media = 'RTSP/1.0 302 by chance';
  expect(await pass(stop, media, 5)).toEqual({ out: media, stopped: false });
});
