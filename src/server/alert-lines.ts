/** Lines for alert rules besides those of the stream: records that somebody tries a rule on, and the fields that lines of late have. */
import type { AlertTrialOptions } from '#api/alert-trial-routes.ts';
import type { RuleBook } from '#ingest/rule-book.ts';
import { allLines } from '#language/ast.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { readNativeBlock } from '#model/native-block.ts';
import { configuredRules } from '#parsing/parser-rules.ts';
import { createParserSet } from '#parsing/parser-set.ts';
import { findPatterns } from '#patterns/batch-patterns.ts';
import { minerLimits } from '#patterns/config.ts';
import type { PatternCatalogue } from '#patterns/pattern-catalogue.ts';
import { PatternMiner } from '#patterns/pattern-miner.ts';
import type { Clock } from '#platform/clock.ts';
import { BatchDecoder } from '#receivers/native/decode.ts';
import type { FieldReads } from '#store/field-reads.ts';
import type { Config } from './config.ts';

/**
 * Decodes records as the native endpoints do, with the parser rules and pattern templates of now. Nothing is learnt of them,
 * and policies are not asked: what they would take out is tried all the same.
 */
export function createLineDecoder(
  { ingest, parsing, patterns }: Pick<Config, 'ingest' | 'parsing' | 'patterns'>,
  rules: RuleBook,
  catalogue: PatternCatalogue,
  clock: Clock,
): AlertTrialOptions['decode'] {
  const limits = {
    maxAttributes: ingest.max_attributes_per_record,
    maxNameBytes: ingest.max_attribute_name_bytes,
    maxOverflowBytes: ingest.max_record_bytes,
  };
  return (tenant, records, nowMs) => {
    const parsers = createParserSet([...configuredRules(parsing), ...rules.live.parsers], parsing, limits, clock);
    const rows = new LogBatchBuilder();
    rows.finisher = parsers.finisherOf({ tenant, receiver: 'native', content: 'records' });
    const body = new TextEncoder().encode(JSON.stringify({ logs: records }));
    const { errors } = new BatchDecoder(ingest).decodeJson(body, {}, rows);
    const failures = new Map(errors.map(({ index, message }) => [index, message]));
    const recordOfRow = records.map((_, index) => index).filter((index) => !failures.has(index));
    if (rows.rowCount === 0) return { view: undefined, recordOfRow: [], errors: failures };
    if (patterns.enabled) {
      const miner = new PatternMiner(minerLimits(patterns));
      miner.restore(catalogue.forMiners());
      findPatterns(miner, rows, tenant);
    }
    const stamp = { tenant, receivedMs: nowMs, origin: 0, seq: 0, maxClockSkewMs: ingest.max_clock_skew };
    return { view: readNativeBlock(rows.finish(stamp)), recordOfRow, errors: failures };
  };
}

const recentMs = 3_600_000;
const keptMs = 60_000;
/** Where there were no lines. */
const emptyKeptMs = 250;
const maxTenants = 256;
const sampledLines = 20_000;
const maxFields = 5000;
const limits = { timeoutMs: 2000, maxMemoryBytes: 256 * 2 ** 20, maxScannedRows: Number.MAX_SAFE_INTEGER };

/** Names of attributes and resource entries in a sample of the last hour's lines, kept for a minute. Fails as a search does. */
export function createRecentFields(store: Pick<FieldReads, 'completions'>, clock: Clock): (tenant: string) => Promise<ReadonlySet<string>> {
  const known = new Map<string, { readonly readMs: number; readonly names: Promise<ReadonlySet<string>> }>();
  const read = async (tenant: string): Promise<ReadonlySet<string>> => {
    const nowMs = Math.floor(clock.nowMs());
    const range = { fromNs: BigInt(nowMs - recentMs) * 1_000_000n, toNs: BigInt(nowMs) * 1_000_000n };
    const query = { tenant, where: allLines, range, maxLines: sampledLines, prefix: '', limit: maxFields };
    const { values } = await store.completions(query, { limits, workClass: 'background' });
    return new Set(values.filter(({ source }) => source !== 'column').map(({ value }) => value));
  };
  return (tenant) => {
    const found = known.get(tenant);
    const nowMs = clock.monotonicMs();
    if (found !== undefined && nowMs - found.readMs < keptMs) return found.names;
    if (known.size >= maxTenants) known.clear();
    const names = read(tenant);
    known.set(tenant, { readMs: nowMs, names });
    // one that begins to send is known soon; not at once, for many rules may be written together before the first line
    names.then(
      ({ size }) => size === 0 && known.set(tenant, { readMs: nowMs - keptMs + emptyKeptMs, names }),
      () => known.delete(tenant),
    );
    return names;
  };
}
