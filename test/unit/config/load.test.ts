import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configHelp, loadConfig } from '../../../src/config/load.js';
import type { Config } from '../../../src/config/schema.js';
import { loadSecrets } from '../../../src/config/secrets.js';

function load(given: { argv?: string[]; env?: Record<string, string>; files?: Record<string, string> }): Config {
  const { argv = [], env = {}, files = {} } = given;
  return loadConfig({ argv, env, readFile: (path) => files[path] ?? null });
}

test('the defaults', () => {
  expect(load({})).toEqual({
    dataDir: 'data',
    host: '0.0.0.0',
    apiPort: 8080,
    mediaPort: 8081,
    rtmpPort: 1935,
    webrtcPort: 8082,
    webrtcAddresses: [],
    sourceAddresses: 'lan',
    videoEncoder: 'x264',
    demo: true,
    log: 'info',
    domains: {},
    limits: {
      studios: 50,
      sources: 24,
      layouts: 200,
      pictures: 16,
      sounds: 24,
      components: 32,
      callsFactor: 1,
      readers: 2000,
      sockets: 64,
    },
  });
});

test('file, environment and flags, each stronger than the one before', () => {
  const files = { 'castdeck.yml': 'apiPort: 1\nmediaPort: 1\nrtmpPort: 1\ndemo: off\nlimits: {sources: 3}' };
  const config = load({
    files,
    env: { CASTDECK_MEDIA_PORT: '2', CASTDECK_RTMP_PORT: '2', CASTDECK_LOG: '', OTHER: 'x' },
    argv: ['--rtmp-port=3', '--webrtc-addresses', '192.0.2.1, example.com'],
  });
  expect(config).toMatchObject({ apiPort: 1, mediaPort: 2, rtmpPort: 3, demo: false, log: 'info' });
  expect(config.webrtcAddresses).toEqual(['192.0.2.1', 'example.com']);
  expect(config.limits).toMatchObject({ sources: 3, studios: 50 });
});

test('switches, another file, other addresses of a domain', () => {
  expect(load({ argv: ['--no-demo'] }).demo).toBe(false);
  expect(load({ argv: ['--demo'], env: { CASTDECK_DEMO: 'off' } }).demo).toBe(true);
  const files = {
    'a.yml': 'domains: {Live.example.com: {rtmp: "rtmp://cdn.example.com/", http: "https://cdn.example.com"}}',
  };
  expect(load({ argv: ['--config', 'a.yml'], files }).domains).toEqual({
    'live.example.com': { rtmp: 'rtmp://cdn.example.com', http: 'https://cdn.example.com' },
  });
});

test.each<[Parameters<typeof load>[0], string[]]>([
  [{ argv: ['--api-prot', '1'] }, ['Unknown flag --api-prot', '--api-port']],
  [{ argv: ['serve'] }, ['Unknown flag serve']],
  [{ argv: ['--api-port'] }, ['--api-port needs a value', 'from 0 to 65535']],
  [{ argv: ['--api-port', '99999'] }, ['--api-port must be', 'from 0 to 65535']],
  [{ argv: ['--access-key-secret', 'x'] }, ['CASTDECK_ACCESS_KEY_SECRET']],
  [{ env: { CASTDECK_API_PROT: '1' } }, ['Unknown environment variable CASTDECK_API_PROT', 'CASTDECK_API_PORT']],
  [{ env: { CASTDECK_DEMO: 'maybe' } }, ['CASTDECK_DEMO must be on or off']],
  [{ env: { CASTDECK_SOURCE_ADDRESSES: 'any' } }, ['CASTDECK_SOURCE_ADDRESSES must be public, lan or all']],
  [{ env: { CASTDECK_ACCESS_KEY_ID: 'a' } }, ['must be given together']],
  [{ files: { 'castdeck.yml': 'apiPrt: 1' } }, ['Unknown setting apiPrt in castdeck.yml']],
  [{ files: { 'castdeck.yml': 'apiPort: true' } }, ['apiPort in castdeck.yml must be']],
  [{ files: { 'castdeck.yml': 'limits: {source: 1}' } }, ['Unknown setting source under limits in castdeck.yml']],
  [{ files: { 'castdeck.yml': 'limits: {sources: 1000}' } }, ['(sources) must be a number from 1 to 99']],
  [
    { files: { 'castdeck.yml': 'domains: {a.example: {http: "ftp://x"}}' } },
    ['(a.example.http)', 'http:// or https://'],
  ],
  [{ files: { 'castdeck.yml': 'domains: {"https://x.example": {}}' } }, ['https://x.example', 'a host name']],
  [{ files: { 'castdeck.yml': ': [' } }, ['is not YAML']],
  [{ files: { 'castdeck.yml': '- a' } }, ['must hold settings']],
  [{ argv: ['--config', 'none.yml'] }, ['none.yml, which does not exist']],
])('%j is refused with a sentence that helps', (given, parts) => {
  for (const part of parts) expect(() => load(given)).toThrow(part);
});

test('help names every flag and variable, and no secret as a flag', () => {
  const help = configHelp();
  for (const name of [
    '--data-dir',
    'CASTDECK_DATA_DIR',
    '--no-demo',
    'CASTDECK_PUBLISH_KEY',
    '[8080]',
    'callsFactor',
  ]) {
    expect(help).toContain(name);
  }
  expect(help).not.toContain('--publish-key');
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'castdeck-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('keys are made once, kept for their owner only, and the configuration wins', () => {
  const dataDir = join(folder, 'new', 'data');
  const first = loadSecrets({ dataDir });
  expect(first.accessKeyId).toMatch(/^CD[A-Za-z0-9]{20}$/);
  expect(new Set(Object.values(first)).size).toBe(3);
  expect(loadSecrets({ dataDir })).toEqual(first);
  expect(statSync(join(dataDir, 'keys.json')).mode & 0o777).toBe(0o600);
  expect(readdirSync(dataDir)).toEqual(['keys.json']);
  expect(loadSecrets({ dataDir, publishKey: 'given-key' })).toEqual({ ...first, publishKey: 'given-key' });
  expect(readFileSync(join(dataDir, 'keys.json'), 'utf8')).not.toContain('given-key');
  writeFileSync(join(dataDir, 'keys.json'), '{');
  expect(() => loadSecrets({ dataDir })).toThrow('is damaged');
});
