/**
 * From the bytes of a call to its parameters. Query and form are merged; names like `VideoLayer.2.FillMode` become a
 * tree. Everything is bounded: 2,000 parameters, six levels of names, a form of 1 MiB (the server's body limit).
 */
import { fault } from './errors.js';

export type Entry = readonly [name: string, value: string];

/** A parameter with what is below its name. `value` is undefined when only longer names were given. */
export interface ParamNode {
  value: string | undefined;
  children: Map<string, ParamNode>;
}

const MOST_PARAMETERS = 2000;
const DEEPEST = 6;

/**
 * The decoded pairs of a query or a form body, in the order they came.
 * @throws ApiError InvalidParameter when a name comes twice or there are too many
 */
export function decodePairs(text: string): Entry[] {
  const entries: Entry[] = [...new URLSearchParams(text)];
  return requireUnique(entries);
}

/** @throws ApiError InvalidParameter: a name that comes twice could be signed in one meaning and used in the other. */
export function requireUnique(entries: Entry[]): Entry[] {
  if (entries.length > MOST_PARAMETERS) {
    throw fault('InvalidParameter', `The call has more than ${MOST_PARAMETERS} parameters.`);
  }
  const names = new Set<string>();
  for (const [name] of entries) {
    if (names.has(name)) throw fault('InvalidParameter', `The parameter ${name.slice(0, 100)} was given twice.`);
    names.add(name);
  }
  return entries;
}

/** The tree of all parameters. Maps, so that no name means anything to JavaScript. */
export function buildTree(entries: readonly Entry[]): ParamNode {
  const root: ParamNode = { value: undefined, children: new Map() };
  for (const [name, value] of entries) {
    const parts = name.split('.', DEEPEST + 1);
    if (parts.length > DEEPEST)
      throw fault('InvalidParameter', `The parameter name ${name.slice(0, 100)} is too deep.`);
    let node = root;
    for (const part of parts) {
      let child = node.children.get(part);
      if (!child) {
        child = { value: undefined, children: new Map() };
        node.children.set(part, child);
      }
      node = child;
    }
    node.value = value;
  }
  return root;
}
