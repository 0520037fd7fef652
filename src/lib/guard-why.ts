/**
 * Asks a guarding proxy why it refused something. FFmpeg tells only that the proxy answered with an error; so each input
 * has a user name of its own there, and the proxy remembers what it said to that user last.
 */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';

/** A name that the proxy answers itself. */
export const WHY_HOST = 'why.guard.invalid';
/** The proxy is on loopback, ms. */
const PATIENCE = 1000;
const MOST_CHARACTERS = 500;

/** The proxy's address under a user name that nobody else has. */
export function asOwnUser(proxy: string): string {
  const url = new URL(proxy);
  url.username = randomBytes(8).toString('hex');
  return url.href.replace(/\/$/, '');
}

/** In words; empty when it refused nothing, or cannot be asked. Never rejects. @param proxy from {@link asOwnUser} */
export async function whyRefused(proxy: string): Promise<string> {
  const { hostname, port, username, password } = new URL(proxy);
  const headers = {
    host: WHY_HOST,
    'proxy-authorization': `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
  };
  return new Promise((resolve) => {
    const asking = request({ hostname, port, path: `http://${WHY_HOST}/`, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text = (text + piece).slice(0, MOST_CHARACTERS);
      });
      response.on('end', () => resolve(response.statusCode === 200 ? text : ''));
      response.on('error', () => resolve(''));
    });
    const timer = setTimeout(() => asking.destroy(), PATIENCE);
    asking.on('error', () => resolve(''));
    asking.on('close', () => {
      clearTimeout(timer);
      resolve('');
    });
    asking.end();
  });
}
