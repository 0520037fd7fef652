/**
 * One call from request to answer: decode, signature, throttle, operation, encode.
 *
 * Whatever happens, the answer is a body that clients can parse, with a RequestId that the log has as well. Neither
 * parameters nor headers are logged, since URLs of sources and signatures may be secret.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Callers } from './callers.js';
import { buildTree, decodePairs, type Entry, requireUnique } from './decode.js';
import { type Answer, CONTENT_TYPE, encode, type Format } from './encode.js';
import { type ApiError, asApiError, fault, missing } from './errors.js';
import { operationNamed } from './registry.js';
import type { Services } from './services.js';
import { isConsoleCall, renewSession, type Sessions, sessionIdOf } from './session.js';
import { RateLimiter } from './throttle.js';

export const VERSION = '2016-11-01';

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The query text of the address, as it was sent. */
export function queryText(request: Pick<FastifyRequest, 'raw'>): string {
  const url = request.raw.url ?? '/';
  const cut = url.indexOf('?');
  return cut < 0 ? '' : url.slice(cut + 1);
}

/** True when GET / is a call of the API rather than of the page. */
export function isCall(request: FastifyRequest): boolean {
  if (headerOf(request, 'x-acs-action') !== undefined) return true;
  return new URLSearchParams(queryText(request)).has('Action');
}

function formEntries(request: FastifyRequest, body: Buffer): Entry[] {
  if (body.length === 0) return [];
  const type = headerOf(request, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/x-www-form-urlencoded') return decodePairs(body.toString('utf8'));
  throw fault('InvalidParameter', 'Parameters in a body must be application/x-www-form-urlencoded.');
}

/** The way a caller shows who it is; decides the format of the answer too. */
type Scheme = 'v3' | 'v1' | 'console' | 'none';

export class Gateway {
  readonly #services: Services;
  readonly #sessions: Sessions;
  readonly #callers: Callers;
  readonly #limiter = new RateLimiter();

  constructor(services: Services, { sessions, callers }: { sessions: Sessions; callers: Callers }) {
    this.#services = services;
    this.#sessions = sessions;
    this.#callers = callers;
  }

  /** Answers the call; never rejects. */
  async handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const requestId = randomUUID().toUpperCase();
    // Clients that sign with headers can read nothing but JSON.
    let format: Format = request.headers.authorization || headerOf(request, 'x-acs-action') ? 'json' : 'xml';
    try {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const query = decodePairs(queryText(request));
      const form = formEntries(request, body);
      const entries = requireUnique([...query, ...form]);
      const parameters = new Map(entries);
      const scheme = this.#schemeOf(request, parameters);
      format = this.#formatOf(scheme, parameters, format);
      const caller =
        scheme === 'console'
          ? this.#sessions.nameOf(sessionIdOf(request))
          : this.#callers.identify(scheme, { method: request.method, headers: request.headers, query, form, body });
      const action = this.#stated(scheme, request, 'x-acs-action', parameters.get('Action'));
      if (!action) throw missing('Action');
      const version = this.#stated(scheme, request, 'x-acs-version', parameters.get('Version'));
      if (version !== VERSION && !(scheme === 'console' && !version)) throw fault('InvalidVersion');
      if (scheme === 'console') renewSession(request, reply, this.#sessions, this.#services.clock.now());
      const operation = operationNamed(action);
      this.#throttle(caller, operation.name, operation.qpsLimit);
      const answer = await operation.run(buildTree(entries), this.#services);
      return reply
        .code(200)
        .header('content-type', CONTENT_TYPE[format])
        .send(encode(format, `${operation.name}Response`, { RequestId: requestId, ...answer }));
    } catch (error) {
      return this.#sendError(request, reply, { error, format, requestId });
    }
  }

  /**
   * What a header or a parameter says. A V1 signature covers the parameter alone, so there the header may repeat it
   * (a current client with old signatures does) but not say anything else.
   */
  #stated(scheme: Scheme, request: FastifyRequest, header: string, parameter: string | undefined): string | undefined {
    const stated = headerOf(request, header);
    if (scheme !== 'v1') return stated ?? parameter;
    if (stated !== undefined && stated !== parameter) {
      throw fault('SignatureDoesNotMatch', `The header ${header} is not what was signed as a parameter.`);
    }
    return parameter;
  }

  #schemeOf(request: FastifyRequest, parameters: ReadonlyMap<string, string>): Scheme {
    if (request.headers.authorization !== undefined) return 'v3';
    if (parameters.has('Signature') || parameters.has('AccessKeyId')) return 'v1';
    if (isConsoleCall(request, this.#sessions, this.#services.clock.now())) return 'console';
    return 'none';
  }

  #formatOf(scheme: Scheme, parameters: ReadonlyMap<string, string>, standard: Format): Format {
    const asked = parameters.get('Format')?.toLowerCase();
    if (asked === 'json' || asked === 'xml') return asked;
    if (asked !== undefined && asked !== '') throw fault('InvalidParameter.Format');
    return scheme === 'console' ? 'json' : standard;
  }

  #throttle(caller: string, operation: string, qpsLimit: number): void {
    const rate = qpsLimit * this.#services.config.limits.callsFactor;
    const wait = this.#limiter.take(`${caller} ${operation}`, rate, rate, this.#services.clock.now());
    if (wait > 0) {
      throw fault(
        'Throttling.User',
        `${operation} may be called ${rate} times a second; try again in ${wait} ms.`,
        wait,
      );
    }
  }

  #sendError(
    request: FastifyRequest,
    reply: FastifyReply,
    failure: { error: unknown; format: Format; requestId: string },
  ): FastifyReply {
    const known = asApiError(failure.error);
    if (!known) this.#services.log.error({ requestId: failure.requestId, err: failure.error }, 'a call failed');
    return sendError(request, reply, { ...failure, error: known ?? fault('InternalError') });
  }
}

/** Writes an error in the form of the API. */
export function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  failure: { error: ApiError; format: Format; requestId?: string },
): FastifyReply {
  const { error, format } = failure;
  const answer: Answer = {
    RequestId: failure.requestId ?? randomUUID().toUpperCase(),
    HostId: (request.headers.host ?? '').slice(0, 255),
    Code: error.code,
    Message: error.message,
    Recommend: 'See docs/errors.md of Castdeck.',
  };
  if (error.retryAfterMs !== null) reply.header('x-acs-retry-after', error.retryAfterMs);
  return reply
    .code(error.status)
    .header('content-type', CONTENT_TYPE[format])
    .send(encode(format, 'Error', answer));
}
