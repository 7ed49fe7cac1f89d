/**
 * ClickHouse as the store relies on it, in memory: the few statements that the writing side sends, with everything that
 * the real one may do to them. A statement waits, runs and ends when the scheduler says so; its client may give it up
 * while it runs, and it goes on. A restart empties the Memory tables, whose names stay; what ran may have taken effect.
 * A part may be damaged and nobody told: its rows are never read again, and no mutation begins while it is there.
 * A mutation reaches the parts that were there when it began, and goes on after a restart.
 */
import assert from 'node:assert/strict';
import type { Parameters, Statements } from '../../src/store/clickhouse/database.ts';
import type { SnapshotState } from '../../src/store/clickhouse/snapshots.ts';
import type { SeededRandom } from './seeded-random.ts';

/** A line; `id` is the simulation's own name of it. */
export interface FakeRow {
  readonly id: number;
  readonly origin: number;
  readonly seq: number;
}

/** A frame's payload: its rows have the ids from `firstId`. */
export function encodeRows(origin: number, seq: number, firstId: number, count: number): Buffer {
  return Buffer.from(`${origin} ${seq} ${firstId} ${count}\n`);
}

function decodeRows(blocks: readonly Uint8Array[]): FakeRow[] {
  const lines = Buffer.concat(blocks).toString().split('\n').slice(0, -1);
  return lines.flatMap((line) => {
    const [origin, seq, firstId, count] = line.split(' ').map(Number);
    return Array.from({ length: count }, (_, index) => ({ id: firstId + index, origin, seq }));
  });
}

interface Part {
  readonly name: string;
  readonly gen: number;
  /** Its insert reported success, but it cannot be read. */
  readonly isDamaged: boolean;
  rows: readonly FakeRow[];
}

type Answer = readonly (readonly unknown[])[];

interface Statement {
  readonly sql: string;
  /** Takes effect; its rows are the answer. */
  readonly run: () => Answer;
  /** What may be left of it where it is broken off. */
  readonly runPartly?: () => void;
  readonly begin?: () => void;
  state: 'waiting' | 'running';
  /** Undefined once the client has its answer or has gone. */
  client: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void } | undefined;
}

interface Mutation {
  readonly parts: readonly Part[];
  readonly removes: (row: FakeRow, gen: number) => boolean;
}

const patterns = {
  createTable: /^CREATE TABLE (memtable_\d+) /,
  dropTable: /^DROP TABLE IF EXISTS (memtable_\d+) SYNC$/,
  copy: /^INSERT INTO logs \(.*\) SELECT .* FROM (memtable_\d+)$/,
  countTable: /^SELECT count\(\) FROM (memtable_\d+)$/,
  countBeyond: /^SELECT count\(\) FROM logs WHERE gen > \{gen:UInt64\}$/,
  deleteBeyond: /^ALTER TABLE logs DELETE WHERE gen > \{gen:UInt64\}$/,
  deleteReplaced: /^ALTER TABLE logs DELETE WHERE gen < .* AND origin = .* AND seq >= .* AND seq < /,
  tables: /^SELECT name FROM system\.tables /,
  parts: /^SELECT name, path, .* FROM system\.parts /,
  checkPart: /^CHECK TABLE logs PART '([^']+)' /,
  dropPart: /^ALTER TABLE logs DROP PART '([^']+)'$/,
  processes: /^SELECT count\(\) FROM system\.processes /,
};

export class FakeEngine {
  readonly #random: SeededRandom;
  readonly #tables = new Map<string, FakeRow[]>();
  #parts: Part[] = [];
  #statements: Statement[] = [];
  #mutations: Mutation[] = [];
  /** While down, statements fail at once. */
  isUp = true;
  /** Probability that a step fails its statement, or gives it up. */
  faultRate = 0;
  /** Probability that a part is not whole though its insert reports success. */
  damageRate = 0;
  #lastBlock = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  get isIdle(): boolean {
    return this.#statements.length === 0 && this.#mutations.length === 0;
  }

  /** Empty ones may be left by a CREATE that its client gave up. */
  tablesWithRows(): string[] {
    return [...this.#tables].filter(([, rows]) => rows.length > 0).map(([name]) => name);
  }

  /** One of the statements or mutations goes a step on. */
  step(): void {
    const choice = this.#random.below(this.#statements.length + this.#mutations.length);
    if (choice < this.#statements.length) this.#advance(this.#statements[choice]);
    else if (this.isUp && this.#mutations.length > 0) this.#mutate(this.#mutations[choice - this.#statements.length]);
  }

  /** The engine's process dies: statements are broken off and Memory tables are empty afterwards. */
  crash(): void {
    this.isUp = false;
    const broken = this.#statements;
    this.#statements = [];
    for (const statement of broken) {
      if (statement.state === 'running' && this.#random.chance(0.5))
        this.#quietly(this.#random.chance(0.5) ? statement.run : (statement.runPartly ?? statement.run));
      statement.client?.reject(new Error('the connection was closed'));
    }
    for (const name of this.#tables.keys()) this.#tables.set(name, []);
    // When it opens its data, it puts aside what is not whole.
    this.#parts = this.#parts.filter(({ isDamaged }) => !isDamaged);
  }

  /** A connection of one process of the product. */
  connect(): {
    statements: Statements;
    select(snapshot: SnapshotState, pause?: () => Promise<void>): Promise<FakeRow[]>;
    disconnect(): void;
  } {
    const own = new Set<Statement>();
    let connected = true;
    const submit = (statement: Pick<Statement, 'sql' | 'run' | 'runPartly' | 'begin'>): Promise<Answer> => {
      if (!connected) return new Promise<Answer>(() => {});
      if (!this.isUp) return Promise.reject(new Error('no connection'));
      return new Promise((resolve, reject) => {
        const submitted: Statement = { ...statement, state: 'waiting', client: { resolve, reject } };
        own.add(submitted);
        this.#statements.push(submitted);
      });
    };
    const statements: Statements = {
      command: async (sql, _class, _settings, parameters?: Parameters) => void (await submit(this.#statementOf(sql, parameters ?? {}))),
      selectInternal: (sql, parameters?: Parameters) => submit(this.#statementOf(sql, parameters ?? {})),
      insertNative: async (table, _columns, blocks) => Number((await submit(this.#insert(table, blocks)))[0][0]),
    };
    const select = async (snapshot: SnapshotState, pause?: () => Promise<void>): Promise<FakeRow[]> => {
      const sources = [
        () => this.#committedRows(snapshot),
        ...snapshot.memtables.map((number) => () => this.#rowsOf(`memtable_${number}`)),
      ];
      const answers: Answer[] = [];
      const ask = async (read: () => readonly FakeRow[]): Promise<void> =>
        void answers.push(await submit({ sql: 'SELECT', run: () => read().map((row) => [row]) }));
      if (pause === undefined) await Promise.all(sources.map(ask));
      else
        for (const read of sources) {
          await pause();
          await ask(read);
        }
      return answers.flatMap((answer) => answer.map(([row]) => row as FakeRow));
    };
    return {
      statements,
      select,
      disconnect: () => {
        connected = false;
        for (const statement of own) statement.client = undefined;
        this.#statements = this.#statements.filter((statement) => statement.client !== undefined || statement.state === 'running');
      },
    };
  }

  #advance(statement: Statement): void {
    const fault = statement.client !== undefined && this.#random.chance(this.faultRate);
    if (statement.state === 'waiting') {
      if (fault) return this.#end(statement, new Error('too many simultaneous queries'));
      statement.state = 'running';
      return this.#attempt(statement, () => statement.begin?.());
    }
    if (!fault) return this.#attempt(statement, () => this.#end(statement, statement.run()));
    if (this.#random.chance(0.5)) {
      // The client gives it up; the engine does not know.
      statement.client?.reject(new Error('timeout'));
      statement.client = undefined;
      return undefined;
    }
    this.#quietly(this.#random.chance(0.5) ? (statement.runPartly ?? (() => undefined)) : () => undefined);
    return this.#end(statement, new Error('the engine could not do it'));
  }

  #attempt(statement: Statement, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#end(statement, error as Error);
    }
  }

  #quietly(work: () => unknown): void {
    try {
      work();
    } catch {
      // A statement that is broken off tells nobody why it would have failed.
    }
  }

  #end(statement: Statement, result: Answer | Error): void {
    this.#statements = this.#statements.filter((other) => other !== statement);
    if (result instanceof Error) statement.client?.reject(result);
    else statement.client?.resolve(result);
  }

  #statementOf(sql: string, parameters: Parameters): Pick<Statement, 'sql' | 'run' | 'begin' | 'runPartly'> {
    const gen = Number(parameters['gen']);
    const [kind, match] = Object.entries(patterns)
      .map(([name, pattern]) => [name, pattern.exec(sql)] as const)
      .find(([, found]) => found !== null) ?? ['none', null];
    const table = match?.[1] ?? '';
    switch (kind as keyof typeof patterns) {
      case 'createTable':
        return {
          sql,
          run: () => {
            assert.ok(!this.#tables.has(table), `${table} exists already`);
            this.#tables.set(table, []);
            return [];
          },
        };
      case 'dropTable':
        return { sql, run: () => (this.#tables.delete(table), []) };
      case 'copy':
        return this.#copy(sql, table, gen);
      case 'countTable':
        return { sql, run: () => [[String(this.#rowsOf(table).length)]] };
      case 'countBeyond':
        return { sql, run: () => [[String(this.#parts.filter((part) => part.gen > gen).reduce((sum, { rows }) => sum + rows.length, 0))]] };
      case 'deleteBeyond':
        return this.#alter(sql, (_row, rowGen) => rowGen > gen);
      case 'deleteReplaced': {
        const { origin, from, to } = parameters as Record<string, number>;
        return this.#alter(sql, (row, rowGen) => rowGen < gen && row.origin === origin && row.seq >= from && row.seq < to);
      }
      case 'parts':
        return { sql, run: () => this.#parts.filter(({ rows }) => rows.length > 0).map(({ name }) => [name, '/', 1]) };
      case 'checkPart':
        return {
          sql,
          run: () => this.#parts.filter(({ name }) => name === table).map(({ name, isDamaged }) => [name, isDamaged ? 0 : 1, 'empty file']),
        };
      case 'dropPart':
        return { sql, run: () => ((this.#parts = this.#parts.filter(({ name }) => name !== table)), []) };
      case 'tables':
        return { sql, run: () => [...this.#tables.keys(), 'logs', 'migrations'].map((name) => [name]) };
      case 'processes': {
        const like = String(parameters['flush']).replace('%', '');
        return {
          sql,
          run: () => [[String(this.#statements.filter((other) => other.state === 'running' && other.sql.startsWith(like)).length)]],
        };
      }
      default:
        throw new Error(`the fake engine does not know: ${sql}`);
    }
  }

  /** Reads the memtable when it begins, and brings its parts one by one: broken off, it has brought some of them. */
  #copy(sql: string, table: string, gen: number): Pick<Statement, 'sql' | 'run' | 'begin' | 'runPartly'> {
    let cut: (readonly FakeRow[])[] = [];
    const bring = (some: readonly (readonly FakeRow[])[]): void => {
      for (const rows of some) {
        this.#lastBlock += 1;
        const name = `0-20260101_${this.#lastBlock}_${this.#lastBlock}_0`;
        this.#parts.push({ name, gen, rows, isDamaged: this.#random.chance(this.damageRate) });
      }
    };
    return {
      sql,
      begin: () => {
        const rows = [...this.#rowsOf(table)];
        const middle = this.#random.below(rows.length + 1);
        cut = [rows.slice(0, middle), rows.slice(middle)].filter(({ length }) => length > 0);
      },
      run: () => {
        bring(cut);
        return [];
      },
      runPartly: () => bring(cut.slice(0, this.#random.below(cut.length + 1))),
    };
  }

  /** Each block is seen as soon as it is in. */
  #insert(table: string, blocks: readonly Uint8Array[]): Pick<Statement, 'sql' | 'run' | 'runPartly'> {
    // The blocks are written to the spool before the statement is sent, as the real inserter does.
    const rows = decodeRows(blocks);
    const into = (part: readonly FakeRow[]): void => {
      this.#rowsOf(table).push(...part);
    };
    return {
      sql: `INSERT INTO ${table}`,
      run: () => {
        into(rows);
        return [[String(rows.length)]];
      },
      runPartly: () => into(rows.slice(0, this.#random.below(rows.length + 1))),
    };
  }

  #alter(sql: string, removes: Mutation['removes']): Pick<Statement, 'sql' | 'run' | 'begin'> {
    let mutation: Mutation | undefined;
    return {
      sql,
      begin: () => {
        if (this.#parts.some(({ isDamaged }) => isDamaged)) throw new Error('cannot read all data');
        mutation = { parts: [...this.#parts], removes };
        this.#mutations.push(mutation);
      },
      run: () => {
        if (mutation !== undefined && this.#mutations.includes(mutation)) this.#mutate(mutation);
        return [];
      },
    };
  }

  #mutate(mutation: Mutation): void {
    this.#mutations = this.#mutations.filter((other) => other !== mutation);
    for (const part of mutation.parts) part.rows = part.rows.filter((row) => !mutation.removes(row, part.gen));
    this.#parts = this.#parts.filter(({ rows }) => rows.length > 0);
  }

  #committedRows({ generation, replacements }: SnapshotState): FakeRow[] {
    return this.#parts
      .filter(({ gen, isDamaged }) => gen <= generation && !isDamaged)
      .flatMap(({ gen, rows }) =>
        rows.filter(
          ({ origin, seq }) =>
            !replacements.some(
              (replaced) =>
                gen < replaced.generation && origin === replaced.origin && seq >= replaced.fromSequence && seq < replaced.toSequence,
            ),
        ),
      );
  }

  #rowsOf(table: string): FakeRow[] {
    const rows = this.#tables.get(table);
    if (rows === undefined) throw new Error(`unknown table ${table}`);
    return rows;
  }
}
