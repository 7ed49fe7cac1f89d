/** What the readings of this folder share: the way to the store that every question takes, and the names of labels. */
import type { Question, QueryRunner, Searcher, SignalledRead } from '#search/query-runner.ts';
import type { QueryNode } from '#language/ast.ts';
import type { TimeRange } from '#store/log-store.ts';
import type { EntryNamesAnswer, ScannedLines, StreamCountQuery, StreamCountsAnswer, StreamReads } from '#store/stream-reads.ts';
import { AppError } from '#base/errors.ts';
import type { LokiReadingConfig } from './config.ts';
import { settingPath } from './config.ts';
import { renamedEntries } from './label-fields.ts';
import type { RenamedEntries } from './label-fields.ts';
import { allLines } from '#language/ast.ts';

/** Whose question it is, and what ends it. */
export interface Asker {
  readonly searcher: Searcher;
  readonly signal: AbortSignal;
}

/** How long the names of entries are believed. */
const namesAgeMs = 60_000;
const maxTenants = 1000;

interface KnownNames {
  readonly range: TimeRange;
  readonly readMs: number;
  readonly renamed: Promise<RenamedEntries>;
}

export class LokiParts {
  readonly runner: QueryRunner;
  readonly config: LokiReadingConfig;
  readonly #streams: StreamReads;
  readonly #names = new Map<string, KnownNames>();

  constructor(runner: QueryRunner, streams: StreamReads, config: LokiReadingConfig) {
    this.runner = runner;
    this.#streams = streams;
    this.config = config;
  }

  get nowMs(): number {
    return this.runner.clock.nowMs();
  }

  /** Runs a question in its turn; its range must not be too wide. */
  async admitted<T>({ searcher, signal }: Asker, question: Question, ask: (options: SignalledRead) => Promise<T>): Promise<T> {
    await this.runner.resolveRange({}, 'now', searcher, question.range);
    return this.runner.admitted(searcher, signal, (_, options) => ask(options), question);
  }

  countStreams(asker: Asker, query: Omit<StreamCountQuery, 'tenant' | 'maxCounts'>): Promise<StreamCountsAnswer> {
    const { tenant } = asker.searcher;
    const full = { ...query, tenant, maxCounts: this.runner.config.max_buckets };
    const { where, range, fields, byResource, withBytes } = query;
    const groupBy = [...fields, ...(byResource ? ['resource'] : []), ...(withBytes ? ['@line'] : [])];
    return this.admitted(asker, { kind: 'aggregate', where, range, groupBy }, (options) => this.#streams.countStreams(full, options));
  }

  /** Hands over all lines in order of their times, in one turn. `stages` tells apart what is done with them. */
  async scanLines(
    asker: Asker,
    { where, range, stages }: { readonly where: QueryNode; readonly range: TimeRange; readonly stages: string },
    take: (lines: ScannedLines) => void,
  ): Promise<void> {
    const { tenant } = asker.searcher;
    await this.admitted(asker, { kind: 'aggregate', where, range, groupBy: [stages] }, async (options) => {
      for await (const lines of this.#streams.scanLines({ tenant, where, range }, options)) take(lines);
    });
  }

  entryNames(asker: Asker, where: QueryNode, range: TimeRange): Promise<EntryNamesAnswer> {
    const { tenant } = asker.searcher;
    const question = { kind: 'aggregate', where, range, groupBy: ['entry names'] } as const;
    return this.admitted(asker, question, (options) => this.#streams.entryNames({ tenant, where, range }, options));
  }

  /**
   * Entries with names that are no labels, such as `k8s.pod.name`. Read of the lines of the range at most once a minute; names
   * where every special sign is a point are found without.
   */
  async renamed(asker: Asker, range: TimeRange): Promise<RenamedEntries> {
    const { tenant } = asker.searcher;
    const known = this.#names.get(tenant);
    const readMs = this.runner.clock.monotonicMs();
    const isFresh = known !== undefined && readMs - known.readMs < namesAgeMs && known.range.fromNs <= range.fromNs;
    if (isFresh) return known.renamed;
    const renamed = this.entryNames(asker, allLines, range).then(({ resource, attributes }) =>
      renamedEntries([...resource, ...attributes]),
    );
    // a question that was given up answers nobody else
    renamed.catch(() => this.#names.delete(tenant));
    if (this.#names.size >= maxTenants) this.#names.clear();
    this.#names.set(tenant, { range, readMs, renamed });
    return renamed;
  }

  tooManySeries(): AppError {
    const { max_series: max } = this.config;
    return new AppError(
      'limit_exceeded',
      `maximum of series (${max}) reached for a single query; aggregate by fewer labels, or raise the setting "${settingPath('max_series')}"`,
      { details: { setting: settingPath('max_series'), max } },
    );
  }

  tooManyLines(): AppError {
    const { max_pipeline_lines: max } = this.config;
    return new AppError(
      'limit_exceeded',
      `the query has to pass more than ${max} lines through its pipeline; narrow its selector, its line filters or its time range, or raise the setting "${settingPath('max_pipeline_lines')}"`,
      { details: { setting: settingPath('max_pipeline_lines'), max } },
    );
  }

  tooManyCounts(): AppError {
    const max = this.runner.config.max_buckets;
    return new AppError('limit_exceeded', `the query has more than ${max} points; use a longer step or fewer labels`, {
      details: { setting: 'search.max_buckets', max },
    });
  }
}
