/**
 * What an RTMP client wants, from the three places where it may say so.
 *
 * Encoders differ: the key may be a query on the stream name (`NAME?key=KEY`, OBS and ffmpeg), on the application
 * (`live?key=KEY`) or only on the connection's `tcUrl`; the application may have a slash too many, or come with the name.
 */
import { streamName } from './stream-name.js';

export interface RtmpAddress {
  /** Full stream name, or `null` when it is not allowed. */
  stream: string | null;
  app: string;
  /** Empty when none was given. */
  key: string;
}

function split(text: string): { path: string; key: string | null } {
  const mark = text.indexOf('?');
  if (mark < 0) return { path: text, key: null };
  return { path: text.slice(0, mark), key: new URLSearchParams(text.slice(mark + 1)).get('key') };
}

/** All three as the client sent them; a key nearer to the name wins. */
export function parseRtmpAddress(app: string, name: string, tcUrl: string): RtmpAddress {
  const ofApp = split(app);
  const ofName = split(name);
  const parts = `${ofApp.path}/${ofName.path}`.split('/').filter((part) => part !== '');
  const [first = '', second = ''] = parts;
  return {
    stream: parts.length === 2 ? streamName(first, second) : null,
    app: first,
    key: ofName.key ?? ofApp.key ?? split(tcUrl).key ?? '',
  };
}
