/**
 * The raw engine in a process of its own: takes ready-made Native blocks (files) into a plain MergeTree table, without
 * any text index or fsync, and says how long that took and what it cost. Started by `ceiling.ts`, one job a process.
 *
 *   node child.ts prepare <data directory> <JSON lines> <Native file>     JSON lines become one block
 *   node child.ts insert  <data directory> <Native file>...               the measured part
 */
import { Session } from 'chdb';
import { insertStatement, prepareStatement, tableStatement } from './statements.ts';

export interface InsertFigures {
  readonly rows: number;
  readonly wallMs: number;
  /** CPU of this process: of the inserts, and of all until merges rest. */
  readonly insertCpuMs: number;
  readonly restCpuMs: number;
  readonly bytesOnDisk: number;
}

const restPollMs = 250;
const restTimeoutMs = 120_000;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

function scalar(session: Session, sql: string): number {
  return Number(session.query(sql, 'TSV').trim());
}

async function waitForRest(session: Session): Promise<void> {
  const deadlineMs = performance.now() + restTimeoutMs;
  for (let quiet = 0; quiet < 6 && performance.now() < deadlineMs; ) {
    await new Promise((resolve) => setTimeout(resolve, restPollMs));
    quiet = scalar(session, 'SELECT count() FROM system.merges') === 0 ? quiet + 1 : 0;
  }
}

async function insert(session: Session, blockFiles: readonly string[]): Promise<InsertFigures> {
  session.query(tableStatement);
  const startCpuMs = cpuMs();
  const startMs = performance.now();
  for (const file of blockFiles) await session.queryAsync(insertStatement(file));
  const rows = scalar(session, 'SELECT count() FROM plain');
  const wallMs = performance.now() - startMs;
  const insertCpuMs = cpuMs() - startCpuMs;
  await waitForRest(session);
  const restCpuMs = cpuMs() - startCpuMs;
  // One part, so that its size does not depend on how far the merges happened to come.
  session.query('OPTIMIZE TABLE plain FINAL');
  const bytesOnDisk = scalar(session, "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'plain'");
  return { rows, wallMs, insertCpuMs, restCpuMs, bytesOnDisk };
}

const [job, dataDirectory, ...files] = process.argv.slice(2);
const session = new Session(dataDirectory);
try {
  if (job === 'prepare') session.query(prepareStatement(files[0], files[1]));
  else process.send?.(await insert(session, files));
} finally {
  session.cleanup();
  process.disconnect?.();
}
