/**
 * Reads the configuration: defaults, then castdeck.yml, then the environment, then flags. Nothing is guessed: an
 * unknown name or a bad value is a {@link ConfigError} that names it and says what would be right.
 */
import { parse as parseYaml } from 'yaml';
import { type Config, configSchema, expectsAt, SETTINGS } from './schema.js';

/** The person who starts the server has to change something; the message says what. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface ConfigSources {
  /** Arguments behind the command, e.g. `['--api-port', '80']`. */
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** The text of a file, or `null` when it does not exist. Relative names are relative to the working directory. */
  readFile: (path: string) => string | null;
}

interface Given {
  value: unknown;
  /** Where it was given, for messages: `--api-port`, `CASTDECK_API_PORT`, `apiPort in castdeck.yml`. */
  where: string;
}

const STANDARD_FILE = 'castdeck.yml';

function unknownName(what: string, name: string, known: readonly string[]): ConfigError {
  return new ConfigError(`Unknown ${what} ${name}. Known are: ${known.join(', ')}.`);
}

function readFlags(argv: readonly string[]): { flags: Map<string, Given>; file: string | null } {
  const flags = new Map<string, Given>();
  let file: string | null = null;
  const names = ['--config', ...SETTINGS.flatMap((setting) => (setting.flag ? [setting.flag] : []))];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    const cut = word.indexOf('=');
    const name = cut < 0 ? word : word.slice(0, cut);
    const off = SETTINGS.find((setting) => setting.switchable && `--no-${setting.flag?.slice(2)}` === word);
    if (off) {
      flags.set(off.key, { value: 'off', where: word });
      continue;
    }
    const setting = SETTINGS.find((candidate) => candidate.flag === name);
    const secret = SETTINGS.find((candidate) => candidate.secret && candidate.env === flagToEnv(name));
    if (secret) throw new ConfigError(`${name} is secret and cannot be given as a flag; set ${secret.env} instead.`);
    if (!setting && name !== '--config') throw unknownName('flag', name, names);
    let value: string | undefined;
    if (cut >= 0) value = word.slice(cut + 1);
    else if (setting?.switchable && (argv[index + 1] ?? '--').startsWith('--')) value = 'on';
    else value = argv[++index];
    if (value === undefined || (cut < 0 && value.startsWith('--'))) {
      throw new ConfigError(`${name} needs a value: ${setting?.expects ?? 'the name of a file'}.`);
    }
    if (setting) flags.set(setting.key, { value, where: name });
    else file = value;
  }
  return { flags, file };
}

function flagToEnv(flag: string): string {
  return `CASTDECK_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`;
}

function readEnvironment(env: ConfigSources['env']): Map<string, Given> {
  const given = new Map<string, Given>();
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('CASTDECK_') || value === undefined) continue;
    const setting = SETTINGS.find((candidate) => candidate.env === name);
    if (!setting)
      throw unknownName(
        'environment variable',
        name,
        SETTINGS.map((known) => known.env),
      );
    // Compose files pass unset variables on as empty ones.
    if (value !== '') given.set(setting.key, { value, where: name });
  }
  return given;
}

function readConfigFile(sources: ConfigSources, named: string | null): Map<string, Given> {
  const path = named ?? STANDARD_FILE;
  const text = sources.readFile(path);
  if (text === null) {
    if (named !== null) throw new ConfigError(`--config names ${path}, which does not exist.`);
    return new Map();
  }
  let content: unknown;
  try {
    content = parseYaml(text, { maxAliasCount: 0 });
  } catch (error) {
    throw new ConfigError(`${path} is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (content === null || content === undefined) return new Map();
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new ConfigError(`${path} must hold settings like "apiPort: 8080".`);
  }
  const known = Object.keys(configSchema.shape);
  const given = new Map<string, Given>();
  for (const [key, value] of Object.entries(content)) {
    if (!known.includes(key)) throw unknownName('setting', `${key} in ${path}`, known);
    if (value !== null) given.set(key, { value, where: `${key} in ${path}` });
  }
  return given;
}

/** @throws ConfigError */
export function loadConfig(sources: ConfigSources): Config {
  const { flags, file } = readFlags(sources.argv);
  const given = new Map([...readConfigFile(sources, file), ...readEnvironment(sources.env), ...flags]);
  const raw = Object.fromEntries([...given].map(([key, { value }]) => [key, value]));
  const result = configSchema.safeParse(raw);
  if (!result.success) {
    const [issue] = result.error.issues;
    const path = issue?.path ?? [];
    const where = given.get(String(path[0]))?.where ?? String(path[0]);
    const inner = path.slice(1).map(String);
    if (issue?.code === 'unrecognized_keys') {
      throw new ConfigError(`Unknown setting ${[...inner, issue.keys[0]].join('.')} under ${where}.`);
    }
    if (issue?.code === 'invalid_key') {
      throw new ConfigError(
        `"${inner.join('.')}" under ${where} must be ${issue.issues[0]?.message ?? 'another name'}.`,
      );
    }
    const expects = expectsAt(path) ?? issue?.message ?? 'another value';
    throw new ConfigError(`${where}${inner.length > 0 ? ` (${inner.join('.')})` : ''} must be ${expects}.`);
  }
  const config = result.data;
  if ((config.accessKeyId === undefined) !== (config.accessKeySecret === undefined)) {
    throw new ConfigError('CASTDECK_ACCESS_KEY_ID and CASTDECK_ACCESS_KEY_SECRET must be given together.');
  }
  return config;
}

/** The text of `--help`: every setting with flag, variable, default and meaning. */
export function configHelp(): string {
  const lines = SETTINGS.flatMap((setting) => {
    const names = setting.flag ? `${setting.flag}, ${setting.env}` : setting.env;
    const off = setting.switchable ? ` (off: --no-${setting.flag?.slice(2)})` : '';
    const standard = setting.standard === '' ? '' : ` [${setting.standard}]`;
    return [`  ${names}${off}`, `      ${setting.help}: ${setting.expects}${standard}`];
  });
  return [
    'Settings, weakest first: castdeck.yml (or --config FILE), CASTDECK_* variables, flags.',
    'The file uses the names in camel case (dataDir, apiPort) and has two sections more:',
    '  domains: {example.com: {rtmp: ..., http: ..., whep: ...}}   other public addresses of a DomainName',
    `  limits: {${Object.keys(configSchema.shape.limits.unwrap().shape).join(', ')}}`,
    '',
    ...lines,
    '',
  ].join('\n');
}
