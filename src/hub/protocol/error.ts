/** The only error that the parsers of this folder throw. */

/** Bytes from a peer are not what the protocol allows. The message says what is wrong and holds no secrets. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}
