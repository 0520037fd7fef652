/** What FFmpeg is told to open for an SRT relay. Pure. */
import type { SrtTarget } from '../../domain/relay.js';

/**
 * The options are part of the address, since FFmpeg takes those of an output nowhere else here.
 * @param ip that was checked, with no brackets
 * @param connectMs how long the other side may take to answer
 */
export function srtAddress(target: SrtTarget, ip: string, connectMs: number): string {
  const { port, latencyMs, streamid, passphrase, pbkeylen } = target;
  const options = [
    ...['mode=caller', 'transtype=live', `connect_timeout=${connectMs}`, `latency=${latencyMs * 1000}`],
    ...(streamid === '' ? [] : [`streamid=${encodeURIComponent(streamid)}`]),
    ...(passphrase === '' ? [] : [`passphrase=${passphrase}`]),
    ...(pbkeylen === 0 ? [] : [`pbkeylen=${pbkeylen}`]),
  ];
  return `srt://${ip.includes(':') ? `[${ip}]` : ip}:${port}?${options.join('&')}`;
}
