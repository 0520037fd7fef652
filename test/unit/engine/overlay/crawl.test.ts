import { expect, test } from 'vitest';
import { crawlPlace } from '../../../../src/engine/overlay/crawl.js';

const crawl = { frame: 1280, length: 320, speed: 160 };

test('comes in at the far edge, leaves at the near one, and comes again', () => {
  expect(crawlPlace(0, crawl)).toBe(1280);
  expect(crawlPlace(1_000_000, crawl)).toBe(1120);
  expect(crawlPlace(8_000_000, crawl)).toBe(0);
  expect(crawlPlace(9_900_000, crawl)).toBe(-304);
  expect(crawlPlace(10_000_000, crawl)).toBe(1280);
});

test('places are even and no step is more than two pixels off the speed', () => {
  const odd = { frame: 1920, length: 333, speed: 133.7 };
  let before = crawlPlace(0, odd);
  for (let tick = 1; tick < 400; tick++) {
    const place = crawlPlace((tick * 1_000_000) / 30, odd);
    expect(Math.abs(place % 2)).toBe(0);
    expect(Math.abs(before - place - 133.7 / 30)).toBeLessThanOrEqual(2);
    before = place;
  }
});

test('it is where it should be after a week', () => {
  // 604,800 s at 160 px/s are 60,480 rounds of 1,600 px.
  expect(crawlPlace(604_800 * 1_000_000, crawl)).toBe(1280);
  expect(crawlPlace(604_801 * 1_000_000, crawl)).toBe(1120);
});
