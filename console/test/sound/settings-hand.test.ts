import { expect, test } from 'vitest';
import { Pace } from '../../src/pace.js';
import { changeTrigger, SettingsHand, writeSettings } from '../../src/sound/settings-hand.js';
import { NO_SETTINGS } from '../../src/sound/sound-wire.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('only what was changed is sent', () => {
  expect(writeSettings({ ducking: { depth: 9, triggers: ['RV02', 'RV05'] }, resetLoudness: true })).toEqual({
    DuckingDepth: '9',
    'DuckingList.1': 'RV02',
    'DuckingList.2': 'RV05',
    LoudnessReset: 'true',
  });
  expect(writeSettings({ tone: { on: true, level: -20 }, silence: { on: false } })).toEqual({
    ToneEnable: 'true',
    ToneLevel: '-20',
    SilenceEnable: 'false',
  });
});

test('TALK: the first turns talk-over on, the last turns it off', () => {
  const { ducking } = NO_SETTINGS;
  expect(changeTrigger({ ...ducking, triggers: ['RV09'] }, 'RV01')).toEqual({
    ducking: { on: true, triggers: ['RV01'] },
  });
  const on = { ...ducking, on: true, triggers: ['RV01'] };
  expect(changeTrigger(on, 'RV02')).toEqual({ ducking: { on: true, triggers: ['RV01', 'RV02'] } });
  expect(changeTrigger({ ...on, triggers: ['RV01', 'RV02'] }, 'RV01')).toEqual({
    ducking: { on: true, triggers: ['RV02'] },
  });
  expect(changeTrigger(on, 'RV01')).toEqual({ ducking: { on: false } });
});

test('a change is shown until an answer that was asked for later has it; a refusal takes it back', async () => {
  const sent: Record<string, string>[] = [];
  const errors: unknown[] = [];
  let fails = false;
  const hand = new SettingsHand({
    send: async (params) => {
      if (fails) throw new Error('refused');
      sent.push(params);
    },
    onError: (error) => errors.push(error),
    pace: new Pace(0, { now: () => 0, sleep: async () => {} }),
  });
  expect(hand.view()).toBeNull();
  hand.answered(hand.ask(), NO_SETTINGS);
  const asked = hand.ask();
  hand.change({ tone: { on: true } });
  hand.change({ tone: { level: -30 } });
  expect(hand.view()?.tone).toEqual({ on: true, hz: 1000, level: -30 });
  await settle();
  hand.answered(asked, NO_SETTINGS);
  expect(hand.view()?.tone.on).toBe(true);
  hand.answered(hand.ask(), NO_SETTINGS);
  expect(hand.view()?.tone.on).toBe(false);
  expect(Object.assign({}, ...sent)).toEqual({ ToneEnable: 'true', ToneLevel: '-30' });
  fails = true;
  hand.change({ silence: { on: true } });
  expect(hand.view()?.silence.on).toBe(true);
  await settle();
  expect(hand.view()?.silence.on).toBe(false);
  expect(errors).toHaveLength(1);
});
