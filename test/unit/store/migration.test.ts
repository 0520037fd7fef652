/**
 * A database of the first version (tables of migration 0001 alone) opens, and its studios are what they were; one whose
 * migration broke off opens, too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, Migrator, SqliteDialect } from 'kysely';
import Database from 'libsql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NEW_SOUND } from '../../../src/domain/caster.js';
import { desiredState } from '../../../src/domain/compose.js';
import { modifyResource } from '../../../src/domain/resource.js';
import { MIGRATIONS } from '../../../src/store/schema.js';
import { openStore } from '../../../src/store/store.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'castdeck-migration-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const around = { ownRtmp: '', isOwnRtmp: () => false, refuseHost: () => null };
const FIRST = '0001-studios';
const transcode = { template: 'lp_hd', renditions: [], custom: null };
const old = {
  settings: { name: 'Old', domainName: 'localhost', programName: '', transcode },
  air: { domainName: 'localhost', transcode, since: 5 },
  file: { kind: 'file', url: 'http://a.example/x.mp4', beginMs: 0, endMs: null, repeat: -1 },
  picture: { source: 'RV01', fill: 'none', width: 0, height: 1, x: 0, y: 0, refer: 'topLeft', delayMs: 0 },
};

async function writeOldDatabase(): Promise<void> {
  const database = new Database(join(folder, 'castdeck.db'));
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  const first = MIGRATIONS[FIRST];
  if (!first) throw new Error('the first migration is there');
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ [FIRST]: first }) } });
  expect((await migrator.migrateToLatest()).error).toBeUndefined();
  database
    .prepare("insert into casters values ('studio', 7, 1, 'Old', 1, 2, '', 't', '[]', ?, ?)")
    .run(JSON.stringify(old.settings), JSON.stringify(old.air));
  database
    .prepare("insert into resources values ('r1', 'studio', 'RV01', 'File', ?, 40, ?)")
    .run(JSON.stringify(old.file), JSON.stringify({ vodUrl: old.file.url, repeatNum: -1 }));
  const scene = database.prepare("insert into scenes values (?, 'studio', ?, 1, 'l', '[]', ?, '[]', 1, ?)");
  scene.run('pvw', 'pvw', '[]', 'a'.repeat(32));
  scene.run('pgm', 'pgm', JSON.stringify([old.picture]), 'b'.repeat(32));
  await db.destroy();
}

test('a studio of the first version goes on as it was', async () => {
  await writeOldDatabase();
  const store = await openStore(folder);
  const caster = await store.get('studio');
  if (!caster) throw new Error('the studio is there');
  expect(caster).toMatchObject({
    revision: 7,
    settings: { ...old.settings, channels: false, callbackUrl: '', syncGroups: [] },
    air: { ...old.air, syncGroups: [] },
    resources: [{ input: { ...old.file, progressMs: 0 }, inEffect: null, delayMs: 40 }],
    channels: [],
    components: [],
    sound: NEW_SOUND,
    scenes: [{ overlays: [] }, { layoutId: 'l', video: [old.picture], overlays: [] }],
  });
  // Told apart by an engine by its text: the keys come in the order in which a new source has them.
  expect(JSON.stringify(caster.resources[0]?.input)).toBe(JSON.stringify({ ...old.file, progressMs: 0 }));
  const again = { id: 'r1', name: undefined, change: { vodUrl: old.file.url, repeatNum: -1 } };
  expect(modifyResource(caster, again, around).resources[0]?.inEffect).toBeNull();
  expect(desiredState(caster)).toMatchObject({
    pgm: { video: [old.picture], overlays: [] },
    take: { serial: 0, kind: 'cut' },
    tbar: null,
    keys: [],
    fadeToBlack: { on: false },
    sound: { ducking: null, tone: null, silence: { belowDb: -60, afterMs: 10_000 }, loudnessSerial: 0 },
    output: { audioBitrate: 128_000, audioChannels: 2 },
    syncGroups: [],
  });
  const kept = await store.replace(caster);
  expect(await store.get('studio')).toEqual(kept);
  await store.close();
});

test('a studio of the version before goes on as it was, with the usual sound', async () => {
  await writeOldDatabase();
  const database = new Database(join(folder, 'castdeck.db'));
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  const { '0003-sound': _sound, ...known } = MIGRATIONS;
  const migrator = new Migrator({ db, provider: { getMigrations: async () => known } });
  expect((await migrator.migrateToLatest()).error).toBeUndefined();
  const channels = JSON.stringify([{ id: 'RV02', resourceId: 'r1', playback: { paused: true, seek: null } }]);
  database.prepare('update casters set channels = ?').run(channels);
  await db.destroy();
  const store = await openStore(folder);
  expect(await store.get('studio')).toMatchObject({ channels: JSON.parse(channels), sound: NEW_SOUND });
  await store.close();
});

test.each([
  // A late statement of the second migration fails: what came before it must not stay.
  ['half way', 'create table components (id text)', 'drop table components'],
  [
    'before it was recorded',
    "create trigger stop before insert on kysely_migration begin select raise(abort, 'killed'); end",
    'drop trigger stop',
  ],
])('a migration that broke off %s is made again from the beginning', async (_where, hindrance, removal) => {
  await writeOldDatabase();
  const work = (statement: string): void => {
    const database = new Database(join(folder, 'castdeck.db'));
    database.exec(statement);
    database.close();
  };
  work(hindrance);
  await expect(openStore(folder)).rejects.toThrow('cannot be brought up to date');
  work(removal);
  const store = await openStore(folder);
  expect(await store.get('studio')).toMatchObject({ revision: 7, components: [], channels: [] });
  await store.close();
});
