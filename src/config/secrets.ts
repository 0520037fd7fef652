/**
 * The keys of an installation: made at the first start from the system's random source, kept in `keys.json` in the
 * data folder (mode 0600, written whole or not at all). What the configuration gives wins and is not written down.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from './schema.js';

export interface Secrets {
  accessKeyId: string;
  accessKeySecret: string;
  publishKey: string;
}

const stored = z.strictObject({
  accessKeyId: z.string().min(1),
  accessKeySecret: z.string().min(1),
  publishKey: z.string().min(1),
});

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

function letters(count: number): string {
  return Array.from({ length: count }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

function read(path: string): Secrets | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return stored.parse(JSON.parse(text));
  } catch {
    throw new Error(`${path} is damaged; restore it, or delete it to have new keys made.`);
  }
}

function write(path: string, secrets: Secrets): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(file, `${JSON.stringify(secrets, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

/**
 * The keys to use; makes the data folder (0700) and the file when they are missing.
 * @throws Error when the file is damaged or cannot be written
 */
export function loadSecrets(
  config: Pick<Config, 'dataDir' | 'accessKeyId' | 'accessKeySecret' | 'publishKey'>,
): Secrets {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const path = join(config.dataDir, 'keys.json');
  let kept = read(path);
  if (!kept) {
    kept = { accessKeyId: `CD${letters(20)}`, accessKeySecret: letters(40), publishKey: letters(24) };
    write(path, kept);
  }
  chmodSync(path, 0o600);
  return {
    accessKeyId: config.accessKeyId ?? kept.accessKeyId,
    accessKeySecret: config.accessKeySecret ?? kept.accessKeySecret,
    publishKey: config.publishKey ?? kept.publishKey,
  };
}
