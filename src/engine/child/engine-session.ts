/**
 * One session of the engine: a connection with its own settings, current database and at most one running query.
 *
 * A session is found in `system.processes` by the `log_comment` it was opened with, which is how its query is killed:
 * the C interface has no cancel for a running query. Settings of a request are set before its query and taken back
 * before the next one that does not want them; a session whose state is not known any more is opened afresh.
 */
import { quoteText } from './sql-text.ts';
import { badRequest } from './engine-error.ts';
import type { QuerySettings } from '../engine-config.ts';
import type {
  BufferedAnswer,
  ConnectionHandle,
  InsertAnswer,
  NativeEngine,
  QueryParameters,
  StreamHandle,
  StreamPart,
} from './native-engine.ts';

const settingName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export class EngineSession {
  /** The session's `log_comment`. */
  readonly name: string;
  readonly #engine: NativeEngine;
  readonly #dataPath: string;
  readonly #baseSettings: QuerySettings;
  #connection: ConnectionHandle | undefined;
  #settings: QuerySettings = {};
  #database = 'default';
  /** The query that is inside the engine now; settles with it. */
  #running: Promise<unknown> = Promise.resolve();
  /** The last query did not end well. */
  #failed = false;

  constructor(engine: NativeEngine, dataPath: string, name: string, baseSettings: QuerySettings) {
    this.#engine = engine;
    this.#dataPath = dataPath;
    this.name = name;
    this.#baseSettings = baseSettings;
  }

  /** True where the session stands ready for these settings without a SET. */
  isPreparedFor(database: string, settings: QuerySettings): boolean {
    return this.#connection !== undefined && this.#database === database && sameSettings(this.#settings, settings);
  }

  /** Brings the session to this database and to the base settings with these on top. */
  async prepare(database: string, settings: QuerySettings): Promise<void> {
    const connection = this.#open();
    const changes = this.#settingChanges(settings);
    try {
      if (changes.length > 0) await this.#track(this.#engine.QueryAsyncConnection(connection, `SET ${changes.join(', ')}`, 'Null'));
      this.#settings = settings;
      if (database !== this.#database) {
        await this.#track(this.#engine.QueryAsyncConnection(connection, `USE ${quoteName(database)}`, 'Null'));
        this.#database = database;
      }
    } catch (error) {
      this.reset();
      throw error;
    }
  }

  /** Runs a statement to its end and returns the whole answer. */
  query(sql: string, format: string, parameters: QueryParameters): Promise<BufferedAnswer> {
    const bound = Object.keys(parameters).length > 0 ? [parameters] : [];
    return this.#track(this.#engine.QueryAsyncConnection(this.#open(), sql, format, ...bound));
  }

  /** Runs a statement that returns nothing, with `payload` as the data behind it. */
  insert(prefix: string, payload: Buffer): Promise<InsertAnswer> {
    return this.#track(this.#engine.InsertRawAsyncConnection(this.#open(), prefix, payload, false));
  }

  /** Starts a streamed query; it runs while parts are fetched. Throws what the analysis of the query finds. */
  openStream(sql: string, format: string, parameters: QueryParameters): StreamHandle {
    const bound = Object.keys(parameters).length > 0 ? [parameters] : [];
    return this.#engine.StreamQuery(this.#open(), sql, format, ...bound);
  }

  fetch(stream: StreamHandle): Promise<StreamPart> {
    return this.#track(this.#engine.StreamFetch(stream));
  }

  /**
   * Settles when nothing of this session is inside the engine. A query that failed or was killed stays in the engine's
   * list, with its locks and its memory, until the connection runs another: so it gets another.
   */
  async settle(): Promise<void> {
    await this.#running;
    if (!this.#failed || this.#connection === undefined) return;
    this.#failed = false;
    await this.#engine.QueryAsyncConnection(this.#connection, 'SELECT 1', 'Null').catch(() => this.reset());
  }

  /** Forgets everything set on this session; the next query opens it afresh. Only while nothing runs on it. */
  reset(): void {
    if (this.#connection !== undefined) this.#engine.CloseConnection(this.#connection);
    this.#connection = undefined;
    this.#failed = false;
    this.#settings = {};
    this.#database = 'default';
  }

  #open(): ConnectionHandle {
    this.#connection ??= this.#engine.CreateConnection(this.#dataPath, [
      ...Object.entries(this.#baseSettings).map(([name, value]) => `--${name}=${value}`),
      `--log_comment=${this.name}`,
    ]);
    return this.#connection;
  }

  #settingChanges(wanted: QuerySettings): string[] {
    const changes: string[] = [];
    for (const [name, value] of Object.entries(wanted)) {
      if (!settingName.test(name)) throw badRequest(`A setting cannot be called ${quoteText(name)}`);
      if (this.#settings[name] !== value) changes.push(`${name} = ${quoteText(value)}`);
    }
    for (const name of Object.keys(this.#settings)) {
      if (name in wanted) continue;
      const base = this.#baseSettings[name];
      changes.push(`${name} = ${base === undefined ? 'DEFAULT' : quoteText(base)}`);
    }
    return changes;
  }

  #track<T>(operation: Promise<T>): Promise<T> {
    this.#running = operation.then(
      () => {},
      () => {
        this.#failed = true;
      },
    );
    return operation;
  }
}

function sameSettings(a: QuerySettings, b: QuerySettings): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function quoteName(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}
