/** Checks the map of CONTEXT.md against every file, and every rule against an example that breaks it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { importsOf, MAX_LINES, RULES, roomOf, type SourceFile } from './support/architecture.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function readFolder(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.split(sep).includes('node_modules') && !path.split(sep).includes('dist'))
    .map((path) => ({
      path: relative(root, path).split(sep).join('/'),
      text: readFileSync(path, 'utf8'),
    }));
}

const files = ['src', 'console', 'scripts', 'test'].flatMap(readFolder);

test('the files are found', () => {
  const paths = files.map((file) => file.path);
  expect(paths).toContain('src/link/frame.ts');
  expect(paths).toContain('test/architecture.test.ts');
});

describe('every file keeps the rule', () => {
  test.each(Object.entries(RULES))('%s', (_name, rule) => {
    expect(files.flatMap(rule)).toEqual([]);
  });
});

/** One file per rule and fault that must be found, and one close to it that must pass. */
const EXAMPLES: { rule: keyof typeof RULES; bad: SourceFile; good: SourceFile }[] = [
  {
    rule: 'importTable',
    bad: { path: 'src/hub/stream.ts', text: "import { Store } from '../store/store.js';" },
    good: { path: 'src/hub/stream.ts', text: "import { encodeHello } from '../link/frame.js';" },
  },
  {
    rule: 'importTable',
    bad: { path: 'src/domain/time.ts', text: "import { readFileSync } from 'node:fs';" },
    good: { path: 'src/lib/log.ts', text: "import { readFileSync } from 'node:fs';" },
  },
  {
    rule: 'importTable',
    bad: { path: 'src/domain/log.ts', text: "export { pino } from 'pino';" },
    good: { path: 'src/lib/log.ts', text: "export { pino } from 'pino';" },
  },
  {
    rule: 'importTable',
    bad: { path: 'src/misc/thing.ts', text: '' },
    good: { path: 'src/api/thing.ts', text: '' },
  },
  {
    rule: 'importTable',
    bad: { path: 'src/api/gateway.ts', text: "const x = await import('../cluster/supervisor.js');" },
    good: { path: 'src/main.ts', text: "const x = await import('./cluster/supervisor.js');" },
  },
  {
    rule: 'onlyAvImportsNodeAv',
    bad: { path: 'src/engine/video/compositor.ts', text: "import type { Frame } from 'node-av/lib';" },
    good: { path: 'src/engine/av/frame.ts', text: "import { Frame } from 'node-av';" },
  },
  {
    rule: 'consoleStandsAlone',
    bad: { path: 'console/src/api.ts', text: "import { Position } from '../../src/domain/desired.js';" },
    good: { path: 'console/src/api.ts', text: "import { layerBox } from './geometry.js';" },
  },
  {
    rule: 'protocolHasNoSockets',
    bad: { path: 'src/hub/protocol/amf.ts', text: "import net from 'node:net';" },
    good: { path: 'src/hub/ingest/rtmp.ts', text: "import net from 'node:net';" },
  },
  {
    rule: 'shortFiles',
    bad: { path: 'src/api/all.ts', text: 'x\n'.repeat(MAX_LINES + 1) },
    good: { path: 'src/api/all.ts', text: 'x\n'.repeat(MAX_LINES) },
  },
  {
    rule: 'noBarrels',
    bad: { path: 'src/engine/source/index.ts', text: '' },
    good: { path: 'src/engine/source/index-entry.ts', text: '' },
  },
  {
    rule: 'tellingNames',
    bad: { path: 'src/engine/sourceManager.ts', text: '' },
    good: { path: 'src/engine/source/management.ts', text: '' },
  },
  {
    rule: 'tellingNames',
    bad: { path: 'src/api/utils/text.ts', text: '' },
    good: { path: 'src/api/text.ts', text: '' },
  },
  {
    rule: 'clockIsPassedIn',
    bad: { path: 'src/engine/mixer/tick.ts', text: 'const now = performance.now();' },
    good: { path: 'src/engine/mixer/tick.ts', text: '// never performance.now() here\nconst now = clock.now();' },
  },
];

describe('every rule can fail', () => {
  test.each(EXAMPLES)('$rule: $bad.path', ({ rule, bad, good }) => {
    const check = RULES[rule];
    expect(check?.(bad)).toHaveLength(1);
    expect(check?.(good)).toEqual([]);
  });

  test('no rule is without an example', () => {
    expect(new Set(EXAMPLES.map((example) => example.rule))).toEqual(new Set(Object.keys(RULES)));
  });
});

test('all kinds of import are seen, comments are not', () => {
  const text = [
    "import a from 'a';",
    "import type { B } from 'b';",
    "import 'c';",
    'import {',
    '  d,',
    "} from 'd';",
    "export * from 'e';",
    "export { f } from 'f';",
    "const g = await import('g');",
    "type H = import('h').H;",
    "const i = require('i');",
    "// import 'no1';",
    "/** like import('no2') */",
  ].join('\n');
  expect(importsOf(text).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']);
});

test('rooms', () => {
  expect([roomOf('src/main.ts'), roomOf('src/hub/a/b.ts'), roomOf('test/x.ts')]).toEqual(['main', 'hub', null]);
});
