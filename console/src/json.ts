/**
 * Reading of answers with care: whatever is missing or of another type becomes empty, so that an odd answer never takes
 * the page down in the middle of a show.
 */

export type Json = Record<string, unknown>;

export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** 0 for what is no number. */
export function number(value: unknown): number {
  const result = Number(value);
  return Number.isFinite(result) ? result : 0;
}

/** A switch in whichever form it was written: `true`, `"true"`, 1. */
export function flag(value: unknown): boolean {
  return value === true || value === 'true' || number(value) === 1;
}

/** The list inside its wrapper: `{Caster: [...]}`. A bare list is taken as well. */
export function list(answer: unknown, wrapper: string, item: string): Json[] {
  const inner = object(answer)[wrapper];
  const items = Array.isArray(inner) ? inner : object(inner)[item];
  return Array.isArray(items) ? items.map(object) : [];
}

export function texts(value: unknown, item: string): string[] {
  const items = Array.isArray(value) ? value : object(value)[item];
  return Array.isArray(items) ? items.map(text) : [];
}
