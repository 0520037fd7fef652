/** Answers on the wire: JSON without an outer object, or XML with the root `{Operation}Response`; errors likewise. */
import XMLBuilder from 'fast-xml-builder';

export type Format = 'json' | 'xml';

/** Fields of an answer in the order they are written. `undefined` fields are left out; lists are always arrays. */
export type Answer = { [name: string]: unknown };

export const CONTENT_TYPE: Record<Format, string> = {
  json: 'application/json;charset=utf-8',
  // The official clients compare this text exactly when they look for an XML error.
  xml: 'text/xml;charset=utf-8',
};

/** Characters that XML 1.0 has no way to write (section 2.2); messages that quote a caller could hold some. */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const builder = new XMLBuilder({ ignoreAttributes: true, processEntities: true, suppressEmptyNode: true });

/** Without undefined fields, which the XML builder would write as empty elements. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

export function encode(format: Format, root: string, answer: Answer): string {
  if (format === 'json') return JSON.stringify(answer);
  const body = builder.build({ [root]: plain(answer) }).replace(NOT_XML, '');
  return `<?xml version="1.0" encoding="UTF-8"?>${body}`;
}
