/** An export under way: the bytes that came, how many lines they are, and what became of it. Outside of React. */
import { send } from '../api/client.ts';
import type { BodyOf } from '../api/client.ts';
import { isAborted } from '../api/problem.ts';
import { RecordCounter } from './record-counter.ts';

export type ExportFormat = NonNullable<BodyOf<'exportLines'>['format']>;

export interface ExportRequest {
  readonly body: BodyOf<'exportLines'>;
  readonly format: ExportFormat;
  /** As far as it is known. */
  readonly expectedLines: number | undefined;
}

export interface ExportSnapshot {
  readonly state: 'running' | 'done' | 'broken' | 'cancelled';
  readonly lines: number;
  readonly bytes: number;
  readonly fileName: string;
  readonly problem: string;
}

/** Parts are joined into one blob from time to time: the browser keeps large blobs on disk. */
const joinedBytes = 8_000_000;

export class ExportTask {
  readonly request: ExportRequest;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<() => void>();
  #snapshot: ExportSnapshot;
  #blob = new Blob([]);
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #partBytes = 0;

  constructor(request: ExportRequest) {
    this.request = request;
    this.#snapshot = { state: 'running', lines: 0, bytes: 0, fileName: `millrace.${request.format}`, problem: '' };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly snapshot = (): ExportSnapshot => this.#snapshot;

  readonly cancel = (): void => {
    this.#abort.abort();
    this.#change({ state: 'cancelled' });
  };

  /** Resolves when it has ended, however it did. */
  async run(): Promise<void> {
    try {
      const response = await send('exportLines', { body: this.request.body }, this.#abort.signal);
      this.#change({ fileName: fileNameOf(response) ?? this.#snapshot.fileName });
      await this.#read(response.body!);
      this.#join();
      const problem = this.request.format === 'ndjson' ? await this.#takeEnd() : '';
      this.#change(problem === '' ? { state: 'done' } : { state: 'broken', problem });
    } catch (error) {
      if (isAborted(error) || this.#abort.signal.aborted) return;
      this.#change({ state: 'broken', problem: error instanceof Error ? error.message : String(error) });
    }
  }

  /** All that came. */
  file(): Blob {
    this.#join();
    return this.#blob;
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    const { format } = this.request;
    const counter = new RecordCounter(format === 'csv');
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      counter.add(value);
      this.#parts.push(value);
      this.#partBytes += value.length;
      if (this.#partBytes >= joinedBytes) this.#join();
      this.#change({ lines: counter.records, bytes: this.#snapshot.bytes + value.length });
    }
  }

  /** The last record of NDJSON says whether the lines are all; it is none of them. Returns what is wrong, or nothing. */
  async #takeEnd(): Promise<string> {
    const tailBytes = 4096;
    const text = await this.#blob.slice(Math.max(0, this.#blob.size - tailBytes)).text();
    const start = text.trimEnd().lastIndexOf('\n') + 1;
    const last = text.slice(start);
    if (!last.startsWith('{"export":')) return 'the connection broke off';
    const { export: end } = JSON.parse(last) as { export: { complete: boolean; reason?: string; lines: number } };
    this.#blob = this.#blob.slice(0, this.#blob.size - new TextEncoder().encode(last).length);
    this.#change({ lines: end.lines, bytes: this.#blob.size });
    return end.complete ? '' : (end.reason ?? 'lines are missing');
  }

  #join(): void {
    if (this.#parts.length === 0) return;
    this.#blob = new Blob([this.#blob, ...this.#parts]);
    this.#parts = [];
    this.#partBytes = 0;
  }

  #change(changes: Partial<ExportSnapshot>): void {
    if (this.#snapshot.state === 'cancelled') return;
    this.#snapshot = { ...this.#snapshot, ...changes };
    for (const listener of [...this.#listeners]) listener();
  }
}

function fileNameOf(response: Response): string | undefined {
  return /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
}
