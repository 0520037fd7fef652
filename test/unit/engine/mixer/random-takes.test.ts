/**
 * A thousand random takes, while sources connect, fail, come back and change their size: never a black picture, never one
 * of a scene that is over. Every source is of one luma, so a picture tells by its middle what it shows.
 */
import { afterEach, expect, test } from 'vitest';
import type { SceneSpec, TransitionKind } from '../../../../src/domain/desired.js';
import { desiredOf, sceneOf } from '../../../support/desired.js';
import { generator } from '../../../support/random.js';
import { FakeSource, sourceSpec } from '../fake-source.js';
import { MixerRig } from '../mixer-rig.js';
import { PictureWatch } from '../picture-watch.js';

const TAKES = 1000;
const SIZES = [
  [64, 36],
  [128, 72],
  [32, 18],
  [48, 36],
] as const;
const LUMAS = [40, 70, 100, 130, 160, 190];
/** Ticks that a source may stay away; the mixer waits for 15. */
const MOST_AWAY = 12;
const KINDS: readonly TransitionKind[] = ['cut', 'cut', 'cut', 'fade', 'wipeLeft', 'circle', 'pushUp'];

let rig: MixerRig | null = null;

afterEach(async () => {
  await rig?.close();
});

function shows(index: number): SceneSpec {
  const layer = { source: `RV${index}`, width: 1, height: 1, x: 0, y: 0, refer: 'topLeft' as const, delayMs: 0 };
  return sceneOf({ video: [{ ...layer, fill: 'cover' }] });
}

test(`${TAKES} takes`, () => {
  const random = generator(7);
  const watch = new PictureWatch();
  const images = LUMAS.map((luma) => SIZES.map(([width, height]) => watch.make(luma, width, height)));
  const away = new Map<FakeSource, number>();
  const sources: FakeSource[] = [];
  rig = new MixerRig((spec) => {
    const source = new FakeSource(spec);
    source.image = images[sources.length]?.[0] ?? null;
    source.coldTicks = 3;
    sources.push(source);
    return source;
  });
  const specs = LUMAS.map((_, index) => sourceSpec(`RV${index}`));
  let [onAir, taking, revision, serial] = [0, 0, 0, 0];

  /** What may go wrong between two ticks. What is on air or about to be may fail too, but then holds its last picture. */
  function disturb(): void {
    for (const [source, left] of away) {
      if (left > 0) away.set(source, left - 1);
      else {
        away.delete(source);
        source.ready = true;
        source.image = images[sources.indexOf(source)]?.[random() % SIZES.length] ?? null;
      }
    }
    const index = random() % sources.length;
    const source = sources[index];
    if (!source || away.has(source)) return;
    if (random() % 4 === 0) source.image = images[index]?.[random() % SIZES.length] ?? null;
    else if (random() % 8 === 0 && index !== onAir && index !== taking) {
      // It has to connect again: no picture, and not ready.
      away.set(source, random() % MOST_AWAY);
      source.ready = false;
      source.image = null;
    }
  }

  let [black, stale, longest, between] = [0, 0, 0, 0];
  rig.apply(desiredOf({ ...rig.state, revision: ++revision, sources: specs, pgm: shows(0), pvw: shows(1) }));
  while (rig.applied < revision) rig.tick();
  for (let take = 0; take < TAKES; take++) {
    const next = random() % LUMAS.length;
    rig.apply(desiredOf({ ...rig.state, revision: ++revision, pvw: shows(next) }));
    for (let ticks = random() % 4; ticks > 0; ticks--) {
      disturb();
      if (rig.tick() !== LUMAS[onAir]) stale++;
    }
    taking = next;
    const kind = KINDS[random() % KINDS.length] ?? 'cut';
    const durationMs = kind === 'cut' ? 0 : 100;
    rig.apply(
      desiredOf({
        ...rig.state,
        revision: ++revision,
        pgm: shows(next),
        take: { serial: ++serial, kind, color: 0, durationMs },
      }),
    );
    const [from, to] = [LUMAS[onAir] ?? 0, LUMAS[next] ?? 0];
    let waited = 0;
    for (; rig.applied < revision; waited++) {
      disturb();
      const luma = rig.tick();
      if (rig.applied < revision) stale += luma === from ? 0 : 1;
      else if (kind === 'cut') stale += luma === to ? 0 : 1;
      if (luma < 30) black++;
    }
    longest = Math.max(longest, waited);
    // 100 ms are three ticks; the first was the one with which it was applied.
    for (let ticks = 0; ticks < (kind === 'cut' ? 0 : 2); ticks++) {
      disturb();
      const luma = rig.tick();
      if (luma < Math.min(from, to) - 1 || luma > Math.max(from, to) + 1) stale++;
      if (luma < 30) black++;
      between++;
    }
    onAir = next;
    if (rig.tick() !== to) stale++;
  }
  expect({ black, stale, errors: rig.errors }).toEqual({ black: 0, stale: 0, errors: [] });
  expect(between).toBeGreaterThan(500);
  expect(longest).toBeLessThanOrEqual(MOST_AWAY + 2);
});
