import { expect, test } from 'vitest';
import type { SrtTarget } from '../../../../src/domain/relay.js';
import { PacketQueue } from '../../../../src/engine/relay/packet-queue.js';
import { srtAddress } from '../../../../src/engine/relay/srt-address.js';
import { type MediaPacket, TRACK_AAC, TRACK_VIDEO } from '../../../../src/link/frame.js';

test('options become part of the address, with nothing that could add others', () => {
  const target: SrtTarget = {
    ...{ protocol: 'srt', url: '', host: 'a.example.com', port: 9000, latencyMs: 200 },
    ...{ streamid: '#!::r=x&mode=listener', passphrase: '', pbkeylen: 0 },
  };
  expect(srtAddress(target, '192.0.2.1', 5_000)).toBe(
    'srt://192.0.2.1:9000?mode=caller&transtype=live&connect_timeout=5000&latency=200000' +
      '&streamid=%23!%3A%3Ar%3Dx%26mode%3Dlistener',
  );
  expect(srtAddress({ ...target, streamid: '', passphrase: 'correct-horse', pbkeylen: 16 }, '2001:db8::1', 1)).toBe(
    'srt://[2001:db8::1]:9000?mode=caller&transtype=live&connect_timeout=1&latency=200000&passphrase=correct-horse&pbkeylen=16',
  );
});

const picture = (dts: number, key: boolean, size = 100): MediaPacket => ({
  ...{ track: TRACK_VIDEO, key, dts, cts: 0, payload: Buffer.alloc(size) },
});
const sound = (dts: number): MediaPacket => ({ track: TRACK_AAC, key: true, dts, cts: 0, payload: Buffer.alloc(10) });

test('a full queue is emptied, and pictures wait for the next key frame', () => {
  const queue = new PacketQueue({ maxBytes: 500, maxUs: 1_000_000 });
  queue.push(picture(0, false));
  // Before the first key frame nothing is missed.
  expect(queue.dropped).toBe(0);
  for (const packet of [picture(10, true), sound(20), picture(30, false), picture(40, false, 400)]) queue.push(packet);
  expect(queue.dropped).toBe(4);
  expect(queue.shift()).toBeUndefined();
  const rest = [sound(50), picture(60, true), picture(70, false)];
  for (const packet of rest) queue.push(packet);
  queue.push(picture(1_000_051, true));
  expect(queue.dropped).toBe(7);
  expect(queue.shift()).toMatchObject({ dts: 1_000_051 });
});
