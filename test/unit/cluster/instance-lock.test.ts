import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InstanceLock } from '../../../src/cluster/instance-lock.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'castdeck-lock-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a second owner is refused with the name of the folder, and may take the lock when the first lets go', async () => {
  const path = join(folder, 'lock');
  const first = await InstanceLock.take(path, 'The data folder x');
  await expect(InstanceLock.take(path, 'The data folder x')).rejects.toThrow('The data folder x is in use');
  await first.release();
  const second = await InstanceLock.take(path, 'The data folder x');
  await second.release();
});

test('what a killed owner left behind is replaced', async () => {
  const path = join(folder, 'lock');
  writeFileSync(path, '');
  const lock = await InstanceLock.take(path, 'The data folder x');
  await lock.release();
});
