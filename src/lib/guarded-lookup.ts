/**
 * Connections that go only where the configuration lets them: names are resolved here, and the connection is made to the
 * very address that was checked, so that a name which resolves differently the second time leads nowhere else.
 */
import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { type AddressPolicy, addressAllowed } from './address.js';

/** The other end lies where the configuration does not let us connect. */
export class RefusedAddressError extends Error {
  override readonly name = 'RefusedAddressError';
}

/** For the `lookup` option of sockets: resolves a name, leaving only addresses that are allowed. */
export function guardedLookup(policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const allowed = (addresses ?? []).filter(({ address }) => addressAllowed(address, policy));
      const first = allowed[0];
      if (error) callback(error, '', 0);
      else if (!first) callback(new RefusedAddressError(`the address of ${hostname} is not allowed`), '', 0);
      else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** A literal address is never looked up, so it is checked apart. @param host with or without the brackets of IPv6 */
export function literalAllowed(host: string, policy: AddressPolicy): boolean {
  const bare = bareHost(host);
  return isIP(bare) === 0 || addressAllowed(bare, policy);
}

/** The host of a URL without the brackets of IPv6. */
export function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

/**
 * One address of a host that may be connected to.
 * @throws RefusedAddressError, what the look-up failed with, or what the signal was aborted with: the look-up itself
 *   cannot be called off, but is not waited for any longer
 */
export async function guardedAddress(host: string, policy: AddressPolicy, signal: AbortSignal): Promise<string> {
  const bare = bareHost(host);
  signal.throwIfAborted();
  if (!literalAllowed(bare, policy)) throw new RefusedAddressError(`the address ${bare} is not allowed`);
  if (isIP(bare) !== 0) return bare;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    guardedLookup(policy)(bare, {}, (error, address) => {
      signal.removeEventListener('abort', stop);
      if (error) reject(error);
      else resolve(String(address));
    });
  });
}
