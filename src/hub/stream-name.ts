/** Names of streams: `live/NAME` is pushed by encoders and needs a key, `caster/NAME` is made by engines. */

const PART = /^[A-Za-z0-9_.-]{1,128}$/;

export type StreamApp = 'live' | 'caster';

/** The name inside the hub, or `null` when application or name is not allowed. */
export function streamName(app: string, name: string): string | null {
  if (app !== 'live' && app !== 'caster') return null;
  return PART.test(name) ? `${app}/${name}` : null;
}

/** The application of a full stream name, or `null` when the name is not allowed. */
export function streamApp(stream: string): StreamApp | null {
  const slash = stream.indexOf('/');
  const app = stream.slice(0, Math.max(0, slash));
  return streamName(app, stream.slice(slash + 1)) === null ? null : (app as StreamApp);
}
