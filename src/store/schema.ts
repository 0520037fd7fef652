/**
 * Tables and their migrations. Times are milliseconds since 1970; structured values are JSON text. All migrations that a
 * file lacks are one transaction together with the record of them: see `store.ts`.
 */
import { type Kysely, type Migration, sql } from 'kysely';

export interface CasterTable {
  id: string;
  revision: number;
  /** 0 idle, 1 on air; the same as `air` being set, kept for people who look into the file. */
  status: number;
  name: string;
  created_at: number;
  modified_at: number;
  resource_group_id: string;
  client_token: string;
  tags: string;
  settings: string;
  air: string | null;
  channels: string;
  mix: string;
  sound: string;
}

export interface ResourceTable {
  id: string;
  caster_id: string;
  position: string;
  name: string;
  input: string;
  in_effect: string | null;
  delay_ms: number;
  given: string;
}

export interface LayoutTable {
  id: string;
  caster_id: string;
  /** Order of creation within the studio. */
  ordinal: number;
  video: string;
  audio: string;
}

export interface ComponentTable {
  id: string;
  caster_id: string;
  /** Order of creation within the studio. */
  ordinal: number;
  position: string;
  name: string;
  /** All the rest. */
  body: string;
}

export interface SceneTable {
  id: string;
  caster_id: string;
  kind: 'pvw' | 'pgm';
  status: number;
  layout_id: string | null;
  video: string;
  audio: string;
  overlays: string;
  follow: number;
  stream: string;
}

export interface ClientTokenTable {
  token: string;
  operation: string;
  result: string;
  created_at: number;
}

export interface Tables {
  casters: CasterTable;
  resources: ResourceTable;
  layouts: LayoutTable;
  components: ComponentTable;
  scenes: SceneTable;
  client_tokens: ClientTokenTable;
}

const first: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('casters')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('status', 'integer', (column) => column.notNull().check(sql`status in (0, 1)`))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('created_at', 'integer', (column) => column.notNull())
      .addColumn('modified_at', 'integer', (column) => column.notNull())
      .addColumn('resource_group_id', 'text', (column) => column.notNull())
      .addColumn('client_token', 'text', (column) => column.notNull())
      .addColumn('tags', 'text', (column) => column.notNull())
      .addColumn('settings', 'text', (column) => column.notNull())
      .addColumn('air', 'text')
      .execute();
    await db.schema
      .createTable('resources')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('caster_id', 'text', (column) => column.notNull().references('casters.id').onDelete('cascade'))
      .addColumn('position', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('input', 'text', (column) => column.notNull())
      .addColumn('delay_ms', 'integer', (column) => column.notNull())
      .addColumn('given', 'text', (column) => column.notNull())
      .addUniqueConstraint('one_source_a_position', ['caster_id', 'position'])
      .execute();
    await db.schema
      .createTable('layouts')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('caster_id', 'text', (column) => column.notNull().references('casters.id').onDelete('cascade'))
      .addColumn('ordinal', 'integer', (column) => column.notNull())
      .addColumn('video', 'text', (column) => column.notNull())
      .addColumn('audio', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('layouts_of_caster').on('layouts').columns(['caster_id', 'ordinal']).execute();
    await db.schema
      .createTable('scenes')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('caster_id', 'text', (column) => column.notNull().references('casters.id').onDelete('cascade'))
      .addColumn('kind', 'text', (column) => column.notNull().check(sql`kind in ('pvw', 'pgm')`))
      .addColumn('status', 'integer', (column) => column.notNull().check(sql`status in (0, 1)`))
      .addColumn('layout_id', 'text')
      .addColumn('component_ids', 'text', (column) => column.notNull())
      .addColumn('video', 'text', (column) => column.notNull())
      .addColumn('audio', 'text', (column) => column.notNull())
      .addColumn('follow', 'integer', (column) => column.notNull())
      .addColumn('stream', 'text', (column) => column.notNull().unique())
      .addUniqueConstraint('one_scene_a_kind', ['caster_id', 'kind'])
      .execute();
    await db.schema
      .createTable('client_tokens')
      .addColumn('token', 'text', (column) => column.notNull())
      .addColumn('operation', 'text', (column) => column.notNull())
      .addColumn('result', 'text', (column) => column.notNull())
      .addColumn('created_at', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('client_tokens_key', ['operation', 'token'])
      .execute();
  },
};

/** What the rows of `casters` and `resources` held before. */
interface FirstTables {
  casters: { id: string; settings: string; air: string | null };
  resources: { id: string; input: string };
}

/** A studio as it is before anything was mixed; the value of that time, so that a later change of it changes nothing here. */
const FIRST_MIX = {
  take: { serial: 0, kind: 'cut', color: 0, durationMs: 0 },
  tbar: null,
  keys: [],
  fadeToBlack: { on: false, fadeMs: 0 },
};

/** Channels, components, changes of sources that wait, transitions, callbacks and sync groups. */
const picture: Migration = {
  async up(db: Kysely<FirstTables>): Promise<void> {
    await db.schema
      .alterTable('casters')
      .addColumn('channels', 'text', (column) => column.notNull().defaultTo('[]'))
      .execute();
    await db.schema
      .alterTable('casters')
      .addColumn('mix', 'text', (column) => column.notNull().defaultTo(JSON.stringify(FIRST_MIX)))
      .execute();
    await db.schema.alterTable('resources').addColumn('in_effect', 'text').execute();
    await db.schema.alterTable('scenes').dropColumn('component_ids').execute();
    await db.schema
      .alterTable('scenes')
      .addColumn('overlays', 'text', (column) => column.notNull().defaultTo('[]'))
      .execute();
    await db.schema
      .createTable('components')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('caster_id', 'text', (column) => column.notNull().references('casters.id').onDelete('cascade'))
      .addColumn('ordinal', 'integer', (column) => column.notNull())
      .addColumn('position', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('components_of_caster').on('components').columns(['caster_id', 'ordinal']).execute();
    for (const { id, settings, air } of await db.selectFrom('casters').select(['id', 'settings', 'air']).execute()) {
      const newSettings = { ...JSON.parse(settings), channels: false, callbackUrl: '', syncGroups: [] };
      const newAir = air === null ? null : JSON.stringify({ ...JSON.parse(air), syncGroups: [] });
      const values = { settings: JSON.stringify(newSettings), air: newAir };
      await db.updateTable('casters').set(values).where('id', '=', id).execute();
    }
    for (const { id, input } of await db.selectFrom('resources').select(['id', 'input']).execute()) {
      const old = JSON.parse(input);
      if (old.kind !== 'file') continue;
      const values = { input: JSON.stringify({ ...old, progressMs: 0 }) };
      await db.updateTable('resources').set(values).where('id', '=', id).execute();
    }
  },
};

/** The sound of a studio whose owner has said nothing about it, as of that time. */
const FIRST_SOUND = {
  ducking: { enabled: false, triggers: [], depthDb: 12, thresholdDb: -40, attackMs: 50, releaseMs: 600 },
  tone: { enabled: false, hz: 1000, levelDb: -18 },
  silence: { enabled: true, belowDb: -60, afterMs: 10_000 },
  loudnessSerial: 0,
};

/** Talk-over, test tone, silence. */
const sound: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .alterTable('casters')
      .addColumn('sound', 'text', (column) => column.notNull().defaultTo(JSON.stringify(FIRST_SOUND)))
      .execute();
  },
};

/** In order of their names; never changed once released, only added to. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001-studios': first,
  '0002-picture': picture,
  '0003-sound': sound,
};
