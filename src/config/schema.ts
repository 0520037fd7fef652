/**
 * Every setting, in one place: its type, default, what a right value looks like and a sentence of help. The loader,
 * the environment names, the flags and `--help` are all made from it.
 */
import { z } from 'zod';
import { ENCODER_KINDS } from '../domain/engine.js';

/** How a setting is offered besides the file. */
export interface SettingFacts {
  help: string;
  /** What a right value looks like, for error messages. */
  expects: string;
  /** Not offered as a flag, because flags can be seen in the list of processes. */
  secret?: true;
}

const facts = z.registry<SettingFacts>();

/** Digits count as the number they write; everything else stays what it is, and is refused if that is not a number. */
const numeric = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;

function portSetting(standard: number, help: string) {
  return z
    .preprocess(numeric, z.number().int().min(0).max(65_535))
    .default(standard)
    .register(facts, { help, expects: 'a port number from 0 to 65535 (0 picks a free one)' });
}

/** A limit of the file's `limits` section. */
function limit(standard: number, least: number, most: number, help: string) {
  return z
    .number()
    .min(least)
    .max(most)
    .default(standard)
    .register(facts, { help, expects: `a number from ${least} to ${most}` });
}

const baseUrl = (schemes: string) =>
  z
    .string()
    .regex(new RegExp(`^(${schemes})://[^/?#\\s]+(/[^?#\\s]*)?$`))
    .transform((text) => text.replace(/\/+$/, ''))
    .optional()
    .register(facts, { help: '', expects: `a URL that begins with ${schemes.split('|').join(':// or ')}://` });

const domain = z.strictObject({
  rtmp: baseUrl('rtmp|rtmps'),
  http: baseUrl('http|https'),
  whep: baseUrl('http|https'),
});

const limits = z.strictObject({
  studios: limit(50, 1, 10_000, 'studios'),
  sources: limit(24, 1, 99, 'sources of a studio'),
  layouts: limit(200, 1, 1000, 'layouts of a studio'),
  pictures: limit(16, 1, 64, 'pictures in a layout'),
  sounds: limit(24, 1, 99, 'sounds in a mix'),
  components: limit(32, 1, 99, 'components of a studio'),
  sockets: limit(64, 1, 10_000, 'event sockets of all studios together'),
  callsFactor: limit(1, 0.1, 1000, 'factor on the calls per second and operation that the API publishes'),
  readers: limit(2000, 1, 100_000, 'viewers of all streams together'),
});

const listOfHosts = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((part) => part.trim())
          .filter(Boolean)
      : value,
  z.array(z.string().regex(/^[0-9A-Za-z.:-]+$/)).max(16),
);

const onOff = z.preprocess((value) => (value === 'on' ? true : value === 'off' ? false : value), z.boolean());

export const configSchema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .default('data')
    .register(facts, { help: 'folder for the database and the keys', expects: 'a folder name' }),
  host: z
    .string()
    .regex(/^[0-9A-Za-z.:-]+$/)
    .default('0.0.0.0')
    .register(facts, { help: 'address to listen on', expects: 'an IP address or host name, 0.0.0.0 or :: for all' }),
  apiPort: portSetting(8080, 'TCP port of the API and the console'),
  mediaPort: portSetting(8081, 'TCP port of HTTP-FLV, HLS and WHEP'),
  rtmpPort: portSetting(1935, 'TCP port of RTMP'),
  webrtcPort: portSetting(8082, 'UDP port of WebRTC'),
  webrtcAddresses: listOfHosts.default([]).register(facts, {
    help: 'further addresses to offer to WebRTC viewers, comma separated',
    expects: 'up to 16 addresses, separated by commas',
  }),
  accessKeyId: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/)
    .optional()
    .register(facts, {
      help: 'access key id of the API; made at first start unless given',
      expects: 'up to 128 letters, digits, dots, dashes and underscores',
    }),
  accessKeySecret: z
    .string()
    .min(8)
    .max(256)
    .optional()
    .register(facts, { help: 'secret of that key', expects: 'a text of 8 to 256 characters', secret: true }),
  publishKey: z
    .string()
    .regex(/^[A-Za-z0-9._~-]{8,128}$/)
    .optional()
    .register(facts, {
      help: 'key that encoders add to push a stream (?key=...); made at first start unless given',
      expects: '8 to 128 letters, digits, dots, dashes, tildes and underscores',
      secret: true,
    }),
  sourceAddresses: z.enum(['public', 'lan', 'all']).default('lan').register(facts, {
    help: 'what sources, pictures and callbacks may point at: public = the internet, lan = private networks too, all = this machine too',
    expects: 'public, lan or all',
  }),
  videoEncoder: z
    .enum(['auto', ...ENCODER_KINDS])
    .default('x264')
    .register(facts, {
      help: 'what codes pictures; hardware that cannot be used falls back to x264, auto looks for some',
      expects: 'x264, auto, nvenc, qsv, vaapi or videotoolbox',
    }),
  demo: onOff
    .default(true)
    .register(facts, { help: 'make a demo studio when there is no studio yet', expects: 'on or off' }),
  log: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info').register(facts, {
    help: 'least important message that is written',
    expects: 'fatal, error, warn, info, debug, trace or silent',
  }),
  domains: z
    .record(
      z
        .string()
        .toLowerCase()
        .regex(/^[a-z0-9.-]+$/, 'a host name such as live.example.com'),
      domain,
    )
    .default({}),
  limits: limits.prefault({}),
});

export type Config = z.infer<typeof configSchema>;

/** One setting that has an environment name, and a flag unless it is secret. */
export interface Setting extends SettingFacts {
  key: string;
  env: string;
  flag: string | null;
  /** `--no-x` exists as well. */
  switchable: boolean;
  standard: string;
}

/** All settings but `domains` and `limits`, which only the file has. */
export const SETTINGS: readonly Setting[] = Object.entries(configSchema.shape).flatMap(([key, schema]): Setting[] => {
  const known = facts.get(schema as unknown as z.ZodType);
  if (!known) return [];
  const standard: unknown = (schema as unknown as z.ZodType).safeParse(undefined).data;
  const kebab = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return [
    {
      ...known,
      key,
      env: `CASTDECK_${kebab.replaceAll('-', '_').toUpperCase()}`,
      flag: known.secret ? null : `--${kebab}`,
      switchable: typeof standard === 'boolean',
      standard:
        typeof standard === 'boolean' ? (standard ? 'on' : 'off') : standard === undefined ? '' : String(standard),
    },
  ];
});

/** What a right value of the setting at this path looks like, or `null` when the path is unknown. */
export function expectsAt(path: readonly PropertyKey[]): string | null {
  let schema: z.ZodType | undefined = configSchema;
  for (const step of path) {
    while (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault) schema = schema.unwrap() as z.ZodType;
    const known = schema ? facts.get(schema) : undefined;
    if (known) return known.expects;
    if (schema instanceof z.ZodObject) schema = schema.shape[String(step)] as z.ZodType | undefined;
    else if (schema instanceof z.ZodRecord) schema = schema.valueType as z.ZodType;
    else return null;
  }
  return (schema ? facts.get(schema)?.expects : undefined) ?? null;
}
