import { expect, test } from 'vitest';
import { decodePairs, type Entry } from '../../../src/api/decode.js';
import {
  canonicalQuery,
  canonicalRequest,
  type SignedCall,
  sha256Hex,
  signV1,
  signV3,
  verifyV1,
  verifyV3,
} from '../../../src/api/signature.js';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** The vector of the reference. */
const published: SignedCall = {
  method: 'POST',
  headers: {
    host: 'ecs.cn-shanghai.aliyuncs.com',
    'x-acs-action': 'RunInstances',
    'x-acs-version': '2014-05-26',
    'x-acs-date': '2023-10-26T10:22:32Z',
    'x-acs-signature-nonce': '3156853299f313e23d1673dc12e1703d',
    'x-acs-content-sha256': EMPTY,
  },
  query: [
    ['RegionId', 'cn-shanghai'],
    ['ImageId', 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd'],
  ],
  form: [],
  body: new Uint8Array(),
};

/** A call with everything that is hard to encode, checked against the official client. */
const own: SignedCall = {
  method: 'POST',
  headers: {
    host: 'caster.example.com',
    'x-acs-action': 'AddCasterLayout',
    'x-acs-version': '2016-11-01',
    'x-acs-date': '2026-01-02T03:04:05Z',
    'x-acs-signature-nonce': '0123456789abcdef0123456789abcdef',
    'x-acs-credentials-provider': 'static_ak',
    'x-acs-content-sha256': EMPTY,
  },
  query: decodePairs(
    "VideoLayer.1.FillMode=fit&CasterId=c%201!*'()~&BlendList.1=RV01&BlendList.2=RV02&MixList.1=RV01&AudioLayer.1.VolumeRate=1" +
      '&VideoLayer.1.HeightNormalized=1&VideoLayer.1.WidthNormalized=0.5&VideoLayer.1.PositionNormalized.1=0.1&VideoLayer.1.PositionNormalized.2=0.25',
  ),
  form: [],
  body: new Uint8Array(),
};
const OWN_SIGNATURE = '048b1b0247fed5b7621f23e4d423514974fa68cc111019fe72caf26fee7062bb';
const OWN_TIME = Date.parse('2026-01-02T03:04:05Z');
const secretOf = (id: string): string | null => (id === 'testid' ? 'testsecret' : null);

function signedHeaders(call: SignedCall): string[] {
  return Object.keys(call.headers);
}

function authorised(call: SignedCall, signature: string, separator = ','): SignedCall {
  const parts = [
    `Credential=testid`,
    `SignedHeaders=${signedHeaders(call).sort().join(';')}`,
    `Signature=${signature}`,
  ];
  return { ...call, headers: { ...call.headers, authorization: `ACS3-HMAC-SHA256 ${parts.join(separator)}` } };
}

test('V3: the published vector', () => {
  const canonical = canonicalRequest(published, signedHeaders(published), EMPTY);
  expect(sha256Hex(canonical)).toBe('7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259');
  expect(signV3(canonical, 'YourAccessKeySecret')).toBe(
    '06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
  );
});

test('V3: the own vector, and its verification', () => {
  expect(canonicalQuery(own.query)).toContain('CasterId=c%201%21%2A%27%28%29~&MixList.1');
  const canonical = canonicalRequest(own, signedHeaders(own), EMPTY);
  expect(sha256Hex(canonical)).toBe('a6484e4fdd0800041c5523198f082bbfd768dea1fefffd572c83dc57b26a1ed3');
  expect(signV3(canonical, 'testsecret')).toBe(OWN_SIGNATURE);
  for (const separator of [',', ', ']) {
    expect(verifyV3(authorised(own, OWN_SIGNATURE, separator), secretOf, OWN_TIME)).toEqual({
      accessKeyId: 'testid',
      nonce: '0123456789abcdef0123456789abcdef',
      expires: OWN_TIME + 15 * 60_000,
    });
  }
});

test.each<[string, (call: SignedCall) => SignedCall, number, string]>([
  ['another signature', (call) => authorised(call, OWN_SIGNATURE.replace('0', '1')), 0, 'SignatureDoesNotMatch'],
  ['another query', (call) => ({ ...authorised(call, OWN_SIGNATURE), query: [] }), 0, 'SignatureDoesNotMatch'],
  [
    'another body',
    (call) => ({ ...authorised(call, OWN_SIGNATURE), body: Buffer.from('a') }),
    0,
    'SignatureDoesNotMatch',
  ],
  ['15 minutes and a second late', (call) => authorised(call, OWN_SIGNATURE), 901_000, 'InvalidTimeStamp.Expired'],
  ['15 minutes and a second early', (call) => authorised(call, OWN_SIGNATURE), -901_000, 'InvalidTimeStamp.Expired'],
  [
    'a header that must be signed is not',
    ({ headers: { 'x-acs-signature-nonce': _nonce, ...headers }, ...call }) =>
      authorised({ ...call, headers }, OWN_SIGNATURE),
    0,
    'IncompleteSignature',
  ],
  [
    'another algorithm',
    (call) => ({ ...call, headers: { ...call.headers, authorization: 'ACS3-HMAC-SM3 Credential=a' } }),
    0,
    'InvalidSignatureMethod',
  ],
  [
    'no signature in the header',
    (call) => ({ ...call, headers: { ...call.headers, authorization: 'ACS3-HMAC-SHA256 Credential=testid' } }),
    0,
    'IncompleteSignature',
  ],
])('V3 refuses %s', (_name, bend, late, code) => {
  expect(() => verifyV3(bend(own), secretOf, OWN_TIME + late)).toThrow(expect.objectContaining({ code }));
});

test('V1: the published and the own vectors', () => {
  const vector: Entry[] = Object.entries({
    Format: 'XML',
    SignatureMethod: 'HMAC-SHA1',
    Action: 'DescribeLiveSnapshotConfig',
    AccessKeyId: 'testid',
    RegionId: 'cn-shanghai',
    ServiceCode: 'live',
    DomainName: 'test.com',
    AppName: 'test',
    SignatureNonce: 'c2fe8fbb-2977-4414-8d39-348d02419c1c',
    Version: '2016-11-01',
    SignatureVersion: '1.0',
    Timestamp: '2017-06-14T09:51:14Z',
  });
  expect(signV1('GET', vector, 'testsecret')).toBe('3I5a3myPjp8FXWT4rvxX5pKb/aw=');
  const ownEntries: Entry[] = Object.entries({
    Action: 'StartCaster',
    Format: 'JSON',
    Version: '2016-11-01',
    AccessKeyId: 'testid',
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: '0123456789abcdef',
    Timestamp: '2026-01-02T03:04:05Z',
    CasterId: "c 1!*'()~",
  });
  expect(signV1('GET', ownEntries, 'testsecret')).toBe('rpccidEtZSABLUfCqEyi5IxXXcI=');
  expect(signV1('POST', ownEntries, 'testsecret')).toBe('0RDsPpuNUYkxCfqtAM80BM7FC2I=');

  const [first, ...rest] = ownEntries;
  if (!first) throw new Error('the vector has entries');
  const call = (signature: string): SignedCall => ({
    method: 'POST',
    headers: {},
    query: [first, ['Signature', signature]],
    form: rest,
    body: new Uint8Array(),
  });
  const right = call('0RDsPpuNUYkxCfqtAM80BM7FC2I=');
  expect(verifyV1(right, secretOf, OWN_TIME)).toMatchObject({ accessKeyId: 'testid', nonce: '0123456789abcdef' });
  expect(() => verifyV1(call('rpccidEtZSABLUfCqEyi5IxXXcI='), secretOf, OWN_TIME)).toThrow(
    expect.objectContaining({ code: 'SignatureDoesNotMatch' }),
  );
  expect(() => verifyV1({ ...right, form: [...rest, ['SecurityToken', 'x']] }, secretOf, OWN_TIME)).toThrow(
    expect.objectContaining({ code: 'InvalidSecurityToken.Malformed' }),
  );
});
