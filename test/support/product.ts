/** The product as a process of its own, started as a user starts it, and spoken to over its public endpoints. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

export const repositoryRoot = resolve(import.meta.dirname, '../..');

export interface ProductOptions {
  readonly dataDirectory: string;
  /** Further flags of `serve`. */
  readonly flags?: readonly string[];
  /** Program and first arguments; default: the command line under this Node. */
  readonly command?: readonly string[];
  readonly directory?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly startTimeoutMs?: number;
}

export interface SearchPage {
  readonly total: number;
  readonly complete: boolean;
  /** Why it is not complete. */
  readonly reason?: string;
  readonly next_cursor?: string | null;
  readonly hits: readonly {
    readonly id: string;
    readonly message: string;
    readonly service: string;
    readonly metadata: Readonly<Record<string, unknown>>;
  }[];
}

/** One running product. */
export class Product {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything it printed. */
  readonly output: () => string;

  private constructor(process: ChildProcess, url: string, output: () => string) {
    this.process = process;
    this.url = url;
    this.output = output;
  }

  /** Starts it on a free port and waits until it is ready, or fails with what it printed. */
  static async start(options: ProductOptions): Promise<Product> {
    const command = options.command ?? [process.execPath, join(repositoryRoot, 'src/cli/main.ts'), 'serve'];
    const child = spawn(command[0], [...command.slice(1), '--port', '0', '--data', options.dataDirectory, ...(options.flags ?? [])], {
      cwd: options.directory ?? repositoryRoot,
      env: options.environment ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // a group of its own: `npm start` is several processes, and a kill must reach them all
      detached: true,
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
    const deadline = Date.now() + (options.startTimeoutMs ?? 120_000);
    for (;;) {
      const url = /listens on (http:\S+)/.exec(printed)?.[1];
      if (
        url !== undefined &&
        (await fetch(`${url}/health/ready`).then(
          ({ ok }) => ok,
          () => false,
        ))
      )
        return new Product(child, url, () => printed);
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
        signalGroup(child, 'SIGKILL');
        throw new Error(`the product did not become ready (exit code ${child.exitCode ?? child.signalCode}):\n${printed}`);
      }
      await sleep(50);
    }
  }

  /** Stops it as Ctrl-C does; its exit code. */
  async stop(): Promise<number | null> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.process.exitCode;
    const exited = once(this.process, 'exit');
    signalGroup(this.process, 'SIGINT');
    await exited;
    return this.process.exitCode;
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, 'exit');
    signalGroup(this.process, 'SIGKILL');
    await exited;
  }

  async post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    return fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: raw ? (body as string) : JSON.stringify(body),
    });
  }

  /** One answer. A product that has too much to do may say so, with a time to wait: it is asked again, as its clients do. */
  async search(request: object): Promise<SearchPage> {
    for (const deadline = Date.now() + 60_000; ; ) {
      const response = await this.post('/v1/logs/search', request);
      if (response.ok) return (await response.json()) as SearchPage;
      const text = await response.text();
      const waitSeconds = Number(response.headers.get('retry-after') ?? Number.NaN);
      const isPassing = (response.status === 429 || response.status === 503) && waitSeconds >= 0;
      if (!isPassing || Date.now() > deadline) throw new Error(`search answered ${response.status}: ${text}`);
      await sleep(Math.min(1000, waitSeconds * 1000));
    }
  }

  /** Every line that matches, page by page. An answer that says that lines may be missing is none: it is asked again. */
  async searchAll(request: object): Promise<SearchPage['hits'][number][]> {
    const { hits } = await eventually(
      () => this.#pages(request),
      ({ reason }) => reason === undefined,
      60_000,
    );
    return hits;
  }

  /** All pages, or those before one that is incomplete, with its reason. */
  async #pages(request: object): Promise<{ hits: SearchPage['hits'][number][]; reason?: string }> {
    const hits: SearchPage['hits'][number][] = [];
    let cursor: string | undefined;
    do {
      const page: SearchPage = await this.search({ limit: 5000, ...request, ...(cursor === undefined ? {} : { cursor }) });
      if (!page.complete) return { reason: page.reason ?? 'without a reason', hits };
      hits.push(...page.hits);
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    return { hits };
  }

  async status(): Promise<Record<string, any>> {
    return (await (await fetch(`${this.url}/v1/status`)).json()) as Record<string, any>;
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const directories: string[] = [];
// A test's own hooks run in the order in which they were given: its directory would go before the product that writes there.
after(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true, maxRetries: 20 });
});

/** A data directory that is removed when the tests of the file have ended, and what they started with them. */
export async function temporaryDirectory(name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `millrace-${name}-`));
  directories.push(directory);
  return directory;
}

/** Waits until the condition holds; fails the test with what it saw last. The time is for machines that have much else to do. */
export async function eventually<T>(read: () => Promise<T>, holds: (value: T) => boolean, timeoutMs = 60_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`not reached in ${timeoutMs} ms; last seen: ${JSON.stringify(value)?.slice(0, 500)}`);
    await sleep(50);
  }
}
