/**
 * Sessions of the web page: a random cookie instead of signatures, in memory (a restart ends them). A session ends 12
 * hours after it was last used, give or take half of that.
 *
 * The cookie is HttpOnly and SameSite=Strict, and counts only together with the header `x-castdeck-console: 1`, which
 * another site's page cannot send without asking first, and with an Origin, if one is sent, that is this very host.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Services } from './services.js';
import { RateLimiter } from './throttle.js';

const LIFETIME = 12 * 3600 * 1000;
/** The oldest session ends when there is one more. */
const MOST_SESSIONS = 1000;
/**
 * Failed attempts: a burst of ten, then one every six seconds from an address. There is no limit for all together: it
 * would let one stranger lock everybody out, and the secrets are too long to be guessed.
 */
const ATTEMPTS = { burst: 10, perSecond: 1 / 6 };

const credentials = z.union([
  z.strictObject({ accessKeyId: z.string().max(256), accessKeySecret: z.string().max(256) }),
  z.strictObject({ token: z.string().max(256) }),
]);

function equal(a: string, b: string): boolean {
  const left = createHash('sha256').update(a).digest();
  return timingSafeEqual(left, createHash('sha256').update(b).digest());
}

/** The open sessions, by the hash of their id, so that what lies in memory opens nothing. */
export class Sessions {
  readonly #ends = new Map<string, number>();

  open(now: number): string {
    const id = randomBytes(32).toString('base64url');
    for (const [key, end] of this.#ends) if (end <= now) this.#ends.delete(key);
    if (this.#ends.size >= MOST_SESSIONS) {
      const [oldest] = this.#ends.keys();
      if (oldest !== undefined) this.#ends.delete(oldest);
    }
    this.#ends.set(this.#key(id), now + LIFETIME);
    return id;
  }

  isOpen(id: string | undefined, now: number): boolean {
    return id !== undefined && (this.#ends.get(this.#key(id)) ?? 0) > now;
  }

  /** A name for a session that opens nothing, so that each is throttled for itself. */
  nameOf(id: string | undefined): string {
    return `console ${this.#key(id ?? '').slice(0, 16)}`;
  }

  /** Prolongs a session of which half is over. Returns false when it was not time yet. */
  renew(id: string, now: number): boolean {
    const key = this.#key(id);
    const end = this.#ends.get(key);
    if (end === undefined || end - now > LIFETIME / 2) return false;
    this.#ends.delete(key);
    this.#ends.set(key, now + LIFETIME);
    return true;
  }

  close(id: string): void {
    this.#ends.delete(this.#key(id));
  }

  #key(id: string): string {
    return createHash('sha256').update(id).digest('base64url');
  }
}

/** Cookies know no ports: servers on one host must not take each other's. */
function cookieName(request: FastifyRequest): string {
  return `castdeck_session_${request.socket.localPort ?? 0}`;
}

export function sessionIdOf(request: FastifyRequest): string | undefined {
  return request.cookies[cookieName(request)];
}

function setSessionCookie(request: FastifyRequest, reply: FastifyReply, id: string): void {
  reply.setCookie(cookieName(request), id, { ...cookieFacts(request), maxAge: LIFETIME / 1000 });
}

function cookieFacts(request: FastifyRequest) {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https' } as const;
}

/** Prolongs the session of a request, if it has one, when half of its time is over. */
export function renewSession(request: FastifyRequest, reply: FastifyReply, sessions: Sessions, now: number): void {
  const id = sessionIdOf(request);
  if (id !== undefined && sessions.renew(id, now)) setSessionCookie(request, reply, id);
}

/** False when a browser says that another site's page sends this. */
export function isSameOrigin(request: FastifyRequest): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/** True for a call by the page of an open session. */
export function isConsoleCall(request: FastifyRequest, sessions: Sessions, now: number): boolean {
  return (
    request.headers['x-castdeck-console'] === '1' && isSameOrigin(request) && sessions.isOpen(sessionIdOf(request), now)
  );
}

function isRight(services: Services, given: z.infer<typeof credentials>): boolean {
  if ('token' in given) return services.consoleToken !== '' && equal(given.token, services.consoleToken);
  const { accessKeyId, accessKeySecret } = services.secrets;
  const both = [equal(given.accessKeyId, accessKeyId), equal(given.accessKeySecret, accessKeySecret)];
  return both.every(Boolean);
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ message });
}

function parseBody(body: unknown): z.infer<typeof credentials> | null {
  if (!Buffer.isBuffer(body)) return null;
  try {
    return credentials.parse(JSON.parse(body.toString('utf8')));
  } catch {
    return null;
  }
}

/** POST, GET and DELETE /console/session. */
export function addSessionRoutes(app: FastifyInstance, services: Services, sessions: Sessions): void {
  const attempts = new RateLimiter(1000);
  app.post('/console/session', async (request, reply) => {
    const now = services.clock.now();
    if (!isSameOrigin(request)) return refuse(reply, 403, 'The page of another site cannot open a session.');
    const given = parseBody(request.body);
    if (!given) return refuse(reply, 400, 'Send JSON with accessKeyId and accessKeySecret, or with token.');
    if (!isRight(services, given)) {
      const wait = attempts.take(request.ip, ATTEMPTS.perSecond, ATTEMPTS.burst, now);
      if (wait === 0) return refuse(reply, 401, 'The access key or the token is not right.');
      reply.header('retry-after', Math.ceil(wait / 1000));
      return refuse(reply, 429, 'Too many attempts; wait a little.');
    }
    setSessionCookie(request, reply, sessions.open(now));
    return reply.code(200).send({ accessKeyId: services.secrets.accessKeyId });
  });

  app.get('/console/session', async (request, reply) => {
    const now = services.clock.now();
    if (!sessions.isOpen(sessionIdOf(request), now)) return refuse(reply, 401, 'There is no session.');
    renewSession(request, reply, sessions, now);
    return { accessKeyId: services.secrets.accessKeyId };
  });

  app.delete('/console/session', async (request, reply) => {
    if (!isSameOrigin(request)) return refuse(reply, 403, 'The page of another site cannot end a session.');
    const id = sessionIdOf(request);
    if (id !== undefined) sessions.close(id);
    reply.clearCookie(cookieName(request), cookieFacts(request));
    return reply.code(204).send();
  });
}
