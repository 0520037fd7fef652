/**
 * The rules of the map in CONTEXT.md as pure functions over the text of files. Each answers with sentences that name the
 * file and the fault; none means the rule is kept. Reading the disk is left to the test.
 */

export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  path: string;
  text: string;
}

export type Rule = (file: SourceFile) => string[];

/** Rooms of `src/` and the rooms that each may import besides itself. `main` (src/main.ts) may import everything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  domain: [],
  config: ['domain', 'lib'],
  store: ['domain', 'lib'],
  link: ['domain', 'lib'],
  engine: ['domain', 'lib', 'link'],
  hub: ['domain', 'lib', 'link'],
  api: ['domain', 'lib', 'store'],
  cluster: ['domain', 'lib', 'store'],
  cli: [],
};

/** Rooms that use no npm package. (lib may: a logger and address ranges are better taken than written.) */
const WITHOUT_PACKAGES: readonly string[] = ['domain'];
const SOCKET_MODULES = /^(node:)?(net|tls|dgram|http|https|http2)$/;
export const MAX_LINES = 400;

/** Text without comments, good enough to search: strings that hold comment marks at the start of a line are rare here. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** Module specifiers of static and dynamic imports, re-exports and `require`, types included. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const patterns = [
    /(?:^|[;}\s])(?:import|export)\b[^;'"`()]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /(?:^|[;}\s])import\s*['"]([^'"]+)['"]/g,
    /\b(?:import|require)\s*\(\s*['"`]([^'"`]+)['"`]/g,
  ];
  const found = new Set<string>();
  for (const pattern of patterns) {
    for (const match of code.matchAll(pattern)) if (match[1]) found.add(match[1]);
  }
  return [...found];
}

/** `src/hub/stream.ts` gives `hub`, `src/main.ts` gives `main`, anything outside `src/` gives null. */
export function roomOf(path: string): string | null {
  const match = /^src\/([^/]+)(\/|$)/.exec(path);
  if (!match?.[1]) return null;
  return match[2] === '/' ? match[1] : match[1].replace(/\.ts$/, '');
}

/** Path that a relative specifier names, `.js` endings as they are. */
export function resolveRelative(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** The import table. */
export const importTable: Rule = ({ path, text }) => {
  const room = roomOf(path);
  if (room === null || room === 'main') return [];
  const allowed = MAY_IMPORT[room];
  if (!allowed) return [`${path}: ${room}/ is not a room of the map`];
  const faults: string[] = [];
  for (const specifier of importsOf(text)) {
    if (specifier.startsWith('.')) {
      const target = resolveRelative(path, specifier);
      const other = roomOf(target);
      if (other === null) faults.push(`${path}: ${specifier} leaves src/`);
      else if (other !== room && !allowed.includes(other)) faults.push(`${path}: ${room} must not import ${target}`);
    } else if (specifier.startsWith('node:')) {
      if (room === 'domain') faults.push(`${path}: domain must not import ${specifier}`);
    } else if (WITHOUT_PACKAGES.includes(room)) {
      faults.push(`${path}: ${room} must not import the package ${specifier}`);
    }
  }
  return faults;
};

/** Native media code is reached in one place only. */
export const onlyAvImportsNodeAv: Rule = ({ path, text }) => {
  if (!path.startsWith('src/') || path.startsWith('src/engine/av/')) return [];
  return importsOf(text)
    .filter((specifier) => specifier === 'node-av' || specifier.startsWith('node-av/'))
    .map((specifier) => `${path}: only src/engine/av may import ${specifier}`);
};

/** The page knows the server by HTTP alone, and the server does not know the page. */
export const consoleStandsAlone: Rule = ({ path, text }) => {
  const faults: string[] = [];
  for (const specifier of importsOf(text).filter((name) => name.startsWith('.'))) {
    const target = resolveRelative(path, specifier);
    if (path.startsWith('console/') && !target.startsWith('console/')) {
      faults.push(`${path}: the console must not import ${target}`);
    }
    if (path.startsWith('src/') && target.startsWith('console/')) faults.push(`${path}: must not import ${target}`);
  }
  return faults;
};

/** `hub/protocol` turns bytes into values and back; sockets are its caller's. */
export const protocolHasNoSockets: Rule = ({ path, text }) => {
  if (!path.startsWith('src/hub/protocol/')) return [];
  return importsOf(text)
    .filter((specifier) => SOCKET_MODULES.test(specifier))
    .map((specifier) => `${path}: hub/protocol must not import ${specifier}`);
};

/** A file is one noun and can be read in one go. */
export const shortFiles: Rule = ({ path, text }) => {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return lines > MAX_LINES ? [`${path}: ${lines} lines, at most ${MAX_LINES}`] : [];
};

/** No file that only re-exports others. */
export const noBarrels: Rule = ({ path }) =>
  /(^|\/)index\.[cm]?tsx?$/.test(path) ? [`${path}: no barrels; import from the file that owns the noun`] : [];

/** Names that say nothing collect everything. */
export const tellingNames: Rule = ({ path }) => {
  const words = path
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[/.\-_]/);
  const empty = words.find((word) => /^(utils?|commons?|helpers?|managers?)$/.test(word));
  return empty ? [`${path}: "${empty}" is not a noun of this project`] : [];
};

/** What the mixer does depends on the time it is given, never on the time it reads. */
export const clockIsPassedIn: Rule = ({ path, text }) => {
  if (!/^src\/engine\/(mixer|video|audio)\//.test(path)) return [];
  const code = withoutComments(text);
  return [...code.matchAll(/\b(Date\.now|performance\.now|process\.hrtime(?:\.bigint)?|new Date)\s*\(/g)].map(
    (match) => `${path}: reads the clock (${match[1]}); it is passed in`,
  );
};

export const RULES: Readonly<Record<string, Rule>> = {
  importTable,
  onlyAvImportsNodeAv,
  consoleStandsAlone,
  protocolHasNoSockets,
  shortFiles,
  noBarrels,
  tellingNames,
  clockIsPassedIn,
};
