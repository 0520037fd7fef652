import { beforeEach, expect, test } from 'vitest';
import { Pace } from '../../src/pace.js';
import { readKept } from '../../src/sound/layer-memory.js';
import { applyChange, mergeChanges } from '../../src/sound/mix-change.js';
import { MixHand } from '../../src/sound/mix-hand.js';
import { NO_LAYER, type SceneMix, type SoundLayer } from '../../src/sound/sound-wire.js';

const layer = (place: string, gain = 1): SoundLayer => ({ ...NO_LAYER, place, gain });
const mixOf = (...layers: SoundLayer[]): SceneMix => ({ follow: true, layers });
const AT_ONCE = { now: () => 0, sleep: async () => {} };

let server: SceneMix;
let sent: SceneMix[];
let errors: string[];
let kept: readonly SoundLayer[];
let gate: Promise<void>;
let hand: MixHand;

function makeHand(): MixHand {
  return new MixHand({
    load: async () => server,
    send: async (mix) => {
      await gate;
      if (mix.layers.some(({ gain }) => gain > 10)) throw new Error('out of range');
      sent.push(mix);
      server = mix;
    },
    onError: (error) => errors.push((error as Error).message),
    memory: {
      read: () => kept,
      write: (layers) => {
        kept = layers;
      },
    },
    pace: new Pace(0, AT_ONCE),
  });
}

/** As the page does it once a second. */
function poll(): void {
  hand.answered(hand.ask(), server);
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const gainOf = (place: string): number => hand.view().stripOf(place).layer.gain;

beforeEach(() => {
  server = mixOf(layer('RV01'), layer('RV02', 0.5));
  [sent, errors, kept, gate] = [[], [], [], Promise.resolve()];
  hand = makeHand();
  poll();
});

test('a change is shown at once, sent with everything else as it is, and stays until the server has it', async () => {
  const asked = hand.ask();
  const before = server;
  hand.setGain('RV01', 0.25);
  expect(gainOf('RV01')).toBe(0.25);
  // The answer to a question from before the change.
  hand.answered(asked, before);
  expect(gainOf('RV01')).toBe(0.25);
  await settle();
  expect(sent).toEqual([mixOf(layer('RV01', 0.25), layer('RV02', 0.5))]);
  hand.answered(asked, before);
  expect(gainOf('RV01')).toBe(0.25);
  server = mixOf(layer('RV01', 0.7), layer('RV02', 0.5));
  poll();
  expect(gainOf('RV01')).toBe(0.7);
});

test('it is sent on top of the mix of that moment, not of the last answer', async () => {
  server = { follow: false, layers: [layer('RV02', 0.9), layer('RV01'), layer('RV05')] };
  hand.setGain('RV01', 0.1);
  await settle();
  expect(sent).toEqual([{ follow: false, layers: [layer('RV02', 0.9), layer('RV01', 0.1), layer('RV05')] }]);
  expect(gainOf('RV02')).toBe(0.9);
});

test('a fader that is held does not move, whatever others do; the others do', async () => {
  hand.hold('RV01', true);
  server = mixOf(layer('RV01', 2), layer('RV02', 2));
  poll();
  expect([gainOf('RV01'), gainOf('RV02')]).toEqual([1, 2]);
  hand.setGain('RV01', 0.8);
  await settle();
  server = mixOf(layer('RV01', 1.5), layer('RV02', 2));
  poll();
  poll();
  expect(gainOf('RV01')).toBe(0.8);
  hand.hold('RV01', false);
  expect(gainOf('RV01')).toBe(0.8);
  poll();
  expect(gainOf('RV01')).toBe(1.5);
});

test('a fader does not put back what a take took out of the mix', async () => {
  server = mixOf(layer('RV02'));
  hand.setGain('RV01', 0.3);
  await settle();
  expect(sent).toEqual([mixOf(layer('RV02'))]);
  poll();
  expect(hand.view().stripOf('RV01').isOn).toBe(false);
});

test('mute is a gain of 0 with the old one remembered, also by a page that is opened anew', async () => {
  hand.setMuted('RV02', true);
  expect(hand.view().stripOf('RV02')).toMatchObject({ isOn: true, isMuted: true, layer: { gain: 0.5 } });
  await settle();
  expect(server).toEqual(mixOf(layer('RV01'), layer('RV02', 0)));
  hand = makeHand();
  poll();
  expect(hand.view().stripOf('RV02')).toMatchObject({ isMuted: true, layer: { gain: 0.5 } });
  // The fader sets what it will have.
  hand.setGain('RV02', 0.75);
  await settle();
  expect(server.layers[1]?.gain).toBe(0);
  hand.setMuted('RV02', false);
  await settle();
  expect(server).toEqual(mixOf(layer('RV01'), layer('RV02', 0.75)));
  poll();
  expect(hand.view().stripOf('RV02')).toMatchObject({ isMuted: false, layer: { gain: 0.75 } });
});

test('a fader at the bottom is off and not muted', async () => {
  hand.setGain('RV02', 0);
  await settle();
  poll();
  poll();
  expect(hand.view().stripOf('RV02')).toMatchObject({ isOn: true, isMuted: false, layer: { gain: 0 } });
});

test('out of the mix and in again with the same settings; the last one is turned off instead', async () => {
  hand.setLayer('RV02', { delayMs: 80 });
  hand.setOn('RV02', false);
  await settle();
  poll();
  expect(server).toEqual(mixOf(layer('RV01')));
  expect(hand.view().stripOf('RV02').isOn).toBe(false);
  hand.setGain('RV02', 0.4);
  expect(gainOf('RV02')).toBe(0.4);
  hand.setOn('RV02', true);
  await settle();
  expect(server).toEqual(mixOf(layer('RV01'), { ...layer('RV02', 0.4), delayMs: 80 }));
  hand.setOn('RV01', false);
  hand.setOn('RV02', false);
  await settle();
  await settle();
  poll();
  expect(server.layers.map(({ gain }) => gain)).toEqual([0]);
  expect(hand.view().stripOf(server.layers[0]?.place ?? '').isMuted).toBe(true);
});

test('audio follows video, and quick changes are merged into one call', async () => {
  let open = (): void => {};
  gate = new Promise((resolve) => {
    open = resolve;
  });
  hand.setFollow(false);
  await settle();
  for (const gain of [0.1, 0.2, 0.3]) hand.setGain('RV01', gain);
  hand.setGain('RV02', 0.9);
  open();
  await settle();
  await settle();
  expect(sent).toHaveLength(2);
  expect(server).toEqual({ follow: false, layers: [layer('RV01', 0.3), layer('RV02', 0.9)] });
  expect(hand.view().mix?.follow).toBe(false);
});

test('a refusal is told and the strip shows the truth again', async () => {
  hand.setGain('RV01', 11);
  await settle();
  expect(errors).toEqual(['out of range']);
  expect(gainOf('RV01')).toBe(1);
});

test('listeners hear of changes, and the view is one object in between', () => {
  let count = 0;
  const remove = hand.subscribe(() => count++);
  expect(hand.view()).toBe(hand.view());
  hand.setGain('RV01', 0.9);
  expect(count).toBe(1);
  remove();
  hand.setGain('RV01', 0.8);
  expect(count).toBe(1);
});

test('changes as values', () => {
  const older = { follow: true, places: new Map([['RV01', { gain: 0.1, delayMs: 5 }]]) };
  const newer = { follow: false, places: new Map([['RV01', { gain: 0.2 }]]) };
  expect(mergeChanges(older, newer)).toEqual({ follow: false, places: new Map([['RV01', { gain: 0.2, delayMs: 5 }]]) });
  expect(applyChange(mixOf(), { places: new Map([['RV09', { isOn: true, gain: 0.2 }]]) })).toEqual(
    mixOf(layer('RV09', 0.2)),
  );
});

test('what a tab kept is read with care', () => {
  expect(readKept(null)).toEqual([]);
  expect(readKept('{')).toEqual([]);
  expect(readKept('[{"place":"RV01","gain":0.5,"channels":"left","filter":{"noise":"x"}},{"gain":1},7]')).toEqual([
    { ...layer('RV01', 0.5), channels: 'left' },
  ]);
});
