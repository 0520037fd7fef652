/**
 * The key that opens one pushed stream for playing and nothing else, so that an address to watch a camera can be handed
 * on without the key that pushes. Derived: nothing has to be stored, and it changes with the publish key.
 */
import { createHmac } from 'node:crypto';

/** @param stream hub stream name, `live/NAME` */
export function playKey(publishKey: string, stream: string): string {
  return createHmac('sha256', publishKey).update(`play ${stream}`).digest('base64url').slice(0, 32);
}
