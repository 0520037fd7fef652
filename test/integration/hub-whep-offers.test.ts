/**
 * Offers that mean harm, and viewers that do not come: POST /whep answers each with a problem or an answer that can be
 * read, soon, and neither the process nor the sessions of others are hurt. The native library parses them too.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WhepDesk } from '../../src/hub/playback/whep.js';
import { Stream } from '../../src/hub/stream.js';
import { createLogger } from '../../src/lib/log.js';
import { HubHarness } from '../support/hub-harness.js';
import { TEST_AVCC, testPicture } from '../support/link-engine.js';
import { generator, mutated } from '../support/random.js';

const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');
const SESSION = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n';
const TRANSPORT = `a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 ${FINGERPRINT}\r\na=setup:actpass\r\n`;
const CODEC =
  'a=rtcp-mux\r\na=rtpmap:103 H264/90000\r\na=fmtp:103 packetization-mode=1;profile-level-id=42e01f;level-asymmetry-allowed=1\r\n';

/** A media section for pictures; `more` are further lines of it. */
function video(mid: string, more = ''): string {
  return `m=video 9 UDP/TLS/RTP/SAVPF 103\r\nc=IN IP4 0.0.0.0\r\na=mid:${mid}\r\na=recvonly\r\n${CODEC}${TRANSPORT}${more}`;
}
const GOOD = `${SESSION}a=group:BUNDLE 0\r\n${video('0')}`;

let harness: HubHarness;
beforeEach(async () => {
  harness = await HubHarness.start({ maxReaders: 500 });
  harness.publish('caster/w', { opus: true });
  await harness.live('caster/w');
});
afterEach(() => harness.close());

interface Outcome {
  status: number;
  text: string;
  location: string | null;
}

async function post(offer: string | Buffer): Promise<Outcome> {
  const url = harness.url('/whep/caster/w');
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: typeof offer === 'string' ? offer : Uint8Array.from(offer),
    signal: AbortSignal.timeout(8_000),
  });
  const outcome = { status: response.status, text: await response.text(), location: response.headers.get('location') };
  if (outcome.location) await fetch(new URL(outcome.location, url), { method: 'DELETE' });
  return outcome;
}

/** An answer, or a refusal in words that is the offer's fault. */
function expectHandled(outcome: Outcome): void {
  expect([201, 400, 406, 413]).toContain(outcome.status);
  if (outcome.status === 201) {
    expect(outcome.text).toMatch(/^v=0\r\n/);
    expect(outcome.location).toMatch(/^\.\.\/session\/[0-9a-f]{32}$/);
  } else expect(JSON.parse(outcome.text)).toMatchObject({ code: expect.any(String), message: expect.any(String) });
}

test('a good offer is answered', async () => {
  const { status, text } = await post(GOOD);
  expect(status).toBe(201);
  expect(text).toMatch(/a=mid:0\r\n/);
});

const HOSTILE: [string, string][] = [
  ['nothing', ''],
  ['only a version', 'v=0'],
  ['no line ends', 'v=0'.padEnd(60_000, 'x')],
  ['a line of 60 kB', `${SESSION}a=${'x'.repeat(60_000)}\r\n${video('0')}`],
  ['more than 64 kB', `${GOOD}${'a=x\r\n'.repeat(20_000)}`],
  ['ten thousand lines', `${GOOD}${'a=x\r\n'.repeat(10_000)}`],
  ['32 sections', `${SESSION}${Array.from({ length: 32 }, (_, index) => video(`${index}`)).join('')}`],
  ['33 sections', `${SESSION}${Array.from({ length: 33 }, (_, index) => video(`${index}`)).join('')}`],
  ['thousands of empty sections', `${SESSION}${'m=video 9 X 0\r\n'.repeat(3_000)}`],
  ['twice the same mid', `${SESSION}${video('0')}${video('0')}`],
  ['no mid', `${SESSION}${video('')}`],
  ['a long mid', `${SESSION}${video('m'.repeat(10_000))}`],
  ['a mid of strange bytes', `${SESSION}${video('\u0000\u001b[31m\u{1f4a5}')}`],
  ['a mid with a format string', `${SESSION}${video('%s%n%x')}`],
  ['a mid with a carriage return', `${SESSION}${video('0\ra=candidate:1 1 UDP 1 203.0.113.1 9 typ host')}`],
  ['a mid with a line feed', `${SESSION}${video('0\na=candidate:1 1 UDP 1 203.0.113.1 9 typ host')}`],
  ['a codec that breaks its line', `${SESSION}${video('0', 'a=fmtp:103 packetization-mode=1\rx=y\r\n')}`],
  ['payload types that are none', GOOD.replaceAll('103', '999')],
  ['a port that is none', GOOD.replace('m=video 9', 'm=video 99999999999999999999')],
  ['a section without a protocol', GOOD.replace(' UDP/TLS/RTP/SAVPF 103', '')],
  ['an unknown kind', GOOD.replace('m=video', 'm=holography')],
  ['a fingerprint that is none', GOOD.replace(FINGERPRINT, 'ZZ')],
  ['an unknown fingerprint', GOOD.replace('sha-256', 'md5')],
  ['no fingerprint', GOOD.replace(/a=fingerprint.*\r\n/, '')],
  ['an endless ufrag', GOOD.replace('abcd\r', `${'u'.repeat(20_000)}\r`)],
  ['candidates without end', `${GOOD}${'a=candidate:1 1 UDP 1 127.0.0.1 9 typ host\r\n'.repeat(1_000)}`],
  [
    'candidates that are none',
    `${GOOD}a=candidate:\r\na=candidate:1 1 UDP x y z typ host\r\na=candidate:${'9'.repeat(999)}\r\n`,
  ],
  ['names instead of addresses', `${GOOD}a=candidate:1 1 UDP 1 ${'x'.repeat(300)}.invalid 9 typ host\r\n`],
  [
    'streams without end',
    `${SESSION}${video('0', Array.from({ length: 1_500 }, (_, index) => `a=ssrc:${index} cname:x\r\n`).join(''))}`,
  ],
  ['a negative setup', GOOD.replace('actpass', 'holdconn')],
  [
    'data channels only',
    `${SESSION}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n${TRANSPORT}a=sctp-port:999999\r\n`,
  ],
];

test.each(HOSTILE)('an offer with %s', async (_name, offer) => {
  const outcome = await post(offer);
  expectHandled(outcome);
  // What an offer says must not become a line of the answer that it was not.
  expect(outcome.text).not.toContain('203.0.113.1');
  expect((await fetch(harness.url('/caster/w.flv'), { method: 'HEAD' })).status).toBe(200);
});

test('mutated offers', { timeout: 120_000 }, async () => {
  const random = generator(21);
  const good = Buffer.from(GOOD);
  const statuses = new Set<number>();
  for (let round = 0; round < 400; round++) {
    const outcome = await post(mutated(random, good));
    expectHandled(outcome);
    statuses.add(outcome.status);
  }
  expect(statuses).toContain(201);
  expect(statuses).toContain(400);
  expect((await post(GOOD)).status).toBe(201);
  expect(harness.stream('caster/w')).toMatchObject({ live: true, readers: 0 });
});

test('a viewer that is answered but never connects is forgotten after 20 s, and only so many may be underway', async () => {
  let time = 0;
  const stream = new Stream('caster/x', () => time, { published: () => {} });
  const publication = stream.publish({
    canMakeKeyframes: true,
    keyframe: () => {},
    demand: () => {},
    replaced: () => {},
  });
  publication?.config({ track: 0, codec: 'h264', extradata: TEST_AVCC });
  publication?.packet(testPicture(0, true, 0));
  const desk = new WhepDesk({
    port: harness.hub.webrtcPort,
    bindAddress: '127.0.0.1',
    addresses: [],
    maxSessions: 10,
    maxPending: 3,
    now: () => time,
    log: createLogger('test'),
  });
  try {
    const open = async () => {
      const answer = await desk.open(stream, GOOD);
      return answer.kind === 'answered' ? answer.id : answer.code;
    };
    const ids = [await open(), await open()];
    time = 1_000;
    ids.push(await open());
    expect(ids.map((id) => desk.has(id))).toEqual([true, true, true]);
    expect(await open()).toBe('TooManyViewers');
    time = 19_999;
    desk.tick();
    expect(ids.map((id) => desk.has(id))).toEqual([true, true, true]);
    time = 20_000;
    desk.tick();
    expect(ids.map((id) => desk.has(id))).toEqual([false, false, true]);
    expect(desk.has(await open())).toBe(true);
    expect(stream.readers).toBe(0);
  } finally {
    desk.close();
  }
});
