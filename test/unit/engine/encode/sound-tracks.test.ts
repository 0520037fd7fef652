/** The two forms of a mix do not depend on each other. */
import { expect, test } from 'vitest';
import { SoundTracks } from '../../../../src/engine/encode/sound-tracks.js';
import type { StreamOutput } from '../../../../src/engine/output/stream-output.js';
import { TRACK_AAC, TRACK_OPUS } from '../../../../src/link/frame.js';

const BLOCK = 1600;

test.each([
  [TRACK_AAC, TRACK_OPUS],
  [TRACK_OPUS, TRACK_AAC],
])(
  'while form %i cannot be begun the other one has all its samples, and it begins as soon as it can',
  (broken, other) => {
    let isBroken = true;
    const sent = new Map<number, number>([
      [TRACK_AAC, 0],
      [TRACK_OPUS, 0],
    ]);
    const output = {
      setConfig({ track }: { track: number }) {
        if (track === broken && isBroken) throw new Error('cannot begin');
      },
      sendSound: (track: number) => sent.set(track, (sent.get(track) ?? 0) + 1),
    } as unknown as StreamOutput;
    const tracks = new SoundTracks({
      coding: { bitrate: 96_000, channels: 2 },
      outputs: () => [output],
      active: () => [output],
    });
    let tick = 0;
    const push = (): void => tracks.push(new Float32Array(BLOCK * 2).fill(0.1), tick++ * BLOCK, true);
    for (let count = 0; count < 30; count++) expect(push).toThrow('cannot begin');
    // 46 of AAC and 50 of Opus a second, less what the coder keeps back.
    expect(sent.get(other)).toBeGreaterThan(40);
    expect(sent.get(broken)).toBe(0);
    isBroken = false;
    for (let count = 0; count < 30; count++) push();
    expect(sent.get(broken)).toBeGreaterThan(40);
    tracks.stop();
  },
);
