/** Which network addresses may be fetched from. Pure: no DNS, no sockets. */
import ipaddr from 'ipaddr.js';

/**
 * `public`: the internet only. `lan`: also private networks (RFC 1918, unique local IPv6, shared address space).
 * `all`: anything, loopback and link-local included.
 */
export type AddressPolicy = 'public' | 'lan' | 'all';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** The IPv4 address inside an IPv6 one (mapped, NAT64 RFC 6052, 6to4 RFC 3056), since that is where packets end up. */
function unwrap(address: Address): Address {
  if (!(address instanceof ipaddr.IPv6)) return address;
  const bytes = address.toByteArray();
  switch (address.range()) {
    case 'ipv4Mapped':
      return address.toIPv4Address();
    case 'rfc6052':
      return new ipaddr.IPv4(bytes.slice(12, 16));
    case '6to4':
      return new ipaddr.IPv4(bytes.slice(2, 6));
    default:
      return address;
  }
}

/**
 * True when `policy` lets us connect to this address. A text that is not an IP literal in its usual form is never
 * allowed; ranges that are neither public nor private (loopback, link-local with the metadata service, multicast,
 * unspecified, reserved) need `all`.
 */
export function addressAllowed(ip: string, policy: AddressPolicy): boolean {
  const text = ip.replace(/%.*$/, '');
  const usual = ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
  if (!usual) return false;
  if (policy === 'all') return true;
  const address = unwrap(ipaddr.parse(text));
  const range = address.range();
  if (range === 'unicast') {
    // ipaddr.js counts the deprecated IPv4-compatible block ::/96 as unicast; it leads nowhere good.
    return !(
      address instanceof ipaddr.IPv6 &&
      address
        .toByteArray()
        .slice(0, 12)
        .every((byte) => byte === 0)
    );
  }
  if (policy === 'public') return false;
  return range === 'private' || range === 'uniqueLocal' || range === 'carrierGradeNat';
}
