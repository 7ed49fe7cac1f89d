/**
 * Exports in the background: a request is kept as a document, its lines are written to a file window by window at priority
 * p2, and the file is fetched when it is whole. A restart goes on from the last checkpoint. Bounded in number, size and age.
 */
import { AppError, toAppError } from '#base/errors.ts';
import type { Documents, StoredDocument } from '#metadata/documents.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import type { Files, OpenFile } from '#platform/files.ts';
import type { Logger } from '#platform/logger.ts';
import { writeExport } from './export-job-run.ts';
import type { JobProgress, JobRequest } from './export-job-run.ts';
import { ExportFiles } from './export-files.ts';
import { exportsSetting } from './export-jobs-config.ts';
import type { ExportsConfig } from './export-jobs-config.ts';
import { lineFormat } from './export-format.ts';
import type { QueryRunner, Searcher } from './query-runner.ts';
import { planSearch } from './search-plan.ts';

export type ExportState = 'queued' | 'running' | 'done' | 'failed';

/** How an export ended; kept with it. */
interface JobResult {
  readonly state: 'done' | 'failed';
  readonly lines: number;
  /** Of the file; 0 where there is none. */
  readonly bytes: number;
  readonly complete: boolean;
  readonly reason?: string;
  readonly finishedMs: number;
}

interface JobBody {
  readonly request: JobRequest;
  readonly range: { readonly from: string; readonly to: string };
  readonly createdMs: number;
  readonly result?: JobResult;
}

export interface ExportJob {
  readonly id: string;
  readonly state: ExportState;
  readonly request: JobRequest;
  readonly range: { readonly from: string; readonly to: string };
  readonly createdMs: number;
  readonly createdBy: string;
  readonly lines: number;
  readonly bytes: number;
  /** Event time of the last line that was written, nanoseconds; undefined before the first. */
  readonly reachedNs?: bigint;
  /** Why it waits, failed, or may lack lines. */
  readonly reason?: string;
  readonly complete?: boolean;
  readonly finishedMs?: number;
  readonly expiresMs?: number;
}

export interface ExportJobsOptions {
  readonly runner: QueryRunner;
  readonly documents: Documents;
  readonly directory: string;
  readonly files: Files;
  readonly config: ExportsConfig;
  readonly logger: Logger;
  readonly randomId: () => string;
}

interface OpenJob {
  readonly tenant: string;
  readonly id: string;
  readonly body: JobBody;
  readonly createdBy: string;
  readonly stop: AbortController;
  progress: JobProgress;
  /** Settles when it does not run any more. */
  running: Promise<void> | undefined;
}

const upkeepMs = 60_000;

export class ExportJobs {
  readonly #options: ExportJobsOptions;
  readonly #files: ExportFiles;
  /** Those that are not at their end, oldest first. */
  readonly #open = new Map<string, OpenJob>();
  readonly #stop = new AbortController();
  #upkeep: Promise<void> = Promise.resolve();
  /** Of the files of jobs that have ended. */
  #keptBytes = 0;

  constructor(options: ExportJobsOptions) {
    this.#options = options;
    this.#files = new ExportFiles(options.directory, options.files);
  }

  /** Goes on with what a stop or a crash broke off. */
  async start(): Promise<void> {
    await this.#files.open();
    const documents = await this.#options.documents.list('export');
    await this.#files.keepOnly(new Set(documents.map(({ name }) => name)));
    for (const document of documents.toSorted((a, b) => bodyOf(a).createdMs - bodyOf(b).createdMs)) {
      this.#keptBytes += bodyOf(document).result?.bytes ?? 0;
      if (bodyOf(document).result === undefined) this.#enqueue(document, await this.#files.checkpoint(document.name));
    }
    this.#upkeep = this.#expireNowAndThen();
    this.#startNext();
  }

  /** What is written comes to rest behind a checkpoint; the next start goes on. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const { stop } of this.#open.values()) stop.abort();
    await Promise.all([...this.#open.values()].map(({ running }) => running ?? Promise.resolve()));
    await this.#upkeep;
  }

  /** @throws AppError as a search, and limit_exceeded where there are too many */
  async create(request: JobRequest, searcher: Searcher): Promise<ExportJob> {
    const { runner, documents, randomId } = this.#options;
    lineFormat(request.format, request.columns);
    const { range } = await planSearch(runner, request, searcher);
    await this.#mustHaveRoom(searcher.tenant);
    const span = { from: formatTimestamp(range.fromNs), to: formatTimestamp(range.toNs) };
    const body: JobBody = { request: { ...request, timeRange: span }, range: span, createdMs: runner.clock.nowMs() };
    const document = { kind: 'export', tenant: searcher.tenant, name: randomId(), body, updatedMs: body.createdMs } as const;
    const stored = await documents.put({ ...document, updatedBy: searcher.keyName ?? '' }, 0);
    this.#enqueue(stored, { bytes: 0, lines: 0 });
    this.#startNext();
    return this.#shown(stored);
  }

  /** Newest first. */
  async list(tenant: string): Promise<ExportJob[]> {
    const jobs = (await this.#options.documents.list('export', tenant)).map((document) => this.#shown(document));
    return jobs.toSorted((a, b) => b.createdMs - a.createdMs);
  }

  /** @throws AppError not_found */
  async find(tenant: string, id: string): Promise<ExportJob> {
    const document = await this.#options.documents.find('export', tenant, id);
    if (document === undefined) throw new AppError('not_found', `there is no export "${id}"`);
    return this.#shown(document);
  }

  /** The file of an export that is done; who opens it closes it. @throws AppError not_found, conflict */
  async fileOf(tenant: string, id: string): Promise<{ readonly job: ExportJob; readonly open: () => Promise<OpenFile> }> {
    const job = await this.find(tenant, id);
    if (job.state !== 'done') throw new AppError('conflict', `the export "${id}" is ${job.state}; it has a file when it is done`);
    return { job, open: () => this.#files.openData(id) };
  }

  /** Ends it, and removes its file. @throws AppError not_found */
  async remove(tenant: string, id: string): Promise<void> {
    const job = await this.find(tenant, id);
    const open = this.#open.get(id);
    open?.stop.abort();
    await open?.running;
    this.#open.delete(id);
    await this.#forget(tenant, id, job.finishedMs === undefined ? 0 : job.bytes);
    this.#startNext();
  }

  async #mustHaveRoom(tenant: string): Promise<void> {
    const { max_jobs: maxJobs, max_total_bytes: maxBytes } = this.#options.config;
    if ((await this.#options.documents.list('export', tenant)).length >= maxJobs)
      throw new AppError('limit_exceeded', `a tenant keeps at most ${maxJobs} exports; remove one`, {
        details: { setting: exportsSetting('max_jobs'), limit: maxJobs },
      });
    if (this.#totalBytes >= maxBytes)
      throw new AppError('limit_exceeded', `the files of all exports have ${maxBytes} bytes; some have to be removed first`, {
        details: { setting: exportsSetting('max_total_bytes'), limit: maxBytes },
      });
  }

  get #totalBytes(): number {
    return [...this.#open.values()].reduce((sum, { progress }) => sum + progress.bytes, this.#keptBytes);
  }

  #enqueue({ tenant, name, body, updatedBy }: StoredDocument, progress: JobProgress): void {
    const job = {
      tenant,
      id: name,
      body: body as JobBody,
      createdBy: updatedBy,
      stop: new AbortController(),
      progress,
      running: undefined,
    };
    this.#open.set(name, job);
  }

  #startNext(): void {
    const running = [...this.#open.values()].filter((job) => job.running !== undefined).length;
    const waiting = [...this.#open.values()].filter((job) => job.running === undefined);
    if (this.#stop.signal.aborted) return;
    for (const job of waiting.slice(0, Math.max(0, this.#options.config.max_running - running))) job.running = this.#run(job);
  }

  async #run(job: OpenJob): Promise<void> {
    const { runner, config, logger } = this.#options;
    const { tenant, id, body } = job;
    try {
      const outcome = await writeExport({
        id,
        tenant,
        request: body.request,
        files: this.#files,
        runner,
        config,
        signal: job.stop.signal,
        otherBytes: () => this.#totalBytes - job.progress.bytes,
        onProgress: (progress) => void (job.progress = progress),
      });
      await this.#finish(job, { state: 'done', ...outcome, finishedMs: runner.clock.nowMs() });
    } catch (thrown) {
      // Told to stop: it goes on at the next start, or it was removed.
      if (job.stop.signal.aborted) return;
      const { message } = toAppError(thrown);
      logger.warn({ export: id, tenant, error: message }, 'an export failed');
      const { lines } = job.progress;
      await this.#files.remove(id).catch(() => undefined);
      const result = { state: 'failed', lines, bytes: 0, complete: false, reason: message, finishedMs: runner.clock.nowMs() } as const;
      await this.#finish(job, result).catch((error: unknown) =>
        logger.error({ export: id, error: String(error) }, 'the end of an export cannot be kept'),
      );
    }
    this.#startNext();
  }

  async #finish({ tenant, id, body, createdBy }: OpenJob, result: JobResult): Promise<void> {
    await this.#options.documents.put({
      kind: 'export',
      tenant,
      name: id,
      body: { ...body, result },
      updatedMs: result.finishedMs,
      updatedBy: createdBy,
    });
    this.#keptBytes += result.bytes;
    this.#open.delete(id);
  }

  async #forget(tenant: string, id: string, keptBytes: number): Promise<void> {
    await this.#files.remove(id);
    if (await this.#options.documents.remove('export', tenant, id)) this.#keptBytes -= keptBytes;
  }

  async #expireNowAndThen(): Promise<void> {
    const { runner, documents, config, logger } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        for (const document of await documents.list('export')) {
          const { result } = bodyOf(document);
          if (result !== undefined && result.finishedMs + config.max_age <= runner.clock.nowMs())
            await this.#forget(document.tenant, document.name, result.bytes);
        }
      } catch (error) {
        logger.warn({ error: String(error) }, 'removing old exports failed and will be tried again');
      }
      await runner.clock.sleep(upkeepMs, this.#stop.signal);
    }
  }

  #shown(document: StoredDocument): ExportJob {
    const { name: id, updatedBy: createdBy } = document;
    const { request, range, createdMs, result } = bodyOf(document);
    const known = { id, request, range, createdMs, createdBy };
    if (result !== undefined) return { ...known, ...result, expiresMs: result.finishedMs + this.#options.config.max_age };
    const open = this.#open.get(id);
    const { lines, bytes, reachedNs, reason } = open?.progress ?? { lines: 0, bytes: 0 };
    return {
      ...known,
      state: open?.running === undefined ? 'queued' : 'running',
      lines,
      bytes,
      ...(reachedNs === undefined ? {} : { reachedNs: BigInt(reachedNs) }),
      ...(reason === undefined ? {} : { reason }),
    };
  }
}

const bodyOf = ({ body }: StoredDocument): JobBody => body as JobBody;
