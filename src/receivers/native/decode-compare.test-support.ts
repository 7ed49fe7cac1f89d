/** Runs decoder and oracle on one body and says where they differ. */
import { AppError } from '#base/errors.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { BatchDecoder } from './decode.ts';
import type { BatchLimits, DecodeOutcome } from './decode.ts';
import { canonical, oracleDecodeJson, oracleDecodeNdjson } from './decode-oracle.test-support.ts';
import type { OracleResult, OracleRow } from './decode-oracle.test-support.ts';

export const testLimits: BatchLimits = {
  max_records: 50_000,
  max_record_bytes: 1 << 20,
  max_attributes_per_record: 6,
  max_attribute_name_bytes: 24,
  max_source_bytes: 1 << 20,
  max_nesting: 6,
};

export const stamp = { tenant: 'acme', receivedMs: Date.UTC(2025, 6, 15, 12), origin: 130, seq: 77, maxClockSkewMs: 30_000 };

export type BodyFormat = 'json' | 'ndjson';
export const request = { service: 'from-header', host: 'h1' };

export interface Decoded {
  readonly error: string | undefined;
  readonly outcome: DecodeOutcome | undefined;
  readonly lines: readonly ReturnType<typeof lineOfRow>[];
  /** folded of each line */
  readonly folded: readonly string[];
}

/** Decodes and reads the block back; the builder is empty afterwards. */
export function decodeToLines(decoder: BatchDecoder, builder: LogBatchBuilder, body: Uint8Array, format: BodyFormat): Decoded {
  let outcome: DecodeOutcome;
  try {
    outcome = format === 'json' ? decoder.decodeJson(body, request, builder) : decoder.decodeNdjson(body, request, builder);
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    if (builder.rowCount !== 0) throw new Error(`rows left after ${thrown.code}`);
    return { error: thrown.code, outcome: undefined, lines: [], folded: [] };
  }
  if (builder.rowCount === 0) return { error: undefined, outcome, lines: [], folded: [] };
  const view = readNativeBlock(builder.finish(stamp));
  const { bytes, starts, ends } = view.text('folded');
  return {
    error: undefined,
    outcome,
    lines: Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row)),
    folded: Array.from({ length: view.rowCount }, (_, row) => Buffer.from(bytes.subarray(starts[row], ends[row])).toString()),
  };
}

const safeCanonical = (text: string): string => {
  try {
    return canonical(text);
  } catch {
    return `not JSON: ${text}`;
  }
};

const canonicalTag = (tag: string): string => (/^[[{]/.test(tag) ? safeCanonical(tag) : tag);

function comparable(line: ReturnType<typeof lineOfRow>, folded: string, expected: OracleRow): OracleRow {
  const { names, values, kinds } = line.attributes;
  const attributes = names.map((name, i) => JSON.stringify([name, kinds[i], kinds[i] === 'j' ? safeCanonical(values[i]) : values[i]]));
  const jsonResources = new Set(
    expected.resource
      .map((entry) => JSON.parse(entry) as [string, string])
      .filter(([, kind]) => kind === 'j')
      .map(([name]) => name),
  );
  const resource = Object.entries(line.resource).map(([name, value]) =>
    JSON.stringify(jsonResources.has(name) ? [name, 'j', safeCanonical(value)] : [name, 's', value]),
  );
  return {
    tsNs: line.tsNs,
    level: line.level,
    service: line.service,
    host: line.host,
    environment: line.environment,
    traceId: line.traceId,
    spanId: line.spanId,
    message: expected.messageIsJson ? safeCanonical(line.message) : line.message,
    messageIsJson: expected.messageIsJson,
    folded: expected.messageIsJson ? expected.folded : folded,
    attributes: attributes.sort(),
    resource: resource.sort(),
    tags: line.tags.map(canonicalTag),
    isAmbiguous: expected.isAmbiguous,
  };
}

const shown = (value: unknown): string => JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner), 1);

/** Where decoder and oracle differ, or undefined. */
export function difference(decoder: BatchDecoder, builder: LogBatchBuilder, body: Uint8Array, format: BodyFormat): string | undefined {
  const text = Buffer.from(body).toString('utf8');
  const expected: OracleResult = (format === 'json' ? oracleDecodeJson : oracleDecodeNdjson)(text, testLimits, request);
  const actual = decodeToLines(decoder, builder, body, format);
  if ('error' in expected) return actual.error === expected.error ? undefined : `error ${actual.error} instead of ${expected.error}`;
  if (actual.outcome === undefined) return `error ${actual.error} instead of ${expected.records.length} records`;
  return compareRecords(actual, expected.records);
}

function compareRecords({ outcome, lines, folded }: Decoded, expected: readonly (OracleRow | string)[]): string | undefined {
  if (outcome?.received !== expected.length) return `${outcome?.received} records instead of ${expected.length}`;
  const failures = new Map(outcome.errors.map(({ index, code }) => [index, code]));
  let row = 0;
  for (let index = 0; index < expected.length; index++) {
    const want = expected[index];
    const failure = failures.get(index);
    if (typeof want === 'string' || failure !== undefined) {
      if (failure !== want) return `record ${index}: ${failure ?? 'a row'} instead of ${typeof want === 'string' ? want : 'a row'}`;
      continue;
    }
    const got = comparable(lines[row], folded[row], want);
    const wanted = { ...want, tsNs: want.tsNs ?? BigInt(stamp.receivedMs) * 1_000_000n };
    if (want.isAmbiguous) Object.assign(wanted, { attributes: got.attributes });
    wanted.resource = wanted.resource.toSorted();
    wanted.tags = wanted.tags.map(canonicalTag);
    row++;
    const [a, b] = [shown(got), shown(wanted)];
    if (a !== b) return `record ${index}: got ${a}\nwanted ${b}`;
  }
  return row === lines.length ? undefined : `${lines.length} rows instead of ${row}`;
}

export const freshDecoder = (): BatchDecoder => new BatchDecoder(testLimits);
export const freshBuilder = (): LogBatchBuilder => new LogBatchBuilder();
