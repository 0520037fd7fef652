/**
 * The types of parameters: each reads a {@link ParamNode} into a value that cannot be wrong, or throws an error that
 * names the parameter and says what would be right. An empty value counts as not given (semantics of the wire).
 */
import { z } from 'zod';
import type { ParamNode } from './decode.js';
import { type ErrorCode, fault, invalid, missing } from './errors.js';

export interface Param<T> {
  /** @param path the full name on the wire, for messages */
  read(node: ParamNode | undefined, path: string): T;
}

export type Shape = Record<string, Param<unknown>>;
export type Values<S extends Shape> = { [K in keyof S]: S[K] extends Param<infer T> ? T : never };

function isAbsent(node: ParamNode | undefined): node is undefined {
  return node === undefined || ((node.value === undefined || node.value === '') && node.children.size === 0);
}

export function required<T>(inner: Param<T>): Param<T> {
  return {
    read(node, path) {
      if (isAbsent(node)) throw missing(path);
      return inner.read(node, path);
    },
  };
}

export function optional<T>(inner: Param<T>): Param<T | undefined> {
  return { read: (node, path) => (isAbsent(node) ? undefined : inner.read(node, path)) };
}

export function withDefault<T>(inner: Param<T>, standard: T): Param<T> {
  return { read: (node, path) => (isAbsent(node) ? standard : inner.read(node, path)) };
}

/** One value from its text; `undefined` from `parse` means unusable. `code` replaces the pattern `Invalid{Name}`. */
function scalar<T>(parse: (text: string) => T | undefined, expects: string, code?: ErrorCode): Param<T> {
  return {
    read(node, path) {
      const text = node?.value;
      const value = text === undefined || node?.children.size ? undefined : parse(text);
      if (value === undefined) {
        throw code ? fault(code, `The parameter ${path} must be ${expects}.`) : invalid(path, expects);
      }
      return value;
    },
  };
}

/** True for text with control characters or halves of surrogate pairs, which neither XML nor people can read. */
export function isUnreadable(text: string): boolean {
  return /\p{Cc}|\p{Cs}/u.test(text);
}

/** Text without control characters, 1 to `max` characters; with `lines`, of several lines that end in \n. */
export function text(rule: {
  max: number;
  pattern?: RegExp;
  expects?: string;
  code?: ErrorCode;
  lines?: true;
}): Param<string> {
  const expects = rule.expects ?? `a text of at most ${rule.max} characters without control characters`;
  return scalar(
    (given) => {
      const value = rule.lines ? given.replace(/\r\n?/g, '\n') : given;
      const readable = !isUnreadable(rule.lines ? value.replaceAll('\n', ' ') : value);
      return value.length <= rule.max && readable && rule.pattern?.test(value) !== false ? value : undefined;
    },
    expects,
    rule.code,
  );
}

/** A plain decimal number within bounds. */
export function decimal(rule: { min: number; max: number; code?: ErrorCode }): Param<number> {
  return scalar(
    (value) => {
      if (!/^[+-]?\d{1,20}(\.\d{1,20})?$/.test(value)) return undefined;
      const number = Number(value);
      return number >= rule.min && number <= rule.max ? number : undefined;
    },
    `a number from ${rule.min} to ${rule.max}`,
    rule.code,
  );
}

export function integer(rule: { min: number; max: number; code?: ErrorCode }): Param<number> {
  return scalar(
    (value) => {
      if (!/^[+-]?\d{1,15}$/.test(value)) return undefined;
      const number = Number(value);
      return number >= rule.min && number <= rule.max ? number : undefined;
    },
    `a whole number from ${rule.min} to ${rule.max}`,
    rule.code,
  );
}

/** @param offered what a refusal names; without those that are known only to be refused in better words */
export function choice<const T extends string>(values: readonly T[], offered: readonly T[] = values): Param<T> {
  return scalar((value) => values.find((known) => known === value), `one of ${offered.join(', ')}`);
}

export function boolean(): Param<boolean> {
  return scalar((value) => (value === 'true' ? true : value === 'false' ? false : undefined), 'true or false');
}

const COLOR = /^0x[0-9a-f]{6}$/i;
const COLOR_EXPECTS = 'a colour from 0x000000 to 0xffffff';

/** A colour like `0xff0000`, as its number. */
export function color(): Param<number> {
  return scalar((value) => (COLOR.test(value) ? Number(value) : undefined), COLOR_EXPECTS);
}

/** `yyyy-MM-ddTHH:mm:ssZ`, as milliseconds since 1970. */
export function time(code: ErrorCode): Param<number> {
  return scalar(parseTime, 'a UTC time like 2026-01-02T03:04:05Z', code);
}

/** ISO 8601 in UTC with whole seconds; `undefined` for anything else. */
export function parseTime(value: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return undefined;
  const at = Date.parse(value);
  // A 30 February would silently become a 2 March.
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== value.slice(0, 19) ? undefined : at;
}

/**
 * `Name.1`, `Name.2`, ...: sorted by number, gaps closed (a null in a client's list leaves one), empty entries left
 * out. No entries give the empty list.
 */
export function list<T>(inner: Param<T>, most: number): Param<T[]> {
  return {
    read(node, path) {
      const indices: number[] = [];
      for (const key of node?.children.keys() ?? []) {
        if (!/^[1-9]\d{0,5}$/.test(key)) throw invalid(path, `a list: ${path}.1, ${path}.2 and so on`);
        indices.push(Number(key));
      }
      if (node?.value) throw invalid(path, `a list: ${path}.1, ${path}.2 and so on`);
      if (indices.length > most) throw invalid(path, `a list of at most ${most} entries`);
      indices.sort((a, b) => a - b);
      return indices.flatMap((index) => {
        const child = node?.children.get(String(index));
        return isAbsent(child) ? [] : [inner.read(child, `${path}.${index}`)];
      });
    },
  };
}

/** Named parameters below a name (or the whole call, with an empty path). Names that are not asked for are ignored. */
export function object<S extends Shape>(shape: S): Param<Values<S>> {
  return {
    read(node, path) {
      if (node?.value)
        throw invalid(
          path,
          `an object: ${Object.keys(shape)
            .map((key) => `${path}.${key}`)
            .join(', ')}`,
        );
      const entries = Object.entries(shape).map(([key, param]) => [
        key,
        param.read(node?.children.get(key), path === '' ? key : `${path}.${key}`),
      ]);
      return Object.fromEntries(entries) as Values<S>;
    },
  };
}

/** Levels of lists and objects in JSON; nothing that is known here has more than four. */
const DEEPEST_JSON = 16;

/**
 * Keys begin with a capital on the wire, but published samples write some of them small.
 * @throws RangeError when the value is too deep
 */
function capitalise(value: unknown, level = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (level === DEEPEST_JSON) throw new RangeError('too deep');
  if (Array.isArray(value)) return value.map((below) => capitalise(below, level + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) => [
      key.slice(0, 1).toUpperCase() + key.slice(1),
      capitalise(below, level + 1),
    ]),
  );
}

/**
 * JSON text in one value; the schema sees keys with a capital first letter.
 * @param code replaces the pattern `Invalid{Name}`
 */
export function json<T>(schema: z.ZodType<T>, expects: string, code?: ErrorCode): Param<T> {
  const unusable = (path: string, what: string): Error =>
    code ? fault(code, `The parameter ${path} must be ${what}.`) : invalid(path, what);
  return {
    read(node, path) {
      let content: unknown;
      try {
        content = capitalise(JSON.parse(node?.value ?? ''));
      } catch {
        throw unusable(path, `JSON: ${expects}`);
      }
      const result = schema.safeParse(content);
      if (result.success) return result.data;
      const [issue] = result.error.issues;
      const at = issue && issue.path.length > 0 ? `${issue.path.map(String).join('.')}: ` : '';
      // A schema of one kind says no more than what is expected anyway.
      const where = issue && (at !== '' || issue.code === 'unrecognized_keys') ? ` (${at}${issue.message})` : '';
      throw unusable(path, `${expects}${where}`);
    },
  };
}

/** A number in JSON, or its text. */
export const jsonNumber = z.union([
  z.number(),
  z
    .string()
    .regex(/^[+-]?\d{1,15}(\.\d{1,15})?$/)
    .transform(Number),
]);

/** A truth value in JSON, or its text, or 0 and 1. */
export const jsonFlag = z
  .union([z.boolean(), z.enum(['true', 'false', '0', '1']), z.literal(0), z.literal(1)])
  .transform((value) => value === true || value === 'true' || value === 1 || value === '1');

/** A colour in JSON, as its number. */
export const jsonColor = z.string().regex(COLOR, `must be ${COLOR_EXPECTS}`).transform(Number);

/** A list in JSON, or its text (JSON or separated by commas), as old samples have it. */
export function jsonList<T extends z.ZodType>(entry: T, most: number) {
  return z.preprocess((value) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      return value.split(',').map((part) => part.trim());
    }
  }, z.array(entry).max(most));
}

export const jsonTexts = jsonList(z.string().max(2048), 100);
