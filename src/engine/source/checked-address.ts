/**
 * Host names to addresses that may be connected to. Whoever connects uses the very address that was checked here, so a
 * name that resolves differently the second time leads nowhere else.
 */
import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { type AddressPolicy, addressAllowed } from '../../lib/address.js';

export class RefusedAddress extends Error {
  override readonly name = 'RefusedAddress';
}

/** A look-up for Node's sockets that leaves only addresses that the policy allows, and fails when none is left. */
export function checkedLookup(policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const allowed = (addresses ?? []).filter(({ address }) => addressAllowed(address, policy));
      const first = allowed[0];
      if (error) callback(error, '', 0);
      else if (!first) callback(new RefusedAddress(`the address of ${hostname} is not allowed`), '', 0);
      else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** A literal address is never looked up, so it must be checked apart. True for names. @param host IPv6 in brackets or not */
export function literalAllowed(host: string, policy: AddressPolicy): boolean {
  const bare = bareHost(host);
  return isIP(bare) === 0 || addressAllowed(bare, policy);
}

/** The host of a URL without the brackets of IPv6. */
export function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

/** One address of a host that may be connected to. @throws RefusedAddress, or what the look-up failed with */
export async function checkedAddress(host: string, policy: AddressPolicy): Promise<string> {
  const bare = bareHost(host);
  if (!literalAllowed(bare, policy)) throw new RefusedAddress(`the address ${bare} is not allowed`);
  if (isIP(bare) !== 0) return bare;
  return new Promise((resolve, reject) => {
    checkedLookup(policy)(bare, {}, (error, address) => {
      if (error) reject(error);
      else resolve(String(address));
    });
  });
}
