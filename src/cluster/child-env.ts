/**
 * The environment of child processes: only what they need, so that neither secrets nor proxies leak into them.
 * `NODE_EXTRA_CA_CERTS` names the private authorities whose certificates sources may have (docs/adr/0011).
 */
const PASSED = [
  ...['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'SystemRoot'],
  ...['CASTDECK_LOG', 'NODE_V8_COVERAGE', 'NODE_EXTRA_CA_CERTS'],
];

export function childEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...extra };
  for (const name of PASSED) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}
