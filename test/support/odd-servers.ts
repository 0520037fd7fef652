/** Servers of files that are not as one would wish. Each listens on a free loopback port until it is closed. */
import { createReadStream, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Serves files whole, whatever part is asked for. */
export async function servePlain(from: string): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    createReadStream(join(from, request.url ?? '')).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Serves files with ranges, but breaks off each answer after 600 kB. */
export async function serveBreaking(
  from: string,
): Promise<{ url: string; breaks: () => number; close: () => Promise<void> }> {
  let breaks = 0;
  const server = createServer((request, response) => {
    const bytes = readFileSync(join(from, request.url ?? ''));
    const first = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(206, {
      'accept-ranges': 'bytes',
      'content-length': bytes.length - first,
      'content-range': `bytes ${first}-${bytes.length - 1}/${bytes.length}`,
    });
    response.write(bytes.subarray(first, first + 600_000), () => {
      if (first + 600_000 >= bytes.length) return;
      breaks++;
      setTimeout(() => response.destroy(), 50);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, breaks: () => breaks, close };
}

/** Serves files with ranges, each answer `delayMs` after it was asked for. */
export async function serveSlow(
  from: string,
): Promise<{ url: string; setDelay: (ms: number) => void; close: () => Promise<void> }> {
  let delayMs = 0;
  const server = createServer((request, response) => {
    const bytes = readFileSync(join(from, request.url ?? ''));
    const first = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    setTimeout(() => {
      response.writeHead(206, {
        'accept-ranges': 'bytes',
        'content-length': bytes.length - first,
        'content-range': `bytes ${first}-${bytes.length - 1}/${bytes.length}`,
      });
      response.end(bytes.subarray(first));
    }, delayMs);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  const setDelay = (ms: number): void => {
    delayMs = ms;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, setDelay, close };
}
