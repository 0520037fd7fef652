/** Rates of what arrives, along the times of the packets. */
import { expect, test } from 'vitest';
import { Intake } from '../../../../src/engine/source/intake.js';

const SECOND = 1_000_000;

function feed(
  intake: Intake,
  seconds: number,
  fps: number,
  bytes: number,
  arrival: (dts: number) => number,
  from = 0,
): void {
  for (let frame = 0; frame < seconds * fps; frame++) {
    const dts = from + (frame * SECOND) / fps;
    intake.add(arrival(dts), dts, bytes, true);
  }
}

test.each([24, 30, 60])('%d pictures a second are counted as that, sound counts for bits alone', (fps) => {
  const intake = new Intake(15 * SECOND);
  for (let second = 0; second < 10; second++) {
    feed(intake, 1, fps, 1000, (dts) => dts, second * SECOND);
    for (let at = 0; at < 50; at++) intake.add((second + 1) * SECOND, (second + 0.9) * SECOND, 30, false);
  }
  const { fps: measured, bitrate } = intake.rates(10 * SECOND);
  expect(Math.abs(measured - fps)).toBeLessThan(0.5);
  expect(bitrate).toBeGreaterThan(fps * 8000);
  expect(bitrate).toBeLessThan(fps * 8000 * 1.2);
});

test('a stream that comes in pieces of four seconds has the same rate', () => {
  const intake = new Intake(15 * SECOND);
  feed(intake, 20, 30, 1000, (dts) => Math.floor(dts / (4 * SECOND)) * 4 * SECOND);
  expect(intake.rates(20 * SECOND).fps).toBeCloseTo(30, 0);
});

test('nothing is said at first, after a silence, and after the times have jumped', () => {
  const intake = new Intake(15 * SECOND);
  feed(intake, 0.4, 30, 1000, (dts) => dts);
  expect(intake.rates(SECOND)).toEqual({ fps: 0, bitrate: 0 });
  feed(intake, 5, 30, 1000, (dts) => dts);
  expect(intake.rates(5 * SECOND).fps).toBeGreaterThan(25);
  expect(intake.rates(21 * SECOND)).toEqual({ fps: 0, bitrate: 0 });
  intake.add(21 * SECOND, 9000 * SECOND, 1000, true);
  expect(intake.rates(21 * SECOND)).toEqual({ fps: 0, bitrate: 0 });
  feed(intake, 3, 25, 1000, (dts) => dts - 8000 * SECOND, 9000 * SECOND);
  expect(intake.rates(1003 * SECOND).fps).toBeCloseTo(25, 0);
});
