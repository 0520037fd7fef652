/** What the API refuses, how it says so, and that nothing is changed by it. */
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiCallError, openApiClient, popClient, signedQuery, type WireParams } from '../support/clients.js';
import { SETTINGS, type StudioApi, startStudioApi } from '../support/studio-api.js';

let api: StudioApi;
beforeEach(async () => {
  api = await startStudioApi();
});
afterEach(() => api.close());

async function refusal(action: string, params: WireParams = {}): Promise<ApiCallError> {
  try {
    await openApiClient(api).call(action, params);
  } catch (error) {
    if (error instanceof ApiCallError) return error;
    throw error;
  }
  throw new Error(`${action} was not refused`);
}

async function newCaster(): Promise<string> {
  const params = { NormType: 1, ChargeType: 'PostPaid', ClientToken: randomUUID() };
  return String((await openApiClient(api).call('CreateCaster', params)).CasterId);
}

async function startedCaster(): Promise<string> {
  const CasterId = await newCaster();
  const call = openApiClient(api).call;
  await call('SetCasterConfig', { CasterId, DomainName: 'localhost', TranscodeConfig: '{"CasterTemplate":"lp_ld"}' });
  await call('AddCasterVideoResource', {
    CasterId,
    LocationId: 'RV01',
    ResourceName: 'a',
    LiveStreamUrl: 'test://bars',
  });
  await call('StartCaster', { CasterId });
  return CasterId;
}

/** A V3 call by hand, to be bent by tests. */
function handmade(changes: Record<string, string> = {}, secret = api.keys.accessKeySecret): Record<string, string> {
  const headers: Record<string, string> = {
    host: new URL(api.apiUrl).host,
    'x-acs-action': 'DescribeCasters',
    'x-acs-version': '2016-11-01',
    'x-acs-date': `${new Date().toISOString().slice(0, 19)}Z`,
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-content-sha256': createHash('sha256').update('').digest('hex'),
    ...changes,
  };
  const names = Object.keys(headers).sort();
  const canonical = ['POST', '/', '', ...names.map((name) => `${name}:${headers[name]}`), '', names.join(';')];
  const request = [...canonical, headers['x-acs-content-sha256']].join('\n');
  const text = `ACS3-HMAC-SHA256\n${createHash('sha256').update(request).digest('hex')}`;
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  const { accessKeyId } = api.keys;
  const authorization = `ACS3-HMAC-SHA256 Credential=${accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { ...headers, authorization };
}

async function post(headers: Record<string, string>, body?: string): Promise<{ status: number; code: unknown }> {
  const { host: _host, ...rest } = headers;
  const response = await fetch(api.apiUrl, { method: 'POST', headers: rest, ...(body !== undefined && { body }) });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, code: answer.Code };
}

/** SyncGroupsConfig with groups of so many sources, none twice. */
function alignedGroups(...sizes: number[]): string {
  return JSON.stringify(
    sizes.map((size, group) => ({
      mode: 1,
      resourceIds: Array.from({ length: size }, (_, index) => `source-${group}-${index}`),
    })),
  );
}

describe('who calls', () => {
  test('a wrong secret and an unknown key', async () => {
    const wrong = { apiUrl: api.apiUrl, keys: { ...api.keys, accessKeySecret: 'not the secret' } };
    await expect(openApiClient(wrong).call('DescribeCasters')).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
    await expect(popClient(wrong).call('DescribeCasters')).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
    const unknown = { apiUrl: api.apiUrl, keys: { ...api.keys, accessKeyId: 'nobody' } };
    await expect(openApiClient(unknown).call('DescribeCasters')).rejects.toMatchObject({
      code: 'InvalidAccessKeyId.NotFound',
    });
  });

  test('a call that is right passes, sent again it does not', async () => {
    const headers = handmade();
    expect(await post(headers)).toEqual({ status: 200, code: undefined });
    expect(await post(headers)).toEqual({ status: 400, code: 'SignatureNonceUsed' });
    const swapped = await fetch(`${api.apiUrl}/?${signedQuery(api, 'DescribeCasters', { Format: 'JSON' })}`, {
      headers: { 'x-acs-action': 'CreateCaster' },
    });
    expect(await swapped.json()).toMatchObject({ Code: 'SignatureDoesNotMatch' });
    const repeated = await fetch(`${api.apiUrl}/?${signedQuery(api, 'DescribeCasters', { Format: 'JSON' })}`, {
      headers: { 'x-acs-action': 'DescribeCasters', 'x-acs-version': '2016-11-01' },
    });
    expect(repeated.status).toBe(200);
    const query = signedQuery(api, 'DescribeCasters', { Format: 'JSON' });
    expect((await fetch(`${api.apiUrl}/?${query}`)).status).toBe(200);
    expect(await (await fetch(`${api.apiUrl}/?${query}`)).json()).toMatchObject({ Code: 'SignatureNonceUsed' });
  });

  test('an old date, a date that is none, a changed body, an unsigned header', async () => {
    const old = `${new Date(Date.now() - 16 * 60_000).toISOString().slice(0, 19)}Z`;
    expect(await post(handmade({ 'x-acs-date': old }))).toMatchObject({ code: 'InvalidTimeStamp.Expired' });
    expect(await post(handmade({ 'x-acs-date': 'yesterday' }))).toMatchObject({ code: 'InvalidTimeStamp.Format' });
    expect(
      await post({ ...handmade({ 'content-type': 'application/x-www-form-urlencoded' }) }, 'Status=1'),
    ).toMatchObject({
      code: 'SignatureDoesNotMatch',
    });
    expect(await post({ ...handmade(), 'x-acs-version': '2016-11-02' })).toMatchObject({
      code: 'SignatureDoesNotMatch',
    });
    expect(await post({ ...handmade(), 'x-acs-extra': '1' })).toMatchObject({ code: 'IncompleteSignature' });
    expect(await post(handmade({ 'x-acs-security-token': 'abc' }))).toMatchObject({
      code: 'InvalidSecurityToken.Malformed',
    });
    expect(await post(handmade({ 'x-acs-version': '2020-01-01' }))).toMatchObject({ code: 'InvalidVersion' });
    expect(await post({ 'x-acs-action': 'DescribeCasters' })).toMatchObject({ code: 'IncompleteSignature' });
  });

  test('too many calls', async () => {
    const startedAt = Date.now();
    await api.close();
    api = await startStudioApi({
      config: { ...SETTINGS, limits: { ...SETTINGS.limits, callsFactor: 1 } },
      clock: { now: () => startedAt },
    });
    const answers = await Promise.allSettled(
      Array.from({ length: 16 }, () => openApiClient(api).call('DescribeCasters')),
    );
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(refused[0]?.reason).toMatchObject({ code: 'Throttling.User' });
    const response = await fetch(`${api.apiUrl}/?${signedQuery(api, 'DescribeCasters', { Format: 'JSON' })}`);
    expect(Number(response.headers.get('x-acs-retry-after'))).toBeGreaterThan(0);
  });
});

describe('what is asked', () => {
  test('operations and studios that do not exist', async () => {
    expect(await refusal('DescribeNothing')).toMatchObject({ code: 'InvalidAction.NotFound' });
    expect(await refusal('CopyCaster')).toMatchObject({ code: 'UnsupportedOperation' });
    const error = await refusal('StartCaster', { CasterId: randomUUID() });
    expect(error).toMatchObject({ code: 'InvalidCaster.NotFound' });
    expect(error.body).toMatchObject({ HostId: new URL(api.apiUrl).host, RequestId: expect.any(String) });
    expect(await refusal('StartCaster', { CasterId: '../x' })).toMatchObject({ code: 'InvalidCasterId.Malformed' });
  });

  test.each([
    ['StartCaster', {}, 'MissingCasterId'],
    ['CreateCaster', { ClientToken: 'a', ChargeType: 'PostPaid' }, 'MissingNormType'],
    ['CreateCaster', { ClientToken: 'a', ChargeType: 'PostPaid', NormType: 6 }, 'UnsupportedOperation'],
    ['CreateCaster', { ClientToken: 'a', ChargeType: 'PostPaid', NormType: 2 }, 'InvalidNormType.Malformed'],
    ['CreateCaster', { ClientToken: 'a', ChargeType: 'PrePaid', NormType: 1 }, 'InvalidChargeType.Malformed'],
    ['CreateCaster', { ClientToken: 'é', ChargeType: 'PostPaid', NormType: 1 }, 'InvalidClientToken'],
    ['DescribeCasters', { PageSize: 0 }, 'InvalidPageSize.Malformed'],
    ['DescribeCasters', { StartTime: '2026-02-30T00:00:00Z' }, 'InvalidStartTime.Malformed'],
    ['DescribeCasters', { Status: 'on' }, 'InvalidStatus.Malformed'],
  ])('%s with %j is %s', async (action, params, code) => {
    expect(await refusal(action, params)).toMatchObject({ code });
  });

  test.each([
    ['SetCasterConfig', { Delay: 5 }, 'UnsupportedOperation'],
    ['SetCasterConfig', { Delay: 500 }, 'InvalidDelay'],
    ['SetCasterConfig', { CallbackUrl: 'http://127.0.0.1/x' }, 'InvalidCallbackUrl'],
    ['SetCasterConfig', { CallbackUrl: 'ftp://example.com/x' }, 'InvalidCallbackUrl'],
    ['SetCasterConfig', { CallbackUrl: 'http://u:p@example.com/x' }, 'InvalidCallbackUrl'],
    ['SetCasterConfig', { SideOutputUrl: 'http://example.com/a/b' }, 'InvalidSideOutputUrl'],
    ['SetCasterConfig', { SideOutputUrl: 'rtmp://127.0.0.1/caster/a' }, 'InvalidSideOutputUrl'],
    ['SetCasterConfig', { SideOutputUrl: 'rtmps://169.254.169.254/live/a' }, 'InvalidSideOutputUrl'],
    ['SetCasterConfig', { SideOutputUrl: 'srt://example.com:9000?mode=listener' }, 'InvalidSideOutputUrl'],
    ['SetCasterConfig', { SideOutputUrlList: '["rtmp://example.com/a"]' }, 'InvalidSideOutputUrlList'],
    ['SetCasterConfig', { SideOutputUrlList: '["rtmp://a.com/a/b","rtmp://a.com/a/b"]' }, 'InvalidSideOutputUrlList'],
    ['SetCasterConfig', { SideOutputUrlList: 'rtmp://example.com/a/b' }, 'InvalidSideOutputUrlList'],
    ['SetCasterConfig', { SideOutputUrlList: '{"a":1}' }, 'InvalidSideOutputUrlList'],
    ['SetCasterConfig', { ChannelEnable: 2 }, 'InvalidChannelEnable'],
    ['SetCasterConfig', { SyncGroupsConfig: '[{"mode":0,"resourceIds":["a"]}]' }, 'InvalidSyncGroupsConfig'],
    ['SetCasterConfig', { SyncGroupsConfig: '[{"mode":1,"resourceIds":["a","../b"]}]' }, 'InvalidSyncGroupsConfig'],
    [
      'SetCasterConfig',
      { AutoSwitchUrgentOn: 'true', AutoSwitchUrgentConfig: '{"eofThres":3}' },
      'InvalidUrgentMaterial.NotFound',
    ],
    ['SetCasterConfig', { AutoSwitchUrgentConfig: '{"eofThres":-1}' }, 'InvalidAutoSwitchUrgentConfig'],
    ['SetCasterConfig', { DomainName: 'http://example.com' }, 'InvalidDomainName'],
    ['SetCasterConfig', { TranscodeConfig: '{"CasterTemplate":"lp_xx"}' }, 'InvalidTranscodeConfig'],
    ['SetCasterConfig', { TranscodeConfig: '{' }, 'InvalidTranscodeConfig'],
    ['AddCasterVideoResource', { LocationId: 'RV01', LiveStreamUrl: 'test://clock' }, 'MissingResourceName'],
    [
      'AddCasterVideoResource',
      { LocationId: 'RV00', ResourceName: 'a', LiveStreamUrl: 'test://clock' },
      'InvalidLocationId',
    ],
    ['AddCasterVideoResource', { LocationId: 'RV01', ResourceName: 'a' }, 'InvalidParameter.Malformed'],
    [
      'AddCasterVideoResource',
      { LocationId: 'RV01', ResourceName: 'a', MaterialId: 'x' },
      'InvalidMaterialId.Malformed',
    ],
    ['AddCasterVideoResource', { LocationId: 'RV01', ResourceName: 'a', ImageId: 'x' }, 'InvalidParameter.Malformed'],
    [
      'AddCasterVideoResource',
      { LocationId: 'RV01', ResourceName: 'a', VodUrl: 'file:///etc/passwd' },
      'InvalidParameter.Malformed',
    ],
    [
      'AddCasterVideoResource',
      { LocationId: 'RV01', ResourceName: 'a', VodUrl: 'http://169.254.169.254/x.mp4' },
      'InvalidParameter.Malformed',
    ],
    [
      'AddCasterVideoResource',
      { LocationId: 'RV01', ResourceName: 'a', LiveStreamUrl: 'http://[::ffff:127.0.0.1]/x.flv' },
      'InvalidLiveStreamUrl.Malformed',
    ],
    [
      'AddCasterVideoResource',
      { LocationId: 'RV01', ResourceName: 'a', LiveStreamUrl: 'rtmp://127.0.0.1:1/live/a' },
      'InvalidLiveStreamUrl.Malformed',
    ],
    [
      'AddCasterLayout',
      { 'VideoLayer.1.FillMode': 'none', 'BlendList.1': 'RV01', 'AudioLayer.1.VolumeRate': 1, 'MixList.1': 'RV01' },
      'InvalidResource.NotFound',
    ],
    [
      'AddCasterLayout',
      { 'BlendList.1': 'RV01', 'AudioLayer.1.VolumeRate': 1, 'MixList.1': 'RV01' },
      'MissingVideoLayer',
    ],
    ['DeleteCasterLayout', { LayoutId: 'none' }, 'InvalidLayout.NotFound'],
    ['SetCasterSceneConfig', { SceneId: 'none' }, 'InvalidScene.NotFound'],
    ['DescribeCasterScenes', {}, 'InvalidDomainName.NotFound'],
    ['DescribeCasterStreamUrl', {}, 'InvalidScene.NotFound'],
    ['StartCaster', {}, 'InvalidDomainName.NotFound'],
  ])('%s with %j is %s', async (action, params, code) => {
    const CasterId = await newCaster();
    expect(await refusal(action, { CasterId, ...params })).toMatchObject({ code });
  });

  test('what asks for nothing by itself, and as many sources to align as there can be', async () => {
    const CasterId = await newCaster();
    const { call } = openApiClient(api);
    const off = { AutoSwitchUrgentOn: 'false', AutoSwitchUrgentConfig: '{"eofThres":3}' };
    await call('SetCasterConfig', { CasterId, ...off });
    await call('SetCasterConfig', { CasterId, SyncGroupsConfig: alignedGroups(50, 49) });
    const more = { CasterId, SyncGroupsConfig: alignedGroups(50, 50) };
    expect(await refusal('SetCasterConfig', more)).toMatchObject({ code: 'InvalidSyncGroupsConfig' });
  });

  test('limits, and a studio without an output size', async () => {
    const CasterId = await newCaster();
    await openApiClient(api).call('SetCasterConfig', { CasterId, DomainName: 'localhost' });
    expect(await refusal('StartCaster', { CasterId })).toMatchObject({ code: 'InvalidConfiguration.NotFound' });
    const add = { CasterId, ResourceName: 'a', LiveStreamUrl: 'test://clock' };
    for (const LocationId of ['RV01', 'RV02', 'RV03', 'RV04']) {
      await openApiClient(api).call('AddCasterVideoResource', { ...add, LocationId });
    }
    expect(await refusal('AddCasterVideoResource', { ...add, LocationId: 'RV04' })).toMatchObject({
      code: 'DuplicateLocationID',
    });
    expect(await refusal('AddCasterVideoResource', { ...add, LocationId: 'RV05' })).toMatchObject({
      code: 'ResourceNumberExceed',
    });
    for (let count = 1; count < 5; count++) await newCaster();
    const more = { NormType: 1, ChargeType: 'PostPaid', ClientToken: 'one more' };
    expect(await refusal('CreateCaster', more)).toMatchObject({ code: 'CasterNumberExceed' });
  });
});

describe('when the engine fails', () => {
  test('a failed start leaves the studio idle', async () => {
    const CasterId = await newCaster();
    const call = openApiClient(api).call;
    await call('SetCasterConfig', { CasterId, DomainName: 'localhost', TranscodeConfig: '{"CasterTemplate":"lp_ld"}' });
    api.runtime.failures.push('start-timeout');
    expect(await refusal('StartCaster', { CasterId })).toMatchObject({ code: 'ServiceUnavailable' });
    expect(await call('DescribeCasters', { CasterId })).toMatchObject({ CasterList: { Caster: [{ Status: 0 }] } });
    expect(await refusal('DescribeCasterStreamUrl', { CasterId })).toMatchObject({ code: 'InvalidScene.NotFound' });
    await call('StartCaster', { CasterId });
  });

  test('a change that is not applied is taken back, in the store and in the engine', async () => {
    const CasterId = await startedCaster();
    const before = await api.services.store.get(CasterId);
    api.runtime.failures.push('apply-timeout');
    const add = { CasterId, LocationId: 'RV02', ResourceName: 'b', LiveStreamUrl: 'test://clock' };
    const error = await refusal('AddCasterVideoResource', add);
    expect(error).toMatchObject({ code: 'ServiceUnavailable' });
    expect(error.body.Message).toContain('as it was before the call');
    const after = await api.services.store.get(CasterId);
    expect(after?.resources).toEqual(before?.resources);
    expect(after?.revision).toBe((before?.revision ?? 0) + 2);
    expect(api.runtime.running.get(CasterId)).toMatchObject({
      revision: after?.revision,
      sources: [{ position: 'RV01' }],
    });
  });

  test('while a studio is being started again, the error says when to come back, and nobody else is asked', async () => {
    const CasterId = await startedCaster();
    const before = await api.services.store.get(CasterId);
    const asked = api.runtime.calls.length;
    api.runtime.running.delete(CasterId);
    const add = { CasterId, LocationId: 'RV02', ResourceName: 'b', LiveStreamUrl: 'test://clock' };
    const error = await refusal('AddCasterVideoResource', add);
    expect(error).toMatchObject({ code: 'ServiceUnavailable' });
    expect(error.body.Message).toContain('being started again; repeat the call');
    expect((await api.services.store.get(CasterId))?.resources).toEqual(before?.resources);
    expect(api.runtime.calls.slice(asked).map(({ kind }) => kind)).toEqual(['apply']);
  });

  test('StartCaster brings a studio back as it went on air, not with settings that wait for the next start', async () => {
    const CasterId = await startedCaster();
    const { call } = openApiClient(api);
    const next = { CasterId, DomainName: 'other.example.com', TranscodeConfig: '{"CasterTemplate":"lp_ud"}' };
    await call('SetCasterConfig', next);
    const onAir = api.runtime.running.get(CasterId);
    const stored = await api.services.store.get(CasterId);
    api.runtime.running.delete(CasterId);
    api.runtime.failures.push('start-timeout');
    expect(await refusal('StartCaster', { CasterId })).toMatchObject({ code: 'ServiceUnavailable' });
    const { RequestId: _start, ...answer } = await call('StartCaster', { CasterId });
    expect(api.runtime.running.get(CasterId)).toEqual({ ...onAir, revision: stored?.revision });
    expect(await api.services.store.get(CasterId)).toEqual(stored);
    const { RequestId: _again, ...again } = await call('StartCaster', { CasterId });
    expect(again).toEqual(answer);
    expect(JSON.stringify(answer)).not.toContain('other.example.com');
  });

  test('an error says so when the engine does not confirm the way back either', async () => {
    const CasterId = await startedCaster();
    api.runtime.failures.push('engine-failed', 'apply-timeout');
    const add = { CasterId, LocationId: 'RV02', ResourceName: 'b', LiveStreamUrl: 'test://clock' };
    const error = await refusal('AddCasterVideoResource', add);
    expect(error).toMatchObject({ code: 'InternalError', status: 500 });
    expect(error.body.Message).toContain('has not confirmed');
  });

  test('a running studio cannot be deleted, and a bounded number of changes waits for it', async () => {
    const CasterId = await startedCaster();
    expect(await refusal('DeleteCaster', { CasterId })).toMatchObject({ code: 'IncorrectCasterStatus.Inuse' });
    let open = (): void => {};
    api.runtime.gate = new Promise((resolve) => {
      open = resolve;
    });
    const scenes = await openApiClient(api).call('DescribeCasterScenes', { CasterId });
    const { Scene } = scenes.SceneList as { Scene: { SceneId: string }[] };
    const change = {
      CasterId,
      SceneId: String(Scene[1]?.SceneId),
      FollowEnable: 0,
      'MixList.1': 'RV01',
      'AudioLayer.1.VolumeRate': 1,
    };
    const calls = Array.from({ length: 34 }, () => openApiClient(api).call('UpdateCasterSceneAudio', change));
    const refused: unknown[] = [];
    const settled = Promise.all(calls.map((call) => call.catch((error) => void refused.push(error))));
    await expect.poll(() => refused.length, { timeout: 5000 }).toBe(2);
    open();
    await settled;
    expect(refused).toMatchObject([{ code: 'Throttling.Api' }, { code: 'Throttling.Api' }]);
  });
});

test('strange requests get an answer that can be read', async () => {
  const put = await fetch(api.apiUrl, { method: 'PUT' });
  expect(await put.json()).toMatchObject({ Code: 'UnsupportedHTTPMethod' });
  expect((await fetch(`${api.apiUrl}/other`)).status).toBe(404);
  expect((await fetch(`${api.apiUrl}/health`, { method: 'POST' })).status).toBe(405);
  expect(await (await fetch(`${api.apiUrl}/health`)).json()).toEqual({ status: 'ok' });
  const large = await fetch(api.apiUrl, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
  expect(large.status).toBe(413);
  const twice = await fetch(`${api.apiUrl}/?Action=DescribeCasters&Action=DeleteCaster&Format=JSON`);
  expect(twice.status).toBe(400);
  expect(await twice.text()).toContain('given twice');
  expect(api.errors).toEqual([]);
});
