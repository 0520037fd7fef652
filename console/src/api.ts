/**
 * Calls to the server that served this page. The session is a cookie that scripts cannot read; the header
 * `x-castdeck-console` keeps other sites from using it. Every wait is bounded.
 */

const API_VERSION = '2016-11-01';
const TIMEOUT_MS = 15_000;

/** The server answered with an error, or not at all. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** From the error catalogue, such as `InvalidCaster.NotFound`; `''` when there was no answer. */
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** True when the answer means that somebody has to sign in (again). */
export function needsSignIn(error: unknown): boolean {
  if (!(error instanceof CallError)) return false;
  if (error.status === 401) return true;
  return (error.status === 400 || error.status === 403) && /AccessKey|Signature|Security|Session/i.test(error.code);
}

/** True when a studio has no domain yet; then it cannot start, and has no scenes to be described. */
export function lacksDomain(error: unknown): boolean {
  return error instanceof CallError && error.code === 'InvalidDomainName.NotFound';
}

/** What to tell the operator. */
export function inWords(error: unknown): string {
  if (error instanceof CallError) return error.code ? `${error.message} (${error.code})` : error.message;
  return error instanceof Error ? error.message : String(error);
}

async function send(path: string, init: RequestInit): Promise<unknown> {
  let response: Response;
  let body: unknown = null;
  try {
    response = await fetch(path, {
      ...init,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { 'x-castdeck-console': '1', accept: 'application/json', ...init.headers },
    });
    const text = await response.text();
    if (text) body = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new CallError('', 0, 'The server answered something that is not JSON.');
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw new CallError('', 0, late ? 'The server did not answer in time.' : 'The server cannot be reached.');
  }
  if (response.ok) return body;
  // The API writes Code and Message, the session's own address message.
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const message = fields.Message ?? fields.message ?? `The server answered with status ${response.status}.`;
  throw new CallError(typeof fields.Code === 'string' ? fields.Code : '', response.status, String(message));
}

/** Runs one operation of the API. @throws CallError */
export function call(action: string, params: Record<string, string> = {}): Promise<unknown> {
  const query = new URLSearchParams({ Action: action, Version: API_VERSION, Format: 'JSON', ...params });
  return send(`/?${query}`, { method: 'POST' });
}

/** Opens a session with the token that the terminal printed, or with an access key. @throws CallError */
export async function signIn(
  proof: { token: string } | { accessKeyId: string; accessKeySecret: string },
): Promise<void> {
  await send('/console/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(proof),
  });
}

/** Asks whether the cookie still counts. @throws CallError with status 401 when it does not */
export async function checkSession(): Promise<void> {
  await send('/console/session', { method: 'GET' });
}

/** The token of `#token=...`, or null. */
export function tokenOf(fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('token') || null;
}
