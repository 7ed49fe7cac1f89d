/**
 * Stops queries whose client is gone. The engine's C interface cannot interrupt a query, so one reserved session says
 * `KILL QUERY … ASYNC` (`SYNC` was seen to hang), and says it again until the query has ended: a kill that comes before
 * the query is registered finds nothing. Also reads the progress of a running query, over the same session.
 */
import { quoteText } from './sql-text.ts';
import type { EngineSession } from './engine-session.ts';

/** A kill takes hold within one block of data; this often is soon enough and costs nothing. */
const repeatMs = 50;

/** Counters of a running query, as `X-ClickHouse-Progress` names them. */
export type Progress = Readonly<Record<string, string>>;

export class QueryKiller {
  readonly #control: Pick<EngineSession, 'query'>;
  /** Sessions whose query shall end. */
  readonly #targets = new Set<Pick<EngineSession, 'name'>>();
  #isKilling = false;
  /** The kill that is being said, by the names that its targets had. */
  #kill: Promise<unknown> = Promise.resolve();
  /** The reserved session, too, runs one statement at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(control: Pick<EngineSession, 'query'>) {
    this.#control = control;
  }

  /**
   * Kills what the session runs until `finished` settles. Resolves when no kill that names the session is under way any
   * more: only then may it run another query, which a late kill would hit.
   */
  async kill(session: Pick<EngineSession, 'name'>, finished: Promise<unknown>): Promise<void> {
    this.#targets.add(session);
    if (!this.#isKilling) void this.#killAll();
    await finished.catch(ignore);
    this.#targets.delete(session);
    await this.#kill;
  }

  /** Progress of the query on this session; undefined where none runs. */
  async progress(session: EngineSession): Promise<Progress | undefined> {
    const answer = await this.#run(
      'SELECT toString(read_rows) AS read_rows, toString(read_bytes) AS read_bytes, toString(total_rows_approx) AS total_rows_to_read,' +
        ' toString(written_rows) AS written_rows, toString(written_bytes) AS written_bytes,' +
        ' toString(toUInt64(elapsed * 1e9)) AS elapsed_ns, toString(memory_usage) AS memory_usage' +
        ` FROM system.processes WHERE Settings['log_comment'] = ${quoteText(session.name)} LIMIT 1`,
    );
    return answer === '' ? undefined : (JSON.parse(answer) as Progress);
  }

  /** Gives freed memory back to the system now instead of within seconds; 20 ms of CPU per 100 MB. */
  async purgeMemory(): Promise<void> {
    await this.#run('SYSTEM JEMALLOC PURGE').catch(ignore);
  }

  /** Settles when the reserved session is idle. */
  async idle(): Promise<void> {
    await this.#turn;
  }

  async #killAll(): Promise<void> {
    this.#isKilling = true;
    while (this.#targets.size > 0) {
      const names = [...this.#targets].map((session) => quoteText(session.name)).join(', ');
      this.#kill = this.#run(`KILL QUERY WHERE Settings['log_comment'] IN (${names}) ASYNC`).catch(ignore);
      await this.#kill;
      await new Promise((resolve) => setTimeout(resolve, repeatMs));
    }
    this.#isKilling = false;
  }

  #run(sql: string): Promise<string> {
    const result = this.#turn.then(async () => (await this.#control.query(sql, 'JSONEachRow', {})).bytes.toString());
    this.#turn = result.catch(ignore);
    return result;
  }
}

const ignore = (): void => {};
