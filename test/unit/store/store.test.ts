import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Caster, NEW_SOUND } from '../../../src/domain/caster.js';
import { addComponent } from '../../../src/domain/component.js';
import { CUT, setFadeToBlack, setOverlay, withTBar } from '../../../src/domain/mix.js';
import { modifyResource } from '../../../src/domain/resource.js';
import { setScene } from '../../../src/domain/scene.js';
import { openStore, StaleCasterError, type Store } from '../../../src/store/store.js';
import { airCaster, captionComponent, idleCaster, textComponent } from '../../support/casters.js';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'castdeck-store-'));
  store = await openStore(folder);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const full = () => setScene(airCaster(), { sceneId: 'pgm', layoutId: 'pair', componentIds: [], style: CUT });

test('a studio comes back as it was, and the file is for its owner only', async () => {
  const tagged = { ...full(), tags: [{ key: 'a', value: 'ä"' }], resourceGroupId: 'group' };
  await store.insert(tagged, 'CreateCaster');
  await store.close();
  store = await openStore(folder);
  expect(await store.get('studio')).toEqual(tagged);
  expect(await store.list()).toEqual([tagged]);
  expect(await store.resultOfToken('CreateCaster', 't')).toBe('studio');
  expect(await store.resultOfToken('CopyCaster', 't')).toBeNull();
  for (const name of ['castdeck.db', 'castdeck.db-wal']) {
    if (existsSync(join(folder, name))) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  }
});

test('channels, components, keys, the T-bar, sound and changes that wait come back as well', async () => {
  const made = addComponent(addComponent(airCaster(), captionComponent('c', 'RV01'), 9), textComponent('t', 'RC01'), 9);
  const shown = setScene(made, { sceneId: 'pvw', layoutId: 'full', componentIds: ['t', 'c'], style: CUT });
  const keyed = setFadeToBlack(setOverlay(shown, { componentId: 't', on: true, fadeMs: 5, order: 2 }), true, 900);
  const held = withTBar(keyed, { kind: 'clock', color: 3, position: 0.5, glideMs: 40 });
  const around = { ownRtmp: '', isOwnRtmp: () => false, refuseHost: () => null };
  const call = { id: 'source-RV01', name: undefined, change: { liveStreamUrl: 'test://clock' } };
  const playback = { paused: true, seek: { serial: 4, toMs: 250 } };
  const all: Caster = {
    ...modifyResource(held, call, around),
    channels: [{ id: 'RV02', resourceId: 'source-RV02', playback }],
    sound: {
      ducking: { ...NEW_SOUND.ducking, enabled: true, triggers: ['RV02'] },
      tone: { enabled: true, hz: 440.5, levelDb: -20 },
      silence: { enabled: false, belowDb: -50, afterMs: 3000 },
      loudnessSerial: 12,
    },
    settings: {
      ...held.settings,
      channels: true,
      callbackUrl: 'http://a.example/x',
      syncGroups: [{ mode: 'each', sources: ['source-RV01', 'source-RV02'], host: null }],
    },
  };
  await store.insert(all, 'CreateCaster');
  expect(await store.get('studio')).toEqual(all);
  expect(await store.replace(all)).toEqual(await store.get('studio'));
});

test('what was changed before a kill of the process is there after it', async () => {
  await store.insert(idleCaster(), 'CreateCaster');
  const kept = await store.replace(full());
  // A killed process leaves the files as they are at this moment, with the log not yet folded in.
  const killed = join(folder, 'killed');
  mkdirSync(killed);
  for (const name of ['castdeck.db', 'castdeck.db-wal']) copyFileSync(join(folder, name), join(killed, name));
  const after = await openStore(killed);
  expect(await after.get('studio')).toEqual(kept);
  await after.close();
});

test('each change raises the revision; one that was made from old content is refused whole', async () => {
  await store.insert(idleCaster(), 'CreateCaster');
  const first = await store.replace(idleCaster());
  expect(first.revision).toBe(2);
  const second = await store.replace({ ...first, layouts: [] });
  expect(second.revision).toBe(3);
  await expect(store.replace({ ...first, resources: [] })).rejects.toThrow(StaleCasterError);
  expect(await store.get('studio')).toEqual(second);
});

test('a change that breaks a rule of the tables leaves nothing behind', async () => {
  await store.insert(idleCaster(), 'CreateCaster');
  const [resource] = idleCaster().resources;
  if (!resource) throw new Error('the studio has sources');
  await expect(store.replace({ ...idleCaster(), resources: [resource, { ...resource, id: 'b' }] })).rejects.toThrow();
  expect(await store.get('studio')).toEqual(idleCaster());
});

test('a studio goes with everything in it, its token stays', async () => {
  await store.insert(full(), 'CreateCaster');
  expect(await store.remove('studio')).toBe(true);
  expect(await store.remove('studio')).toBe(false);
  expect(await store.get('studio')).toBeNull();
  expect(await store.count()).toBe(0);
  await store.insert({ ...full(), clientToken: 'other' }, 'CreateCaster');
  expect(await store.resultOfToken('CreateCaster', 't')).toBe('studio');
});

test('where events go is told without the rest of the studio', async () => {
  const studio = full();
  await store.insert(
    { ...studio, settings: { ...studio.settings, callbackUrl: 'http://a.example/x' } },
    'CreateCaster',
  );
  expect(await store.callbackUrl('studio')).toBe('http://a.example/x');
  expect(await store.callbackUrl('other')).toBeNull();
});
