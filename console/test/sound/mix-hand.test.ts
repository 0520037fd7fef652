import { beforeEach, describe, expect, test } from 'vitest';
import { Pace } from '../../src/pace.js';
import { readKept } from '../../src/sound/layer-memory.js';
import { applyChange, mergeChanges, writeMixChange } from '../../src/sound/mix-change.js';
import { type KeptLayer, MixHand } from '../../src/sound/mix-hand.js';
import { NO_LAYER, readSceneMix, type SceneMix, type SoundLayer } from '../../src/sound/sound-wire.js';

const layer = (place: string, gain = 1): SoundLayer => ({ ...NO_LAYER, place, gain });
const mixOf = (...layers: SoundLayer[]): SceneMix => ({ follow: true, layers });
const AT_ONCE = { now: () => 0, sleep: async () => {} };

type Params = Record<string, string>;

let server: SceneMix;
/** Calls of UpdateCasterSceneAudio. */
let sent: Params[];
let errors: string[];
let kept: readonly KeptLayer[];
let gate: Promise<void>;
let hand: MixHand;

/** What the API does with the mix of that moment, by docs/api.md. */
function serve(params: Params): void {
  const layers: SoundLayer[] = [...server.layers];
  for (let index = 1; params[`MixList.${index}`] !== undefined; index++) {
    const place = params[`MixList.${index}`] ?? '';
    const given: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(params)) {
      const prefix = `AudioLayer.${index}.`;
      if (name.startsWith(prefix)) given[name.slice(prefix.length)] = value;
    }
    if (Number(given.VolumeRate ?? 0) > 10) throw new Error('out of range');
    const at = layers.findIndex((one) => one.place === place);
    if (params.MixMode === 'remove') layers.splice(at, at < 0 ? 0 : 1);
    else if (Object.keys(given).length === 0) throw new Error('lists of different lengths');
    else if (params.MixMode === 'change') {
      if (at >= 0) layers[at] = { ...(layers[at] as SoundLayer), ...readGiven(given) };
    } else if (params.MixMode === 'add') {
      const made = { ...layer(place), ...readGiven(given) };
      if (at < 0) layers.push(made);
      else layers[at] = made;
    } else throw new Error('the whole mix was sent');
  }
  sent.push(params);
  server = { follow: params.FollowEnable === undefined ? server.follow : params.FollowEnable === '1', layers };
}

/** What of a layer was sent. */
function readGiven(given: Record<string, unknown>): Partial<SoundLayer> {
  const [read] = readSceneMix({ MixList: { LocationId: ['x'] }, AudioLayers: { AudioLayer: [given] } }).layers;
  if (!read) return {};
  return {
    ...('VolumeRate' in given && { gain: read.gain }),
    ...('ValidChannel' in given && { channels: read.channels }),
    ...('FixedDelayDuration' in given && { delayMs: read.delayMs }),
    ...('Filter' in given && { filter: read.filter }),
  };
}

function makeHand(): MixHand {
  return new MixHand({
    send: async (change) => {
      await gate;
      for (const params of writeMixChange(change)) serve(params);
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

test('a change is shown at once, sent alone, and stays until the server has it', async () => {
  const asked = hand.ask();
  const before = server;
  hand.setGain('RV01', 0.25);
  expect(gainOf('RV01')).toBe(0.25);
  // The answer to a question from before the change.
  hand.answered(asked, before);
  expect(gainOf('RV01')).toBe(0.25);
  await settle();
  expect(sent).toEqual([{ MixMode: 'change', 'MixList.1': 'RV01', 'AudioLayer.1.VolumeRate': '0.25' }]);
  hand.answered(asked, before);
  expect(gainOf('RV01')).toBe(0.25);
  server = mixOf(layer('RV01', 0.7), layer('RV02', 0.5));
  poll();
  expect(gainOf('RV01')).toBe(0.7);
});

describe('a take between what was shown and what is sent', () => {
  const treated: SoundLayer = {
    ...layer('RV01'),
    delayMs: 80,
    filter: { noise: 'music', autoGain: true, voice: 'off' },
  };
  const taken: SceneMix = { follow: false, layers: [layer('RV05', 0.3), treated] };

  beforeEach(() => {
    server = taken;
  });

  const done = async (): Promise<readonly SoundLayer[]> => {
    await settle();
    poll();
    expect(hand.view().mix).toEqual(server);
    // The mode belongs to the take as well.
    expect(server.follow).toBe(false);
    return server.layers;
  };

  test('a fader moves its own sound alone, and of that nothing else', async () => {
    hand.setGain('RV01', 0.1);
    hand.setGain('RV02', 0.1);
    expect(await done()).toEqual([layer('RV05', 0.3), { ...treated, gain: 0.1 }]);
  });

  test('so does MUTE', async () => {
    hand.setMuted('RV01', true);
    hand.setMuted('RV02', true);
    expect(await done()).toEqual([layer('RV05', 0.3), { ...treated, gain: 0 }]);
  });

  test('ON takes out or puts in one', async () => {
    hand.setOn('RV02', false);
    hand.setOn('RV07', true);
    expect(await done()).toEqual([layer('RV05', 0.3), treated, layer('RV07')]);
    hand.setOn('RV01', false);
    expect(await done()).toEqual([layer('RV05', 0.3), layer('RV07')]);
  });

  test('AFV is the mode alone', async () => {
    hand.setFollow(true);
    await settle();
    expect(sent).toEqual([{ FollowEnable: '1' }]);
    expect(server).toEqual({ ...taken, follow: true });
  });

  test('and one while the call is under way', async () => {
    server = mixOf(layer('RV01'), layer('RV02'));
    let open = (): void => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    hand.setGain('RV02', 0.1);
    await settle();
    server = taken;
    open();
    expect(await done()).toEqual(taken.layers);
  });
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
  expect(server).toEqual(mixOf(layer('RV02')));
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

test('MUTE survives ON off and ON on, and what is done to it meanwhile', async () => {
  hand.setMuted('RV02', true);
  await settle();
  poll();
  hand.setOn('RV02', false);
  await settle();
  poll();
  expect(server).toEqual(mixOf(layer('RV01')));
  hand = makeHand();
  poll();
  expect(hand.view().stripOf('RV02')).toMatchObject({ isOn: false, isMuted: true, layer: { gain: 0.5 } });
  hand.setGain('RV02', 0.4);
  hand.setLayer('RV02', { delayMs: 20 });
  hand.setOn('RV02', true);
  expect(hand.view().stripOf('RV02')).toMatchObject({ isOn: true, isMuted: true, layer: { gain: 0.4 } });
  await settle();
  poll();
  expect(server).toEqual(mixOf(layer('RV01'), { ...layer('RV02', 0), delayMs: 20 }));
  hand.setMuted('RV02', false);
  await settle();
  expect(server.layers[1]?.gain).toBe(0.4);
  // Outside the mix it is for the next time; put in by another hand it is heard.
  hand.setOn('RV02', false);
  hand.setMuted('RV02', true);
  await settle();
  server = mixOf(layer('RV01'), layer('RV02', 0.9));
  poll();
  expect(hand.view().stripOf('RV02')).toMatchObject({ isMuted: false, layer: { gain: 0.9 } });
});

test('out of the mix and in again with the same settings; the last one may go as well', async () => {
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
  expect(server).toEqual(mixOf());
  expect(hand.view().stripOf('RV01')).toMatchObject({ isOn: false, isMuted: false });
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
  expect(sent).toEqual([
    { FollowEnable: '0' },
    {
      MixMode: 'change',
      ...{ 'MixList.1': 'RV01', 'AudioLayer.1.VolumeRate': '0.3' },
      ...{ 'MixList.2': 'RV02', 'AudioLayer.2.VolumeRate': '0.9' },
    },
  ]);
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

test('as it is sent: a call for each kind of change, the mode with the first', () => {
  const places = new Map([
    ['RV01', { isOn: true, gain: 0.5 }],
    ['RV02', { isOn: false, gain: 1 }],
    ['RV03', { gain: 0 }],
    ['RV04', {}],
    ['RV05', { delayMs: 7, channels: 'left' as const }],
  ]);
  const [removed, changed, added, ...more] = writeMixChange({ follow: true, places });
  expect(removed).toEqual({ FollowEnable: '1', MixMode: 'remove', 'MixList.1': 'RV02' });
  expect(changed).toEqual({
    MixMode: 'change',
    ...{ 'MixList.1': 'RV03', 'AudioLayer.1.VolumeRate': '0' },
    ...{ 'MixList.2': 'RV05', 'AudioLayer.2.FixedDelayDuration': '7', 'AudioLayer.2.ValidChannel': 'leftChannel' },
  });
  expect(added).toMatchObject({ MixMode: 'add', 'MixList.1': 'RV01', 'AudioLayer.1.VolumeRate': '0.5' });
  expect(added).toMatchObject({ 'AudioLayer.1.ValidChannel': 'all', 'AudioLayer.1.FixedDelayDuration': '0' });
  expect(more).toEqual([]);
  expect(writeMixChange({ places: new Map() })).toEqual([]);
});

test('what a tab kept is read with care', () => {
  expect(readKept(null)).toEqual([]);
  expect(readKept('{')).toEqual([]);
  expect(readKept('[{"place":"RV01","gain":0.5,"channels":"left","filter":{"noise":"x"}},{"gain":1},7]')).toEqual([
    { ...layer('RV01', 0.5), channels: 'left' },
  ]);
});
