/** The API on a free port of the loopback address, over a store in a folder of its own and a {@link FakeRuntime}. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCallbacks } from '../../src/api/callbacks.js';
import { createApi } from '../../src/api/server.js';
import { type ApiDeps, type ApiSettings, createServices, type Services } from '../../src/api/services.js';
import { openStore } from '../../src/store/store.js';
import { FakeRuntime } from './fake-runtime.js';

export const KEYS = { accessKeyId: 'testid', accessKeySecret: 'testsecret' };
export const HUB = { mediaPort: 18081, rtmpPort: 1935 };

export const SETTINGS: ApiSettings = {
  sourceAddresses: 'lan',
  domains: {},
  limits: { studios: 5, sources: 4, layouts: 10, pictures: 4, sounds: 6, components: 6, sockets: 8, callsFactor: 1000 },
};

export interface StudioApi {
  apiUrl: string;
  keys: typeof KEYS;
  services: Services;
  runtime: FakeRuntime;
  /** What was logged as an error. */
  errors: unknown[];
  close(): Promise<void>;
}

export async function startStudioApi(
  changes: Partial<ApiDeps> = {},
  times: { pingMs?: number } = {},
): Promise<StudioApi> {
  const folder = await mkdtemp(join(tmpdir(), 'castdeck-api-'));
  const runtime = new FakeRuntime();
  const errors: unknown[] = [];
  const deps: ApiDeps = {
    config: SETTINGS,
    secrets: { ...KEYS, publishKey: 'publish-key' },
    store: await openStore(folder),
    runtime,
    clock: { now: () => Date.now() },
    log: { info: () => {}, warn: () => {}, error: (entry: unknown) => void errors.push(entry) },
    hub: HUB,
    consoleDir: null,
    consoleToken: 'token-of-this-start',
    ...changes,
  };
  const services = createServices(deps, times);
  const callbacks = startCallbacks(services, { retryPauseMs: 20, timeoutMs: 500 });
  const app = await createApi(services);
  const apiUrl = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    apiUrl,
    keys: KEYS,
    services,
    runtime,
    errors,
    async close() {
      await app.close();
      await callbacks.close();
      await services.store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
