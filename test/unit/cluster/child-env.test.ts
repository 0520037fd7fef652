/** What child processes see of the server's environment. */
import { afterEach, expect, test, vi } from 'vitest';
import { childEnv } from '../../../src/cluster/child-env.js';

afterEach(() => vi.unstubAllEnvs());

test('private authorities are passed on, secrets and proxies are not', () => {
  vi.stubEnv('NODE_EXTRA_CA_CERTS', '/etc/ca.pem');
  vi.stubEnv('CASTDECK_SECRET_KEY', 'x');
  vi.stubEnv('http_proxy', 'http://proxy/');
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const env = childEnv({ EXTRA: '1' });
  expect(env).toMatchObject({ NODE_EXTRA_CA_CERTS: '/etc/ca.pem', EXTRA: '1' });
  expect(Object.keys(env)).not.toContain('CASTDECK_SECRET_KEY');
  expect(Object.keys(env)).not.toContain('http_proxy');
  expect(Object.keys(env)).not.toContain('NODE_TLS_REJECT_UNAUTHORIZED');
});
