/** What a tree of processes costs, read from /proc: CPU including children that ended, and memory. Linux only. */
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

export interface TreeCost {
  readonly processes: number;
  readonly cpuSeconds: number;
  /** Proportional: shared pages count once. */
  readonly pssBytes: number;
  readonly rssBytes: number;
}

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  readonly rssPages: number;
}

/** USER_HZ, the unit of /proc/<pid>/stat; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;
const pageBytes = 4096;

async function readStat(pid: number): Promise<ProcessStat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (text === '') return undefined;
  // The name in brackets may hold spaces; the fields behind it start with the third of proc(5), the state.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [utime, stime, childUtime, childStime] = fields.slice(11, 15).map(Number);
  return { pid, parent: Number(fields[1]), ticks: utime + stime + childUtime + childStime, rssPages: Number(fields[21]) };
}

async function pssBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}

async function treeOf(rootPid: number): Promise<ProcessStat[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = (await Promise.all(pids.map(readStat))).filter((stat) => stat !== undefined);
  const tree = stats.filter(({ pid }) => pid === rootPid);
  for (let at = 0; at < tree.length; at++) tree.push(...stats.filter(({ parent }) => parent === tree[at].pid));
  return tree;
}

/** The cost of the process and all below it, so far (CPU) and now (memory). */
export async function treeCost(rootPid: number, withMemory = true): Promise<TreeCost> {
  const tree = await treeOf(rootPid);
  const pss = withMemory ? await Promise.all(tree.map(({ pid }) => pssBytes(pid))) : [];
  return {
    processes: tree.length,
    cpuSeconds: tree.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond,
    pssBytes: pss.reduce((sum, bytes) => sum + bytes, 0),
    rssBytes: tree.reduce((sum, { rssPages }) => sum + rssPages, 0) * pageBytes,
  };
}

export interface Sample extends TreeCost {
  readonly atMs: number;
}

/** Samples a tree until it is stopped. */
export class TreeSampler {
  readonly samples: Sample[] = [];
  readonly #timer: NodeJS.Timeout;
  #busy = false;

  constructor(rootPid: number, everyMs = 500) {
    this.#timer = setInterval(() => {
      if (this.#busy) return;
      this.#busy = true;
      void treeCost(rootPid).then((cost) => {
        this.#busy = false;
        if (cost.processes > 0) this.samples.push({ ...cost, atMs: performance.now() });
      });
    }, everyMs);
  }

  /** Highest proportional memory between two times of `performance.now()`. */
  peakPssBytes(fromMs = 0, toMs = Number.POSITIVE_INFINITY): number {
    return Math.max(0, ...this.samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).map((sample) => sample.pssBytes));
  }

  meanPssBytes(fromMs: number, toMs: number): number {
    const within = this.samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
    return within.reduce((sum, sample) => sum + sample.pssBytes, 0) / Math.max(1, within.length);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

export interface ThreadCost {
  /** Command of the process, shortened, and name of the thread. */
  readonly process: string;
  readonly thread: string;
  readonly count: number;
  readonly cpuSeconds: number;
}

/** CPU of the living threads of a tree by process and thread name, largest first: where the time goes. */
export async function threadCosts(rootPid: number): Promise<ThreadCost[]> {
  const costs = new Map<string, ThreadCost>();
  for (const { pid } of await treeOf(rootPid)) {
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const process = basename(command.find((part) => /\.m?[jt]s$/.test(part)) ?? command[0]);
    for (const tid of await readdir(`/proc/${pid}/task`).catch(() => [])) {
      const text = await readFile(`/proc/${pid}/task/${tid}/stat`, 'utf8').catch(() => '');
      if (text === '') continue;
      const thread = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
      const [utime, stime] = text
        .slice(text.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 13)
        .map(Number);
      const key = `${pid} ${thread}`;
      const before = costs.get(key);
      costs.set(key, {
        process,
        thread,
        count: (before?.count ?? 0) + 1,
        cpuSeconds: (before?.cpuSeconds ?? 0) + (utime + stime) / ticksPerSecond,
      });
    }
  }
  return [...costs.values()].toSorted((a, b) => b.cpuSeconds - a.cpuSeconds);
}
