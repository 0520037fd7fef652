/**
 * Opens a live stream by URL, through the guard that fits its protocol (docs/adr/0012): HTTP by the proxy, RTMP and RTSP
 * by a tunnel of their own on loopback, SRT by an address that was checked. Nothing that is opened here takes longer
 * than {@link PATIENCE} to begin.
 */
import type { AddressPolicy } from '../../lib/address.js';
import { guardedAddress } from '../../lib/guarded-lookup.js';
import { Demuxer, httpInput, type InputAddress } from '../av/demuxer.js';
import { GuardTunnel } from './guard-tunnel.js';
import { type LiveAddress, parseLiveAddress, type SrtOptions } from './live-address.js';

/** How long an input may take to open, and how long it may be silent, ms. */
const PATIENCE = 8000;
/** A list of segments is silent between two of them, ms. */
const SEGMENT_PATIENCE = 30_000;

export interface Guard {
  /** Address of the guarding proxy. */
  proxy: string;
  policy: AddressPolicy;
}

export interface LiveInput {
  demuxer: Demuxer;
  close(): Promise<void>;
}

/** @throws Error in words when it cannot be opened */
export async function openLive(url: string, guard: Guard, signal: AbortSignal): Promise<LiveInput> {
  signal.throwIfAborted();
  const address = parseLiveAddress(url);
  const tunnel = await tunnelTo(address, guard.policy);
  try {
    signal.throwIfAborted();
    const input = await inputOf(address, guard, tunnel?.port ?? 0, signal);
    const demuxer = await Demuxer.openInput(input, { openMs: PATIENCE, readMs: PATIENCE }, signal);
    if (demuxer.isSegmented) demuxer.setReadPatience(SEGMENT_PATIENCE);
    return {
      demuxer,
      close: async () => {
        await demuxer.close();
        await tunnel?.close();
      },
    };
  } catch (error) {
    await tunnel?.close();
    throw tunnel?.failure ? new Error(tunnel.failure) : error;
  }
}

async function tunnelTo(address: LiveAddress, policy: AddressPolicy): Promise<GuardTunnel | null> {
  if (address.protocol !== 'rtmp' && address.protocol !== 'rtsp') return null;
  const { host, port, tls } = address;
  return GuardTunnel.open({ host, port, tls, policy, stopRedirects: address.protocol === 'rtsp' });
}

async function inputOf(
  address: LiveAddress,
  guard: Guard,
  tunnelPort: number,
  signal: AbortSignal,
): Promise<InputAddress> {
  switch (address.protocol) {
    case 'http':
      return httpInput(address.url, guard.proxy);
    case 'rtmp':
      return {
        url: `rtmp://${address.userInfo}127.0.0.1:${tunnelPort}/`,
        protocols: 'rtmp,tcp',
        formats: 'flv,live_flv',
        options: {
          rtmp_app: address.app,
          rtmp_playpath: address.playPath,
          rtmp_tcurl: address.tcUrl,
          rtmp_live: 'live',
        },
      };
    case 'rtsp':
      return {
        url: `rtsp://${address.userInfo}127.0.0.1:${tunnelPort}${address.path}`,
        protocols: 'rtsp,rtp,tcp',
        formats: 'rtsp,mpegts',
        // Over TCP everything travels in the one connection that goes through the tunnel.
        options: { rtsp_transport: 'tcp', allowed_media_types: 'video+audio', timeout: PATIENCE * 1000 },
      };
    case 'srt': {
      const ip = await addressIn(PATIENCE, address.host, guard.policy, signal);
      const host = ip.includes(':') ? `[${ip}]` : ip;
      return {
        url: `srt://${host}:${address.port}`,
        protocols: 'srt',
        formats: 'mpegts',
        options: srtOptions(address.options),
      };
    }
  }
}

/** @throws Error when the name is not found within `ms`, is refused, or the signal is aborted */
async function addressIn(ms: number, host: string, policy: AddressPolicy, signal: AbortSignal): Promise<string> {
  const timeout = AbortSignal.timeout(ms);
  try {
    return await guardedAddress(host, policy, AbortSignal.any([signal, timeout]));
  } catch (error) {
    if (timeout.aborted && !signal.aborted) throw new Error(`the name ${host} was not found in time`);
    throw error;
  }
}

function srtOptions({ streamid, passphrase, pbkeylen, latencyMs }: SrtOptions): Record<string, string | number> {
  return {
    mode: 'caller',
    transtype: 'live',
    connect_timeout: PATIENCE,
    latency: latencyMs * 1000,
    ...(streamid === undefined ? {} : { srt_streamid: streamid }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(pbkeylen === undefined ? {} : { pbkeylen }),
  };
}
