/**
 * Starts the product as a user would, in an empty data directory and on a free port, watches what its processes cost,
 * and stops it by its pid. Everything here ends by itself: each wait has a bound, and its error says what was awaited.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ApiClient } from './harness/api-client.ts';
import type { Range } from './harness/api-client.ts';
import { treeCost, TreeSampler } from './harness/process-tree.ts';

/** What still runs when the bench itself ends early. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const rootDirectory = join(import.meta.dirname, '..');
const readyTimeoutMs = 60_000;
const stopTimeoutMs = 60_000;
const foundTimeoutMs = 180_000;
const restTimeoutMs = 300_000;
/** Share of one core under which the product counts as at rest, over a second; the canary and timers go on. */
const restCpuShare = 0.1;
/** The canary's own lines stay behind a flush. */
const restMemtableRows = 2000;

export const sleep = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

export class Product {
  readonly port: number;
  readonly directory: string;
  readonly client: ApiClient;
  readonly sampler: TreeSampler;
  readonly #process: ChildProcess;
  #exit: string | undefined;

  private constructor(port: number, directory: string, child: ChildProcess) {
    this.port = port;
    this.directory = directory;
    this.client = new ApiClient(port);
    this.#process = child;
    this.sampler = new TreeSampler(this.pid);
    running.add(child);
    child.once('exit', (code, signal) => {
      this.#exit = `${signal ?? code}`;
      running.delete(child);
    });
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  get dataDirectory(): string {
    return join(this.directory, 'data');
  }

  /** Resolves when the product says that it is ready. `directory` is made; what it writes itself goes to `output.log`. */
  static async start(directory: string, extraArguments: readonly string[] = []): Promise<Product> {
    await mkdir(directory, { recursive: true });
    const port = await freePort();
    const output = await open(join(directory, 'output.log'), 'w');
    const args = ['src/cli/main.ts', 'serve', '--data', join(directory, 'data'), '--port', String(port), ...extraArguments];
    const child = spawn(join(rootDirectory, 'node_modules/.bin/node'), args, {
      cwd: rootDirectory,
      stdio: ['ignore', output.fd, output.fd],
    });
    await output.close();
    const product = new Product(port, directory, child);
    try {
      await product.#awaitReady();
    } catch (error) {
      await product.stop();
      throw error;
    }
    return product;
  }

  async #awaitReady(): Promise<void> {
    const deadlineMs = performance.now() + readyTimeoutMs;
    while (performance.now() < deadlineMs) {
      if (this.#exit !== undefined) throw new Error(`the product ended with ${this.#exit}: ${await this.#lastOutput()}`);
      const status = await this.client.connection.request('GET', '/health/ready').then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 200) return;
      await sleep(50);
    }
    throw new Error(`the product was not ready after ${readyTimeoutMs / 1000} s: ${await this.#lastOutput()}`);
  }

  async #lastOutput(): Promise<string> {
    return (await readFile(join(this.directory, 'output.log'), 'utf8')).slice(-2000);
  }

  async cpuSeconds(): Promise<number> {
    return (await treeCost(this.pid, false)).cpuSeconds;
  }

  /** Resolves to the time when a count over the range first gave the number; throws when it gives more, or too late. */
  async awaitFound(lines: number, range: Range, pollMs = 25): Promise<number> {
    const deadlineMs = performance.now() + foundTimeoutMs;
    for (let found = 0; ; ) {
      if (performance.now() > deadlineMs) throw new Error(`only ${found} of ${lines} lines were found after ${foundTimeoutMs / 1000} s`);
      found = await this.client.count({ range });
      if (found === lines) return performance.now();
      if (found > lines) throw new Error(`${found} lines were found, though only ${lines} were sent`);
      await sleep(pollMs);
    }
  }

  /** Resolves when nothing is left to flush or to index and the processes are quiet for three seconds, so no merge runs; to the CPU seconds at that time. */
  async awaitRest(): Promise<number> {
    const deadlineMs = performance.now() + restTimeoutMs;
    let before = await this.cpuSeconds();
    for (let quiet = 0; performance.now() < deadlineMs; ) {
      await sleep(1000);
      const state = await this.client.storeState();
      const now = await this.cpuSeconds();
      const resting = !state.flushing && !state.indexesMissing && state.memtableRows < restMemtableRows && now - before < restCpuShare;
      quiet = resting ? quiet + 1 : 0;
      before = now;
      if (quiet === 3) return now;
    }
    throw new Error(`the product did not come to rest in ${restTimeoutMs / 1000} s: ${JSON.stringify(await this.client.storeState())}`);
  }

  /** Ctrl-C, as a user would; SIGKILL where that does not end it. Keeps the directory. */
  async stop(): Promise<void> {
    this.sampler.stop();
    this.client.close();
    if (this.#exit !== undefined) return;
    const ended = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()));
    this.#process.kill('SIGINT');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), stopTimeoutMs);
    await ended;
    clearTimeout(timer);
  }
}

/** Runs something with a product of its own; stops it and removes its files afterwards, whatever happens. */
export async function withProduct<T>(
  directory: string,
  run: (product: Product) => Promise<T>,
  extraArguments: readonly string[] = [],
): Promise<T> {
  const product = await Product.start(directory, extraArguments);
  try {
    return await run(product);
  } finally {
    await product.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
