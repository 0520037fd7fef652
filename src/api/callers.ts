/**
 * Who makes a call: an access key by its signature, or the page by its session. Nonces are remembered here, so one object
 * serves every door of the API: what was recorded at one cannot be sent again to another.
 */
import { timingSafeEqual } from 'node:crypto';
import { fault } from './errors.js';
import { NonceMemory } from './replay.js';
import type { Services } from './services.js';
import { type SignedCall, verifyV1, verifyV3 } from './signature.js';

export class Callers {
  readonly #services: Pick<Services, 'secrets' | 'clock'>;
  readonly #nonces = new NonceMemory();

  constructor(services: Pick<Services, 'secrets' | 'clock'>) {
    this.#services = services;
  }

  /**
   * The access key that signed a call, and uses up its nonce.
   * @param scheme `v3` in the headers, `v1` among the parameters, `none` not at all
   * @throws ApiError
   */
  identify(scheme: 'v3' | 'v1' | 'none', call: SignedCall): string {
    if (call.headers['x-acs-bearer-token'] !== undefined || call.headers['x-acs-zero-trust-idtoken'] !== undefined) {
      throw fault('InvalidSecurityToken.Malformed');
    }
    if (scheme === 'none')
      throw fault('IncompleteSignature', 'The call is not signed; sign it with an access key of this server.');
    const { accessKeyId, accessKeySecret } = this.#services.secrets;
    const known = Buffer.from(accessKeyId);
    const secretOf = (id: string): string | null => {
      const given = Buffer.from(id);
      return given.length === known.length && timingSafeEqual(given, known) ? accessKeySecret : null;
    };
    const now = this.#services.clock.now();
    const signer = scheme === 'v3' ? verifyV3(call, secretOf, now) : verifyV1(call, secretOf, now);
    this.#nonces.use(signer, now);
    return signer.accessKeyId;
  }
}
