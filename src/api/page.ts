/** The built web page and the headers that keep it from being abused. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Services } from './services.js';

/** The page talks to the API, and plays from the media port whatever this host is called, or from configured domains. */
function contentPolicy(services: Services): string {
  const media = Object.values(services.config.domains).flatMap((domain) => [domain.http, domain.whep]);
  const origins = media.flatMap((url) => (url !== undefined && URL.canParse(url) ? [new URL(url).origin] : []));
  const port = services.hub.mediaPort;
  const players = [...new Set(["'self'", `http://*:${port}`, `https://*:${port}`, ...origins])].join(' ');
  return [
    "default-src 'self'",
    `connect-src ${players}`,
    `media-src ${players} blob:`,
    "img-src 'self' data: blob:",
    "style-src 'self' 'unsafe-inline'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Adds `/assets/` and the headers of every answer; gives the function that answers GET / with the page. */
export async function addPage(
  app: FastifyInstance,
  services: Services,
): Promise<(reply: FastifyReply) => FastifyReply> {
  const policy = contentPolicy(services);
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    reply.header('x-frame-options', 'DENY');
    reply.header('content-security-policy', policy);
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  const folder = services.consoleDir;
  if (folder === null || !existsSync(join(folder, 'index.html'))) {
    return (reply) =>
      reply.code(404).type('text/plain; charset=utf-8').send('The console is not built: run "npm run build".\n');
  }
  await app.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    index: false,
    // Names of assets carry a hash of their content.
    immutable: true,
    maxAge: '365d',
  });
  return (reply) => reply.sendFile('index.html', folder, { cacheControl: false });
}
