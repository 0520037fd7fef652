/**
 * Fetches the bytes of a picture by http(s) URL: through the guarding proxy, at most {@link MAX_PICTURE_BYTES}, within
 * {@link TIMEOUT_MS} with all redirects. Nothing of the answer is believed but its status, its place and its bytes.
 */
import { ProxyAgent, request } from 'undici';

/** The API's limit for pictures by URL. */
export const MAX_PICTURE_BYTES = 10 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 5;

/**
 * @param url http or https
 * @param proxy address of the guarding proxy
 * @param outer calls the fetch off
 * @throws Error in words when it cannot be fetched or is too large
 */
export async function fetchPicture(url: string, proxy: string, outer: AbortSignal): Promise<Buffer> {
  const dispatcher = new ProxyAgent({ uri: proxy });
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = AbortSignal.any([outer, timeout]);
  try {
    let target = url;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const response = await request(target, { dispatcher, signal });
      // A body that is not read to its end fails when the connection is let go, and nobody else would hear of it.
      response.body.on('error', () => {});
      const location = response.headers.location;
      if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === 'string') {
        await response.body.dump();
        target = new URL(location, target).href;
        if (!/^https?:/.test(target)) throw new Error('the picture redirects to something that is not http');
        continue;
      }
      if (response.statusCode !== 200) throw new Error(`the server answered ${response.statusCode}`);
      return await readBounded(response.body);
    }
    throw new Error('too many redirects');
  } catch (error) {
    if (timeout.aborted && !outer.aborted) throw new Error(`the server took longer than ${TIMEOUT_MS / 1000} s`);
    throw error;
  } finally {
    await dispatcher.destroy();
  }
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_PICTURE_BYTES) throw new Error('the picture is larger than 10 MB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
