/** Studios go back on air although the store cannot be read, or their engines do not start, at first. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDemo } from '../../../src/api/demo.js';
import { keepRestoring } from '../../../src/api/keep-restoring.js';
import { type StudioApi, startStudioApi } from '../../support/studio-api.js';

let api: StudioApi;

beforeEach(async () => {
  api = await startStudioApi();
});

afterEach(async () => {
  await api.close();
});

test('a store that cannot be read is logged and asked again, until the studios are on air', async () => {
  const id = String(await createDemo(api.services));
  api.runtime.running.clear();
  const list = vi.spyOn(api.services.store, 'list');
  list.mockRejectedValueOnce(new Error('disk I/O error')).mockRejectedValueOnce(new Error('disk I/O error'));
  await keepRestoring(api.services, { signal: new AbortController().signal, retryMs: 1 });
  expect([...api.runtime.running.keys()]).toEqual([id]);
  expect(list).toHaveBeenCalledTimes(3);
  expect(api.errors).toEqual([
    { err: expect.objectContaining({ message: 'disk I/O error' }) },
    { err: expect.objectContaining({ message: 'disk I/O error' }) },
  ]);
});

test('a studio that does not start is tried again', async () => {
  const id = String(await createDemo(api.services));
  api.runtime.running.clear();
  api.runtime.failures.push('start-timeout', 'engine-failed');
  await keepRestoring(api.services, { signal: new AbortController().signal, retryMs: 1 });
  expect([...api.runtime.running.keys()]).toEqual([id]);
  expect(api.errors).toHaveLength(2);
});

test('the end of the server ends the pause at once', async () => {
  const stopping = new AbortController();
  const list = vi.spyOn(api.services.store, 'list').mockRejectedValue(new Error('disk I/O error'));
  const done = keepRestoring(api.services, { signal: stopping.signal, retryMs: 600_000 });
  await vi.waitFor(() => expect(api.errors).toHaveLength(1));
  stopping.abort();
  await done;
  expect(list).toHaveBeenCalledTimes(1);
});
