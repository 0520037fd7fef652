/** The event socket: who may open it, what it tells, and how it is kept within bounds. */
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openApiClient, signedQuery } from '../support/clients.js';
import { type EventSocket, openEventSocket, UpgradeRefused } from '../support/event-socket.js';
import { levelsOf, sourceLevelsOf } from '../support/sound-levels.js';
import { type StudioApi, startStudioApi } from '../support/studio-api.js';
import { openWireStudio, type WireStudio } from '../support/wire-studio.js';

let api: StudioApi;
let studio: WireStudio;
beforeEach(async () => {
  api = await startStudioApi();
  studio = await openWireStudio(api);
});
afterEach(async () => {
  await api.close();
  expect(api.errors).toEqual([]);
});

/** Address of the socket, with parameters signed as a program does it. */
function signed(CasterId: string, action = 'WatchCaster', target = api): string {
  return `${api.apiUrl.replace('http', 'ws')}/v1/events?${signedQuery(target, action, { CasterId })}`;
}

const watch = (casterId = studio.casterId): Promise<EventSocket> => openEventSocket(signed(casterId));
const tell = (tick: number): void => api.runtime.tellLevels(studio.casterId, levelsOf({ tick }));
const watching = (casterId = studio.casterId): number => api.runtime.watchers.get(casterId)?.size ?? 0;
const ticksOf = ({ messages }: EventSocket): unknown[] =>
  messages.map(({ levels }) => (levels as { tick: number }).tick);

/** Asks again and again; for what another process or a socket does. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 10_000, interval: 5 });

async function refusalOf(url: string, headers: Record<string, string> = {}): Promise<[number, unknown]> {
  const error = await openEventSocket(url, { headers }).then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof UpgradeRefused)) throw error;
  return [error.status, error.body.Code ?? error.body.message];
}

async function openSession(): Promise<string> {
  const response = await fetch(`${api.apiUrl}/console/session`, { method: 'POST', body: JSON.stringify(api.keys) });
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

describe('levels', () => {
  test('reach a program that signs, as they come, of its studio alone', async () => {
    const other = await openWireStudio(api);
    const sockets = [await watch(), await watch(), await watch(other.casterId)] as const;
    const levels = levelsOf({ tick: 7, pgm: { peakDb: [-3, -4] }, sources: [sourceLevelsOf('r', { silent: true })] });
    api.runtime.tellLevels(studio.casterId, levels);
    for (const { messages } of sockets.slice(0, 2)) {
      await soon(() => messages).toEqual([{ type: 'levels', casterId: studio.casterId, levels }]);
    }
    api.runtime.tellLevels(other.casterId, levelsOf({ tick: 9 }));
    await soon(() => ticksOf(sockets[2])).toEqual([9]);
    expect(sockets[0].messages).toHaveLength(1);
  });

  test('are watched in the engine as long as anybody looks', async () => {
    expect(watching()).toBe(0);
    const first = await watch();
    const second = await watch();
    expect(watching()).toBe(1);
    first.socket.close();
    await first.closed;
    tell(1);
    await soon(() => ticksOf(second)).toEqual([1]);
    second.socket.terminate();
    await soon(watching).toBe(0);
    const third = await watch();
    tell(2);
    await soon(() => ticksOf(third)).toEqual([2]);
  });

  test('go on after a stop and a start of the studio', async () => {
    const socket = await watch();
    await studio.call('StopCaster');
    await studio.call('StartCaster');
    tell(3);
    await soon(() => ticksOf(socket)).toEqual([3]);
  });

  test('reach the page by its session, and end with it', async () => {
    await api.close();
    api = await startStudioApi({}, { pingMs: 30 });
    studio = await openWireStudio(api);
    const cookie = await openSession();
    const url = `${api.apiUrl.replace('http', 'ws')}/v1/events?CasterId=${studio.casterId}`;
    const socket = await openEventSocket(url, { headers: { cookie, origin: api.apiUrl } });
    tell(1);
    await soon(() => ticksOf(socket)).toEqual([1]);
    await fetch(`${api.apiUrl}/console/session`, { method: 'DELETE', headers: { cookie } });
    expect(await socket.closed).toEqual({ code: 4401, reason: 'The session has ended.' });
    expect(await refusalOf(url, { cookie, origin: api.apiUrl })).toEqual([400, 'IncompleteSignature']);
  });
});

describe('refused before the upgrade', () => {
  test('who is not known', async () => {
    const url = `${api.apiUrl.replace('http', 'ws')}/v1/events?CasterId=${studio.casterId}`;
    const cookie = await openSession();
    expect(await refusalOf(url)).toEqual([400, 'IncompleteSignature']);
    expect(await refusalOf(url, { origin: api.apiUrl })).toEqual([400, 'IncompleteSignature']);
    expect(await refusalOf(url, { cookie })).toEqual([400, 'IncompleteSignature']);
    expect(await refusalOf(url, { cookie, origin: 'http://elsewhere.example' })).toEqual([400, 'IncompleteSignature']);
    expect(await refusalOf(url, { cookie, origin: 'null' })).toEqual([400, 'IncompleteSignature']);
    const wrong = { ...api, keys: { ...api.keys, accessKeySecret: 'not the secret' } };
    expect(await refusalOf(signed(studio.casterId, 'WatchCaster', wrong))).toEqual([400, 'SignatureDoesNotMatch']);
    expect(watching()).toBe(0);
  });

  test('a signature that was used before, here or for a call, and one for something else', async () => {
    const url = signed(studio.casterId);
    await openEventSocket(url);
    expect(await refusalOf(url)).toEqual([400, 'SignatureNonceUsed']);
    const call = signed(studio.casterId, 'DescribeCasterSound');
    expect(await refusalOf(call)).toEqual([404, 'InvalidAction.NotFound']);
    const recorded = signedQuery(api, 'WatchCaster', { CasterId: studio.casterId, Format: 'JSON' });
    await openEventSocket(`${api.apiUrl.replace('http', 'ws')}/v1/events?${recorded}`);
    expect(await (await fetch(`${api.apiUrl}/?${recorded}`)).json()).toMatchObject({ Code: 'SignatureNonceUsed' });
  });

  test('a studio that is none, and a request that is no WebSocket', async () => {
    expect(await refusalOf(signed('nothing'))).toEqual([404, 'InvalidCaster.NotFound']);
    expect(await refusalOf(signed('../x'))).toEqual([400, 'InvalidCasterId.Malformed']);
    expect(await refusalOf(signed(''))).toEqual([400, 'MissingCasterId']);
    const elsewhere = signed(studio.casterId).replace('/v1/events', '/v1/other');
    expect((await refusalOf(elsewhere))[0]).toBe(404);
    const plain = await fetch(signed(studio.casterId).replace('ws', 'http'));
    expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket']);
  });

  test('one socket more than the server is set up for', async () => {
    const sockets: EventSocket[] = [];
    for (let count = 0; count < 8; count++) sockets.push(await watch());
    expect(await refusalOf(signed(studio.casterId))).toEqual([503, 'ServiceUnavailable']);
    sockets[0]?.socket.close();
    await sockets[0]?.closed;
    await soon(() => api.services.watchers.isFull).toBe(false);
    await watch();
  });
});

describe('closed', () => {
  test('when the studio is deleted', async () => {
    const socket = await watch();
    await studio.call('StopCaster');
    await studio.call('DeleteCaster');
    expect(await socket.closed).toEqual({ code: 4404, reason: 'The studio was deleted.' });
    await soon(watching).toBe(0);
  });

  test('when something is sent to it', async () => {
    const [small, large] = [await watch(), await watch()];
    small.socket.send('{"type":"hello"}');
    expect(await small.closed).toEqual({ code: 1008, reason: 'No message from this side is known.' });
    large.socket.send('x'.repeat(4097));
    expect(await large.closed).toMatchObject({ code: 1009 });
  });

  test('when it leaves pings without an answer; one that answers stays', async () => {
    await api.close();
    api = await startStudioApi({}, { pingMs: 30 });
    studio = await openWireStudio(api);
    const deaf = await openEventSocket(signed(studio.casterId), { autoPong: false });
    const live = await watch();
    let pings = 0;
    deaf.socket.on('ping', () => pings++);
    expect(await deaf.closed).toMatchObject({ code: 1006 });
    expect(pings).toBe(2);
    live.socket.ping();
    await new Promise((resolve) => live.socket.once('pong', resolve));
    expect(live.socket.readyState).toBe(live.socket.OPEN);
  });

  test('with the server, whether the other side says goodbye or not', async () => {
    const polite = await watch();
    const stuck = await watch();
    stuck.socket.pause();
    const before = performance.now();
    await api.services.watchers.close();
    expect(await polite.closed).toEqual({ code: 1001, reason: 'The server stops.' });
    expect(performance.now() - before).toBeLessThan(5000);
    await soon(watching).toBe(0);
    stuck.socket.terminate();
  });
});

test('a slow socket misses readings and holds up nobody', async () => {
  const [slow, quick] = [await watch(), await watch()];
  slow.socket.pause();
  // More than what the system keeps for a connection, so that it is the server that has to hold it.
  const long = levelsOf({ sources: [sourceLevelsOf('x'.repeat(1_000_000))] });
  for (let tick = 0; tick < 40; tick++) {
    api.runtime.tellLevels(studio.casterId, { ...long, tick });
    await soon(() => quick.messages.length).toBe(tick + 1);
  }
  slow.socket.resume();
  await soon(() => {
    tell(99);
    return ticksOf(slow).includes(99);
  }).toBe(true);
  // In order, and not all of them: what came while it was full is gone.
  const held = ticksOf(slow).filter((tick) => tick !== 99);
  expect(held[0]).toBe(0);
  expect(held.length).toBeLessThan(40);
});

test('a call that offers another protocol is answered as a call', async () => {
  const { hostname, port } = new URL(api.apiUrl);
  const body = signedQuery(api, 'DescribeCasters', { Format: 'JSON' });
  const ask = (head: string[], text = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(`${head.join('\r\n')}\r\n\r\n${text}`));
      let answer = '';
      socket.setEncoding('utf8').on('data', (part: string) => {
        answer += part;
      });
      socket.on('error', reject);
      socket.on('end', () => resolve(answer));
    });
  const offer = ['Connection: Upgrade, HTTP2-Settings, close', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
  const got = await ask([`GET /?${body} HTTP/1.1`, `Host: ${hostname}:${port}`, ...offer]);
  expect(got).toMatch(/^HTTP\/1\.1 200 /);
  expect(got).toContain('"CasterList"');
  const form = 'Action=DescribeCasters&Format=JSON';
  const type = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${form.length}`];
  const posted = await ask(['POST / HTTP/1.1', `Host: ${hostname}:${port}`, ...type, ...offer], form);
  // It was read to its end: what is missing is the signature alone.
  expect(posted).toMatch(/^HTTP\/1\.1 400 /);
  expect(posted).toContain('IncompleteSignature');
  expect(await openApiClient(api).call('DescribeCasters')).toMatchObject({ Total: 1 });
});
