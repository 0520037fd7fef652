/** An https server of a test's own, with a certificate that it made itself by the openssl program, for `localhost`. */
import { spawnSync } from 'node:child_process';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface TlsServer {
  port: number;
  /** The certificate, which is its own authority, in PEM. */
  ca: string;
  /** `METHOD path` of each request so far. */
  asked: string[];
  close(): Promise<void>;
}

/** Key and certificate in one text of PEM, and the certificate alone. @param name for which it is good */
export function makeCertificate(name = 'localhost'): { pem: string; ca: string } {
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', '-', '-out', '-'],
  ]);
  const pem = made.stdout.toString();
  const ca = /-----BEGIN CERTIFICATE-----[\s\S]*-----END CERTIFICATE-----\n/.exec(pem)?.[0] ?? '';
  return { pem, ca };
}

/** @param name for which the certificate is good */
export async function startTls(listener: RequestListener, name = 'localhost'): Promise<TlsServer> {
  const { pem, ca } = makeCertificate(name);
  const asked: string[] = [];
  const server = createServer({ key: pem, cert: ca }, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    ca,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
