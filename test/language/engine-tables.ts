/** The sample rows in the embedded engine: on a Memory table, and on MergeTree tables with and without the indexes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logIndexes, textSearchSettings } from '#language/text-index.ts';
import { rowsAsJson, sampleColumnsDdl } from './sample-rows.ts';
import type { CompiledSql } from '#language/compile-sql.ts';
import type { SampleRow } from './sample-rows.ts';

interface ChdbSession {
  query(sql: string, format?: string): string;
  queryBind(sql: string, params: object, format?: string): string;
  close(): void;
}

export const tableNames = ['memory', 'indexed', 'unindexed'] as const;
export type TableName = (typeof tableNames)[number];

export class EngineTables {
  readonly #directory = mkdtempSync(join(tmpdir(), 'millrace-language-'));
  readonly #session: ChdbSession;

  constructor() {
    const { Session } = createRequire(import.meta.url)('chdb') as { Session: new (path: string) => ChdbSession };
    this.#session = new Session(this.#directory);
    this.#session.query('CREATE DATABASE language');
  }

  /** Replaces what the tables hold. A granule has 16 rows, so that indexes have something to skip. */
  load(rows: readonly SampleRow[]): void {
    const indexes = logIndexes.map(({ ddl }) => `, ${ddl}`).join('');
    const mergeTree = 'ENGINE = MergeTree ORDER BY row_no SETTINGS index_granularity = 16';
    const engines: Record<TableName, string> = {
      memory: ') ENGINE = Memory',
      indexed: `${indexes}) ${mergeTree}`,
      unindexed: `) ${mergeTree}`,
    };
    for (const table of tableNames) {
      this.#session.query(`DROP TABLE IF EXISTS language.${table}`);
      this.#session.query(`CREATE TABLE language.${table} (${sampleColumnsDdl}${engines[table]}`);
      this.#session.query(`INSERT INTO language.${table} FORMAT JSONEachRow ${rowsAsJson(rows)}`);
    }
  }

  /** Numbers of the rows that the condition selects. */
  select(table: TableName, { sql, params }: CompiledSql): number[] {
    return JSON.parse(this.query(`SELECT arraySort(groupArray(row_no)) FROM language.${table} WHERE ${sql}`, params));
  }

  query(sql: string, params: Readonly<Record<string, string | number>> = {}): string {
    const settings = Object.entries({ ...textSearchSettings, output_format_json_quote_64bit_integers: 1 })
      .map(([name, value]) => `${name} = ${value}`)
      .join(', ');
    const text = `${sql} SETTINGS ${settings}`;
    return Object.keys(params).length === 0 ? this.#session.query(text, 'TSV') : this.#session.queryBind(text, params, 'TSV');
  }

  close(): void {
    this.#session.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
