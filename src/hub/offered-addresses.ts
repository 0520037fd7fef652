/** Which addresses WebRTC viewers are told besides those that the library finds by itself. Pure. */
import type { NetworkInterfaceInfo } from 'node:os';

const LOOPBACK = '127.0.0.1';

/**
 * The configured addresses, and loopback's on a machine that has no other: candidates are not gathered there, so
 * nobody could watch, not even on the machine itself.
 *
 * @param host address that is listened on; one that is not a wildcard is offered by itself
 * @param interfaces as `os.networkInterfaces()` gives them
 */
export function offeredAddresses(
  host: string,
  configured: readonly string[],
  interfaces: NodeJS.Dict<readonly NetworkInterfaceInfo[]>,
): string[] {
  const wildcard = host === '0.0.0.0' || host === '::';
  const external = Object.values(interfaces).some((addresses) => addresses?.some((one) => !one.internal));
  const alone = wildcard && !external && !configured.includes(LOOPBACK);
  return alone ? [...configured, LOOPBACK] : [...configured];
}
