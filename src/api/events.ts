/**
 * GET /v1/events?CasterId=...: a WebSocket that tells what happens in a studio, at present its sound levels.
 *
 * The page is known by its session cookie and an Origin that is this very host; programs sign the query as for a call named
 * WatchCaster. Whoever is refused gets the answer of an HTTP request, before anything is upgraded. Of what comes in nothing
 * is known yet: messages end the socket.
 */
import type { Server } from 'node:http';
import fastifyWebsocket from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Callers } from './callers.js';
import { requireCaster } from './change.js';
import { buildTree, decodePairs } from './decode.js';
import { asApiError, fault } from './errors.js';
import { queryText, sendError, VERSION } from './gateway.js';
import { casterId } from './operation.js';
import type { Services } from './services.js';
import { isSameOrigin, type Sessions, sessionIdOf } from './session.js';
import { RateLimiter } from './throttle.js';
import { upgradesTo } from './upgrade.js';

export const EVENTS_PATH = '/v1/events';
const ACTION = 'WatchCaster';
/** Sockets that one caller may open a second. */
const PER_SECOND = 10;
/** Longest message from outside, bytes; a longer one ends the socket with code 1009. */
const MOST_INCOMING = 4096;

interface Doors {
  sessions: Sessions;
  callers: Callers;
}

/** Somebody who may watch. */
interface Caller {
  name: string;
  /** Whether he still may; sessions end. */
  isAllowed: () => boolean;
}

/** @throws ApiError */
function callerOf(request: FastifyRequest, services: Services, { sessions, callers }: Doors): Caller {
  const query = decodePairs(queryText(request));
  const parameters = new Map(query);
  if (parameters.has('Signature') || parameters.has('AccessKeyId')) {
    const call = { method: request.method, headers: request.headers, query, form: [], body: Buffer.alloc(0) };
    const name = callers.identify('v1', call);
    if (parameters.get('Action') !== ACTION) throw fault('InvalidAction.NotFound', `Action must be ${ACTION} here.`);
    if (parameters.get('Version') !== VERSION) throw fault('InvalidVersion');
    return { name, isAllowed: () => true };
  }
  const id = sessionIdOf(request);
  const isOpen = (): boolean => sessions.isOpen(id, services.clock.now());
  // Browsers name the page that opens a socket; without that it is none, and a cookie alone proves nothing.
  if (request.headers.origin !== undefined && isSameOrigin(request) && isOpen()) {
    return { name: sessions.nameOf(id), isAllowed: isOpen };
  }
  throw fault('IncompleteSignature', `The page needs a session of this very host; programs sign Action=${ACTION}.`);
}

/** Adds the route. The sockets belong to the watchers of the services, which are closed with the server. */
export async function addEvents(app: FastifyInstance, services: Services, doors: Doors): Promise<void> {
  const { watchers } = services;
  const limiter = new RateLimiter(1000);
  const admitted = new WeakMap<FastifyRequest, Caller & { casterId: string }>();

  const admit = async (request: FastifyRequest): Promise<void> => {
    const caller = callerOf(request, services, doors);
    const perSecond = PER_SECOND * services.config.limits.callsFactor;
    const wait = limiter.take(caller.name, perSecond, perSecond, services.clock.now());
    if (wait > 0) throw fault('Throttling.User', `Sockets may be opened ${perSecond} times a second.`, wait);
    const id = casterId.read(buildTree(decodePairs(queryText(request))).children.get('CasterId'), 'CasterId');
    await requireCaster(services, id);
    if (watchers.isFull) throw fault('ServiceUnavailable', 'As many sockets are open as this server is set up for.');
    admitted.set(request, { ...caller, casterId: id });
  };

  await app.register(fastifyWebsocket, {
    options: {
      maxPayload: MOST_INCOMING,
      autoPong: false,
      // Nothing but its upgrades is asked of it.
      server: upgradesTo(EVENTS_PATH, app.server) as Server,
    },
    // Too long a message, or a connection that broke: the socket closes by itself and says so.
    errorHandler: (error, socket) => {
      if (socket.readyState !== socket.OPEN) return;
      services.log.warn({ err: error }, 'an event socket failed');
      socket.terminate();
    },
    preClose: async () => {
      await watchers.close();
      app.websocketServer.close();
    },
  });

  app.route({
    method: 'GET',
    url: EVENTS_PATH,
    preValidation: async (request, reply) => {
      if (!request.ws) {
        reply.header('upgrade', 'websocket').header('connection', 'upgrade');
        return reply.code(426).send({ message: 'This address takes WebSocket connections only.' });
      }
      try {
        await admit(request);
      } catch (error) {
        const known = asApiError(error);
        if (!known) services.log.error({ err: error }, 'an event socket could not be opened');
        return sendError(request, reply, { error: known ?? fault('InternalError'), format: 'json' });
      }
    },
    handler: (_request, reply) => reply.code(426).send(),
    wsHandler: async (socket, request) => {
      const caller = admitted.get(request);
      // Others may have come while the studio was looked up.
      if (!caller || watchers.isFull) {
        socket.close(1013, 'As many sockets are open as this server is set up for.');
        return;
      }
      watchers.add(caller.casterId, socket, caller.isAllowed);
      if (!(await services.store.get(caller.casterId))) watchers.closeStudio(caller.casterId);
    },
  });
}
