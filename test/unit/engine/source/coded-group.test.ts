import { expect, test } from 'vitest';
import type { CodedPacket } from '../../../../src/engine/av/decoder.js';
import { CodedGroup } from '../../../../src/engine/source/coded-group.js';

function packet(pts: number, key = false): CodedPacket {
  return { payload: new Uint8Array(10), pts, dts: pts, key };
}

function times(group: CodedGroup): (number | 'seam')[] {
  return group.items.map((item) => (item.kind === 'seam' ? 'seam' : item.packet.pts));
}

test('what comes before the newest key frame that is due is let go', () => {
  const group = new CodedGroup();
  for (const pts of [0, 10, 20, 30, 40, 50]) group.push(packet(pts, pts % 20 === 0));
  group.forgetPast((pts) => pts <= 25);
  expect(times(group)).toEqual([20, 30, 40, 50]);
});

test('a key frame behind the end of what is shown replaces nothing: a file that is over keeps its last picture', () => {
  const group = new CodedGroup();
  group.seam({ from: 0, to: 40 });
  // With B-frames the key frame at 40 is coded before 30.
  for (const [pts, key] of [
    [0, true],
    [20, true],
    [40, true],
    [30, false],
  ] as const) {
    group.push(packet(pts, key));
  }
  group.forgetPast(() => true);
  expect(times(group)).toEqual([20, 40, 30]);
  group.seam({ from: 40, to: 80 });
  group.push(packet(45, true));
  group.forgetPast(() => true);
  expect(times(group)).toEqual([45]);
});
