/** The HTTP server of the control process: the RPC gateway at `/`, the page, its sessions, event sockets, and /health. */
import fastifyCookie from '@fastify/cookie';
import Fastify, { type FastifyInstance } from 'fastify';
import { Callers } from './callers.js';
import { ApiError, fault } from './errors.js';
import { addEvents } from './events.js';
import { Gateway, isCall, sendError } from './gateway.js';
import { addPage } from './page.js';
import type { Services } from './services.js';
import { addSessionRoutes, Sessions } from './session.js';

/** Longest body, bytes. */
const BODY_LIMIT = 1024 * 1024;
/** Clients put all parameters into the address; a layout with many layers is longer than Node's 16 KiB. */
const HEADER_LIMIT = 64 * 1024;
/** Time in which a whole request must have arrived, ms. */
const REQUEST_TIMEOUT = 30_000;

/** A server that is ready to listen; the caller listens and closes. Bodies and parameters are never logged. */
export async function createApi(services: Services): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: 72_000,
    http: { maxHeaderSize: HEADER_LIMIT },
    // Ends idle keep-alive connections on close, so that stopping is bounded.
    forceCloseConnections: 'idle',
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  await app.register(fastifyCookie);

  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    const known =
      status >= 400 && status < 500
        ? new ApiError('InvalidParameter', status, `The request cannot be read: ${error.message}.`)
        : fault('InternalError');
    if (status >= 500) services.log.error({ err: error }, 'a request failed');
    return sendError(request, reply, { error: known, format: 'json' });
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.raw.url?.split('?', 1)[0];
    if (path === '/') return sendError(request, reply, { error: fault('UnsupportedHTTPMethod'), format: 'json' });
    if (path === '/health' || path === '/console/session') {
      reply.header('allow', path === '/health' ? 'GET' : 'GET, POST, DELETE');
      return reply.code(405).send({ message: 'This address does not take this method.' });
    }
    return reply.code(404).send({ message: 'There is nothing at this address; the API is at /.' });
  });

  const sendPage = await addPage(app, services);
  const sessions = new Sessions();
  const callers = new Callers(services);
  const gateway = new Gateway(services, { sessions, callers });
  addSessionRoutes(app, services, sessions);
  await addEvents(app, services, { sessions, callers });
  app.get('/health', async () => ({ status: 'ok' }));
  app.get('/', (request, reply) => (isCall(request) ? gateway.handle(request, reply) : sendPage(reply)));
  app.post('/', (request, reply) => gateway.handle(request, reply));
  return app;
}
