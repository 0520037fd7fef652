/**
 * Who makes a call: checks the header signature ACS3-HMAC-SHA256 ("V3") and the older query signature HMAC-SHA1
 * ("V1"). Pure: time and keys are passed in. Signatures are compared in constant time.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Entry } from './decode.js';
import { fault } from './errors.js';
import { parseTime } from './params.js';

/** Difference that is allowed between the time of a call and ours, ms. */
export const TIME_WINDOW = 15 * 60 * 1000;

/** Headers that must be part of a V3 signature, so that nothing that matters can be changed on the way. */
const MUST_BE_SIGNED = [
  'host',
  'x-acs-action',
  'x-acs-content-sha256',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-version',
];

export interface SignedCall {
  method: string;
  headers: IncomingHttpHeaders;
  query: readonly Entry[];
  /** Of a form body; empty otherwise. */
  form: readonly Entry[];
  body: Uint8Array;
}

/** Gives the secret of an access key id, or `null` when it is unknown. */
export type SecretOf = (accessKeyId: string) => string | null;

/** A call that is signed rightly. The nonce must still be unused; it can come again until `expires` (ms since 1970). */
export interface Signer {
  accessKeyId: string;
  nonce: string;
  expires: number;
}

/** Percent-encoding of RFC 3986: only `A-Z a-z 0-9 - _ . ~` stay. The value is well-formed, as URLSearchParams gives it. */
export function percentEncode(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `name=value` pairs in byte order of their names, joined with `&`. */
export function canonicalQuery(entries: readonly Entry[]): string {
  return [...entries]
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
}

export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function equal(a: string, b: string): boolean {
  const left = createHash('sha256').update(a).digest();
  return timingSafeEqual(left, createHash('sha256').update(b).digest());
}

function checkTime(text: string | undefined, now: number): number {
  const at = text === undefined ? undefined : parseTime(text);
  if (at === undefined) throw fault('InvalidTimeStamp.Format');
  if (Math.abs(now - at) > TIME_WINDOW) throw fault('InvalidTimeStamp.Expired');
  return at + TIME_WINDOW;
}

function checkNonce(nonce: string | undefined): string {
  if (!nonce || nonce.length > 128) {
    throw fault('IncompleteSignature', 'The signature needs a nonce of 1 to 128 characters.');
  }
  return nonce;
}

function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The text whose hash a V3 signature signs. `signed` are lower-case header names. */
export function canonicalRequest(call: SignedCall, signed: readonly string[], bodyHash: string): string {
  const names = [...signed].sort();
  const headers = names.map((name) => `${name}:${(headerText(call.headers, name) ?? '').trim()}\n`).join('');
  return [call.method.toUpperCase(), '/', canonicalQuery(call.query), headers, names.join(';'), bodyHash].join('\n');
}

export function signV3(canonical: string, secret: string): string {
  return createHmac('sha256', secret)
    .update(`ACS3-HMAC-SHA256\n${sha256Hex(canonical)}`)
    .digest('hex');
}

function parseAuthorization(header: string): { id: string; signed: string[]; signature: string } {
  const match = /^(\S{1,64})\s+(.{1,4096})$/.exec(header);
  if (match?.[1] !== 'ACS3-HMAC-SHA256') throw fault('InvalidSignatureMethod');
  const parts = new Map<string, string>();
  for (const part of (match[2] ?? '').split(',')) {
    const cut = part.indexOf('=');
    if (cut > 0) parts.set(part.slice(0, cut).trim(), part.slice(cut + 1).trim());
  }
  const id = parts.get('Credential');
  const signed = parts.get('SignedHeaders');
  const signature = parts.get('Signature');
  if (!id || !signed || !signature) {
    throw fault('IncompleteSignature', 'Authorization needs Credential, SignedHeaders and Signature.');
  }
  return { id, signed: signed.toLowerCase().split(';'), signature };
}

/** Checks a V3 signature. @throws ApiError */
export function verifyV3(call: SignedCall, secretOf: SecretOf, now: number): Signer {
  const { id, signed, signature } = parseAuthorization(headerText(call.headers, 'authorization') ?? '');
  if (call.headers['x-acs-security-token'] !== undefined) throw fault('InvalidSecurityToken.Malformed');
  const must = [...MUST_BE_SIGNED, ...(call.body.length > 0 && call.headers['content-type'] ? ['content-type'] : [])];
  const lacking = must.find((name) => !signed.includes(name) || call.headers[name] === undefined);
  if (lacking !== undefined) throw fault('IncompleteSignature', `The header ${lacking} must be sent and signed.`);
  // The SDK signs every x-acs- header; one that is not signed was added on the way.
  const added = Object.keys(call.headers).find((name) => name.startsWith('x-acs-') && !signed.includes(name));
  if (added !== undefined) throw fault('IncompleteSignature', `The header ${added} is sent but not signed.`);
  const secret = secretOf(id);
  if (secret === null) throw fault('InvalidAccessKeyId.NotFound');
  const expires = checkTime(headerText(call.headers, 'x-acs-date'), now);
  const nonce = checkNonce(headerText(call.headers, 'x-acs-signature-nonce'));
  const bodyHash = headerText(call.headers, 'x-acs-content-sha256') ?? '';
  if (!equal(bodyHash, sha256Hex(call.body))) {
    throw fault('SignatureDoesNotMatch', 'x-acs-content-sha256 is not the hash of the body that arrived.');
  }
  const canonical = canonicalRequest(call, signed, bodyHash);
  if (!equal(signature, signV3(canonical, secret))) throw fault('SignatureDoesNotMatch');
  return { accessKeyId: id, nonce, expires };
}

/** The V1 signature of a call; `entries` are query and form without Signature. */
export function signV1(method: string, entries: readonly Entry[], secret: string): string {
  const text = `${method.toUpperCase()}&%2F&${percentEncode(canonicalQuery(entries))}`;
  return createHmac('sha1', `${secret}&`).update(text).digest('base64');
}

/** Checks a V1 signature. @throws ApiError */
export function verifyV1(call: SignedCall, secretOf: SecretOf, now: number): Signer {
  const entries = [...call.query, ...call.form];
  const values = new Map(entries);
  if (values.has('SecurityToken') || values.get('SignatureType') === 'BEARERTOKEN') {
    throw fault('InvalidSecurityToken.Malformed');
  }
  const lacking = [
    'AccessKeyId',
    'SignatureMethod',
    'SignatureNonce',
    'SignatureVersion',
    'Timestamp',
    'Signature',
  ].find((name) => !values.get(name));
  if (lacking !== undefined) throw fault('IncompleteSignature', `The signature lacks the parameter ${lacking}.`);
  if (values.get('SignatureMethod') !== 'HMAC-SHA1' || values.get('SignatureVersion') !== '1.0') {
    throw fault('InvalidSignatureMethod');
  }
  const id = values.get('AccessKeyId') ?? '';
  const secret = secretOf(id);
  if (secret === null) throw fault('InvalidAccessKeyId.NotFound');
  const expires = checkTime(values.get('Timestamp'), now);
  const nonce = checkNonce(values.get('SignatureNonce'));
  const signed = entries.filter(([name]) => name !== 'Signature');
  if (!equal(values.get('Signature') ?? '', signV1(call.method, signed, secret))) throw fault('SignatureDoesNotMatch');
  return { accessKeyId: id, nonce, expires };
}
