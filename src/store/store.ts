/**
 * The studios on disk. Every change of a studio is one transaction that also raises its revision; what a call was told
 * is done has survived a kill of the process (WAL) and a loss of power (synchronous=FULL: studios change a few times a
 * minute, so the one fsync a change costs nothing that matters). One process has the file open.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, Migrator, SqliteAdapter, SqliteDialect, type Transaction } from 'kysely';
import Database from 'libsql';
import type { Caster } from '../domain/caster.js';
import { casterOfRows, casterRow, componentRow, layoutRow, resourceRow, sceneRow, settingsOfText } from './rows.js';
import { MIGRATIONS, type Tables } from './schema.js';

/** Client tokens that are remembered; beyond it the oldest are forgotten. */
const MOST_TOKENS = 10_000;

/** The studio was changed by somebody else since it was read, or is gone. Ours to avoid: changes of a studio queue. */
export class StaleCasterError extends Error {
  override readonly name = 'StaleCasterError';
}

/**
 * Kysely runs migrations in a transaction only where the dialect says that changes of tables can be taken back, and says
 * that SQLite cannot; it can. So a kill half way leaves the file as it was, instead of one that can never be opened.
 */
class WholeMigrations extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class StoreDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new WholeMigrations();
  }
}

export class Store {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async get(id: string): Promise<Caster | null> {
    return this.#db.transaction().execute((transaction) => load(transaction, id));
  }

  /** Where events of a studio go, without reading all of it; empty when nowhere, `null` when there is no studio. */
  async callbackUrl(id: string): Promise<string | null> {
    const row = await this.#db.selectFrom('casters').select('settings').where('id', '=', id).executeTakeFirst();
    return row ? settingsOfText(row.settings).callbackUrl : null;
  }

  /** All studios, oldest first. */
  async list(): Promise<Caster[]> {
    return this.#db.transaction().execute(async (transaction) => {
      const rows = await transaction.selectFrom('casters').select('id').orderBy('created_at').orderBy('id').execute();
      const casters: Caster[] = [];
      for (const { id } of rows) {
        const caster = await load(transaction, id);
        if (caster) casters.push(caster);
      }
      return casters;
    });
  }

  async count(): Promise<number> {
    const row = await this.#db
      .selectFrom('casters')
      .select((select) => select.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  /** Result of an earlier call of this operation with the same token, or `null`. */
  async resultOfToken(operation: string, token: string): Promise<string | null> {
    const row = await this.#db
      .selectFrom('client_tokens')
      .select('result')
      .where('operation', '=', operation)
      .where('token', '=', token)
      .executeTakeFirst();
    return row?.result ?? null;
  }

  /** A new studio together with the token of the call that made it. */
  async insert(caster: Caster, operation: string): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.insertInto('casters').values(casterRow(caster)).execute();
      await insertParts(transaction, caster);
      const created = caster.createdAt;
      await transaction
        .insertInto('client_tokens')
        .values({ token: caster.clientToken, operation, result: caster.id, created_at: created })
        .execute();
      const last = await transaction
        .selectFrom('client_tokens')
        .select('created_at')
        .orderBy('created_at', 'desc')
        .offset(MOST_TOKENS)
        .limit(1)
        .executeTakeFirst();
      if (last) await transaction.deleteFrom('client_tokens').where('created_at', '<=', last.created_at).execute();
    });
  }

  /**
   * Replaces the studio and raises its revision by one; gives the studio as it is now kept.
   * @param caster the new content, with the revision that it was read with
   * @throws StaleCasterError
   */
  async replace(caster: Caster): Promise<Caster> {
    const next: Caster = { ...caster, revision: caster.revision + 1 };
    await this.#db.transaction().execute(async (transaction) => {
      const { id, ...values } = casterRow(next);
      const changed = await transaction
        .updateTable('casters')
        .set(values)
        .where('id', '=', id)
        .where('revision', '=', caster.revision)
        .executeTakeFirst();
      if (changed.numUpdatedRows !== 1n)
        throw new StaleCasterError(`studio ${id} is not at revision ${caster.revision}`);
      for (const table of ['resources', 'layouts', 'components', 'scenes'] as const) {
        await transaction.deleteFrom(table).where('caster_id', '=', id).execute();
      }
      await insertParts(transaction, next);
    });
    return next;
  }

  /** Removes a studio with everything in it; false when there was none. */
  async remove(id: string): Promise<boolean> {
    const result = await this.#db.deleteFrom('casters').where('id', '=', id).executeTakeFirst();
    return result.numDeletedRows === 1n;
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }
}

async function load(db: Transaction<Tables>, id: string): Promise<Caster | null> {
  const caster = await db.selectFrom('casters').selectAll().where('id', '=', id).executeTakeFirst();
  if (!caster) return null;
  const resources = await db
    .selectFrom('resources')
    .selectAll()
    .where('caster_id', '=', id)
    .orderBy('position')
    .execute();
  const layouts = await db.selectFrom('layouts').selectAll().where('caster_id', '=', id).orderBy('ordinal').execute();
  const components = await db
    .selectFrom('components')
    .selectAll()
    .where('caster_id', '=', id)
    .orderBy('ordinal')
    .execute();
  // "pvw" after "pgm" in the alphabet; the preview comes first on the wire.
  const scenes = await db
    .selectFrom('scenes')
    .selectAll()
    .where('caster_id', '=', id)
    .orderBy('kind', 'desc')
    .execute();
  return casterOfRows({ caster, resources, layouts, components, scenes });
}

async function insertParts(db: Transaction<Tables>, caster: Caster): Promise<void> {
  const { id } = caster;
  for (const resource of caster.resources) await db.insertInto('resources').values(resourceRow(id, resource)).execute();
  for (const [ordinal, layout] of caster.layouts.entries()) {
    await db
      .insertInto('layouts')
      .values(layoutRow(id, layout, ordinal))
      .execute();
  }
  for (const [ordinal, component] of caster.components.entries()) {
    await db
      .insertInto('components')
      .values(componentRow(id, component, ordinal))
      .execute();
  }
  for (const scene of caster.scenes) await db.insertInto('scenes').values(sceneRow(id, scene)).execute();
}

/**
 * Opens `castdeck.db` in the folder, makes it if it is missing (mode 0600) and brings its tables up to date.
 * @throws Error when the file is damaged or newer than this program
 */
export async function openStore(dataDir: string): Promise<Store> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'castdeck.db');
  const database = new Database(path, { timeout: 5000 });
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  // SQLite gives the WAL and its index the mode of the database file, so that is set before they are filled.
  chmodSync(path, 0o600);
  const db = new Kysely<Tables>({ dialect: new StoreDialect({ database }) });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error } = await migrator.migrateToLatest();
  if (error) {
    await db.destroy();
    throw new Error(`${path} cannot be brought up to date`, { cause: error });
  }
  return new Store(db);
}
