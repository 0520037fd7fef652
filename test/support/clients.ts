/**
 * The official clients, unchanged, pointed at a server under test; and one plain request for what they cannot do (XML).
 * Parameters are given flattened, as they are on the wire: `BlendList.1`, `VideoLayer.1.FillMode`.
 */
import { createHmac, randomUUID } from 'node:crypto';
import openapi, { $OpenApiUtil } from '@alicloud/openapi-core';
import PopClient from '@alicloud/pop-core';

// Node hands out the CommonJS module as default, vitest the class in it; the types know Node's way only.
const loaded: unknown = openapi;
const OpenApi = typeof loaded === 'function' ? (loaded as typeof openapi.default) : openapi.default;

export type WireParams = Record<string, string | number | boolean>;

/** An answer as parsed JSON. Tests say what they expect of it. */
export type WireAnswer = Record<string, unknown>;

/** Whose server it is; `CastdeckServer` fits. */
export interface ApiTarget {
  /** `http://127.0.0.1:8080`. */
  apiUrl: string;
  keys: { accessKeyId: string; accessKeySecret: string };
}

export interface WireClient {
  /** @throws ApiCallError when the server answers with an error. */
  call(action: string, params?: WireParams): Promise<WireAnswer>;
}

export const API_VERSION = '2016-11-01';

/** An error answer, in the same form whichever client received it. */
export class ApiCallError extends Error {
  override readonly name = 'ApiCallError';
  readonly code: string;
  /** HTTP status; 0 when the client does not tell. */
  readonly status: number;
  /** The body of the answer. */
  readonly body: WireAnswer;
  constructor(code: string, status: number, message: string, body: WireAnswer) {
    super(message);
    this.code = code;
    this.status = status;
    this.body = body;
  }
}

function asObject(value: unknown): WireAnswer {
  return typeof value === 'object' && value !== null ? (JSON.parse(JSON.stringify(value)) as WireAnswer) : {};
}

function toText(params: WireParams): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
}

/** Both clients throw objects with a code and the body; anything else (no connection) is passed on as it is. */
function translate(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('data' in error)) return error;
  const body = asObject(error.data);
  if (typeof body.Code !== 'string') return error;
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 0;
  return new ApiCallError(String(error.code), status, error.message, body);
}

/** The current client: POST, everything in the query, signature V3 in a header. */
export function openApiClient(target: ApiTarget): WireClient {
  const { accessKeyId, accessKeySecret } = target.keys;
  const config = new $OpenApiUtil.Config({
    accessKeyId,
    accessKeySecret,
    endpoint: new URL(target.apiUrl).host,
    protocol: 'http',
  });
  const client = new OpenApi(config);
  return {
    async call(action, params = {}) {
      const described = new $OpenApiUtil.Params({
        action,
        version: API_VERSION,
        protocol: 'HTTP',
        pathname: '/',
        method: 'POST',
        authType: 'AK',
        style: 'RPC',
        reqBodyType: 'formData',
        bodyType: 'json',
      });
      const request = new $OpenApiUtil.OpenApiRequest({ query: toText(params) });
      const runtime = { readTimeout: 30_000, connectTimeout: 5_000 };
      try {
        const answer = await client.callApi(described, request, runtime as Parameters<typeof client.callApi>[2]);
        return asObject(answer.body);
      } catch (error) {
        throw translate(error);
      }
    },
  };
}

/** The older client: signature V1 among the parameters; GET unless told otherwise. */
export function popClient(target: ApiTarget, method: 'GET' | 'POST' = 'GET'): WireClient {
  const { accessKeyId, accessKeySecret } = target.keys;
  const client = new PopClient({ endpoint: target.apiUrl, apiVersion: API_VERSION, accessKeyId, accessKeySecret });
  return {
    async call(action, params = {}) {
      try {
        // formatParams would raise first letters, and some names of this API begin with a small one.
        const options = { method, formatParams: false, timeout: 30_000 };
        const answer = asObject(await client.request(action, toText(params), options));
        // With POST this client does not look at the status.
        if (typeof answer.Code === 'string' && answer.Code !== 'OK') {
          throw new ApiCallError(answer.Code, 0, String(answer.Message), answer);
        }
        return answer;
      } catch (error) {
        throw translate(error);
      }
    },
  };
}

function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Query of a GET with signature V1 (HMAC-SHA1), ready to be sent. */
export function signedQuery(target: ApiTarget, action: string, params: WireParams): string {
  const all: Record<string, string> = {
    Format: 'XML',
    ...toText(params),
    Action: action,
    Version: API_VERSION,
    AccessKeyId: target.keys.accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: randomUUID(),
    Timestamp: `${new Date().toISOString().slice(0, 19)}Z`,
  };
  const canonical = Object.entries(all)
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&');
  const hmac = createHmac('sha1', `${target.keys.accessKeySecret}&`);
  const signature = hmac.update(`GET&%2F&${percentEncode(canonical)}`).digest('base64');
  return `${canonical}&Signature=${percentEncode(signature)}`;
}

/** A call whose answer is XML (the default of the RPC form), as text. Error answers are returned, not thrown. */
export async function callXml(
  target: ApiTarget,
  action: string,
  params: WireParams = {},
): Promise<{ status: number; contentType: string; text: string }> {
  const response = await fetch(`${target.apiUrl}/?${signedQuery(target, action, params)}`, {
    signal: AbortSignal.timeout(30_000),
  });
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    text: await response.text(),
  };
}
