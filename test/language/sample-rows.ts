/** Rows for the language tests: as objects, as a BatchView for the matcher, as INSERT text for the engine. */
import fc from 'fast-check';
import { foldText, needsFolding } from '#base/text-folding.ts';
import type { BatchView, DictionaryColumn, ListColumn, MapColumn, TextColumn } from '#model/batch-view.ts';

export interface SampleRow {
  readonly service: string;
  readonly host: string;
  readonly environment: string;
  readonly level: number;
  readonly skewed: boolean;
  readonly traceId: string;
  readonly spanId: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  /** Event time, nanoseconds. */
  readonly tsNs?: bigint;
}

/** When the sample rows were received: the now of their queries. */
export const sampleNowMs = Date.UTC(2025, 2, 15, 12, 30);
const nowNs = BigInt(sampleNowMs) * 1_000_000n;

export const sampleMessages = [
  'Payment declined for order ord-456',
  'payment DECLINED: card declined',
  'declined card payment',
  '',
  ' ',
  '---',
  '…',
  'Größe überschritten für Auftrag 12',
  'Straße GESPERRT',
  'ΟΔΟΣ Οδός',
  'İstanbul ılık',
  '支付失败 code=7',
  '支付 成功',
  'カード拒否',
  'naïve café résumé',
  'cafe',
  'A_B-C x.y.z',
  'a_b_c',
  'connection to 10.0.0.1:8080 refused',
  '10.0.0.12',
  'GET /api/v1/users?id=7 200',
  'it\'s a "quoted" C:\\dir\\file',
  'line\nbreak\ttab',
  '🚀 launch 🚀',
  'nul\0byte',
  '100% _like_ %pattern%',
  `${'long'.repeat(80)} end`,
  'pay',
  'pay pay pay',
  'payment pay',
  'prepay',
  'p',
  'ﬁne ＦＵＬＬ width',
  "Robert'); DROP TABLE logs;--",
  '{p0:String}',
  'x\u00a0y',
  'Ünïcödé-tokén',
  '\u0301',
];
export const sampleValues = [
  '',
  'u-123',
  'ord-456',
  'TIMEOUT',
  'timeout',
  '5000',
  '5001',
  '-5',
  '+7',
  '1e3',
  '1000000',
  '2000',
  '.5',
  '5.',
  '1e400',
  'nan',
  '-inf',
  '0x10',
  ' 7',
  '00012',
  '9007199254740993',
  'true',
  'Größe',
  '支付失败',
  "it's",
  'a\\b',
  'tab\tnew\nline',
  'nul\0',
  '10.0.0.1',
  '10.255.3.7',
  '10.0.0.01',
  '192.168.1.300',
  '::1',
  '2001:db8::7',
  '2001:DB8:0:0:0:0:0:7',
  '::ffff:10.0.0.1',
  ':::1',
  '1:2:3:4:5:6:1.2.3.4',
  '10.0.0.0/8',
  'pay',
  'payment',
  'a_b%c',
  '%',
  '_',
  'eu-west-1',
  'x'.repeat(300),
  'declined',
  'payment-service',
  "' OR 1=1 --",
  '🚀',
];
export const sampleKeys = [
  'user_id',
  'order.id',
  'error_code',
  'region',
  'service',
  'weird key',
  "quo'te",
  'Größe',
  'a"b',
  'k8s.pod',
  'x:y',
  '',
  'trace_id',
];
export const sampleServices = ['', 'payment-service', 'payment', 'auth', 'u-123', 'Größe'];
export const sampleIds = ['', 'abc-123-def', '4bf92f3577b34da6a3ce929d0e0e4736', 'timeout', 'pay'];

const someOf = (texts: readonly string[]) => fc.constantFrom(...texts);
const entries = (maxEntries: number) =>
  fc.dictionary(someOf(sampleKeys), someOf(sampleValues), { maxKeys: maxEntries, noNullPrototype: true });
const message = fc.oneof(
  { weight: 5, arbitrary: someOf(sampleMessages) },
  {
    weight: 3,
    arbitrary: fc
      .array(someOf(sampleMessages), { minLength: 2, maxLength: 3 })
      .chain((parts) => someOf([' ', '-', '', ', ']).map((glue) => parts.join(glue))),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);

export const sampleRow: fc.Arbitrary<SampleRow> = fc.record({
  service: someOf(sampleServices),
  host: someOf(['', 'web-1', 'web-2', 'u-123']),
  environment: someOf(['', 'production', 'staging']),
  level: fc.integer({ min: 0, max: 24 }),
  skewed: fc.boolean(),
  traceId: someOf(sampleIds),
  spanId: someOf(sampleIds),
  message,
  attributes: entries(4),
  resource: entries(2),
  tags: fc.array(someOf(['canary', 'payment', 'Größe', '', '7']), { maxLength: 2 }),
  tsNs: fc
    .tuple(
      fc.constantFrom(0n, 1n, 60n, 3600n, 86_400n, 604_800n, 31_536_000n),
      fc.bigInt({ min: -2n, max: 2n }),
      fc.bigInt({ min: -1n, max: 1n }),
    )
    .map(([unit, steps, odd]) => nowNs + unit * steps * 1_000_000_000n + odd),
});

/** Table columns that the language reads, and the row's number. */
export const sampleColumnsDdl = `row_no UInt16, service LowCardinality(String), host LowCardinality(String), environment LowCardinality(String), level UInt8,
  skewed UInt8, trace_id String, span_id String, message String, folded String, attributes Map(LowCardinality(String), String),
  resource Map(LowCardinality(String), String), tags Array(LowCardinality(String)), ts DateTime64(9, 'UTC')`;

/** JSONEachRow of the rows, for the columns above. */
export function rowsAsJson(rows: readonly SampleRow[]): string {
  return rows
    .map((row, i) =>
      JSON.stringify({
        row_no: i,
        service: row.service,
        host: row.host,
        environment: row.environment,
        level: row.level,
        skewed: row.skewed ? 1 : 0,
        trace_id: row.traceId,
        span_id: row.spanId,
        message: row.message,
        folded: foldedOf(row.message),
        attributes: row.attributes,
        resource: row.resource,
        tags: row.tags,
        ts: timeText(row.tsNs ?? nowNs),
      }),
    )
    .join('\n');
}

function timeText(ns: bigint): string {
  return `${new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19).replace('T', ' ')}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;
}

function foldedOf(text: string): string {
  return needsFolding(text) ? foldText(text) : '';
}

/** The rows as the matcher sees them. */
export function batchViewOf(rows: readonly SampleRow[]): BatchView {
  const texts: Record<string, TextColumn> = {
    message: textColumn(rows.map((row) => row.message)),
    folded: textColumn(rows.map((row) => foldedOf(row.message))),
    trace_id: textColumn(rows.map((row) => row.traceId)),
    span_id: textColumn(rows.map((row) => row.spanId)),
  };
  const dictionaries: Record<string, DictionaryColumn> = {
    service: dictionaryColumn(rows.map((row) => row.service)),
    host: dictionaryColumn(rows.map((row) => row.host)),
    environment: dictionaryColumn(rows.map((row) => row.environment)),
  };
  const maps: Record<string, MapColumn> = {
    attributes: mapColumn(rows.map((row) => row.attributes)),
    resource: mapColumn(rows.map((row) => row.resource)),
  };
  const tags: ListColumn = {
    offsets: offsetsOf(rows.map((row) => row.tags.length)),
    values: dictionaryColumn(rows.flatMap((row) => row.tags)),
  };
  const rowCount = rows.length;
  return {
    rowCount,
    ts: BigInt64Array.from(rows, (row) => row.tsNs ?? nowNs),
    receiveTs: new BigInt64Array(rowCount).fill(BigInt(sampleNowMs)),
    origin: new Uint32Array(rowCount),
    seq: new BigUint64Array(rowCount),
    rowNo: Uint16Array.from(rows, (_, i) => i),
    sampleRate: new Float32Array(rowCount).fill(1),
    patternId: new BigUint64Array(rowCount),
    skewed: Uint8Array.from(rows, (row) => (row.skewed ? 1 : 0)),
    level: Uint8Array.from(rows, (row) => row.level),
    dictionary: (column) => dictionaries[column],
    text: (column) => texts[column],
    map: (column) => maps[column],
    list: () => tags,
  };
}

function textColumn(texts: readonly string[]): TextColumn {
  const starts = new Uint32Array(texts.length);
  const ends = new Uint32Array(texts.length);
  const parts: Buffer[] = [];
  let at = 0;
  texts.forEach((text, i) => {
    const bytes = Buffer.from(text);
    // a gap of letters, so that reading past a value is noticed
    parts.push(Buffer.from('a'), bytes);
    starts[i] = at + 1;
    ends[i] = at + 1 + bytes.length;
    at = ends[i];
  });
  return { bytes: Buffer.concat(parts), starts, ends };
}

function dictionaryColumn(texts: readonly string[]): DictionaryColumn {
  const values = [...new Set(['', ...texts])];
  const places = new Map(values.map((value, i) => [value, i]));
  return { values, indexes: Uint16Array.from(texts, (text) => places.get(text) as number) };
}

function offsetsOf(counts: readonly number[]): Uint32Array {
  const offsets = new Uint32Array(counts.length + 1);
  counts.forEach((count, i) => {
    offsets[i + 1] = offsets[i] + count;
  });
  return offsets;
}

function mapColumn(maps: readonly Readonly<Record<string, string>>[]): MapColumn {
  return {
    offsets: offsetsOf(maps.map((map) => Object.keys(map).length)),
    keys: dictionaryColumn(maps.flatMap((map) => Object.keys(map))),
    values: textColumn(maps.flatMap((map) => Object.values(map))),
  };
}
