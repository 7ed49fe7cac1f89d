/** ns per line, and per line and query, of live tail's matcher. Run: node src/language/compile-matcher.bench.ts */
import { foldText } from '#base/text-folding.ts';
import { MatcherSet } from './compile-matcher.ts';
import { parseQuery } from './parser.ts';
import type { BatchView, DictionaryColumn, MapColumn, TextColumn } from '#model/batch-view.ts';

const rowCount = 5000;
const rounds = 60;

let state = 12345;
function random(below: number): number {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}
const hexId = (digits: number): string => Array.from({ length: digits }, () => random(16).toString(16)).join('');

const templates = [
  () => `Payment declined for order ${random(1e6)} by gateway stripe after ${random(900)} ms, attempt ${random(5)} of 5`,
  () =>
    `GET /api/v1/users/${random(1e5)}/profile 200 ${random(5000)} bytes in ${random(300)}ms agent=Mozilla/5.0 client=10.0.${random(256)}.${random(256)}`,
  () => `connection to 10.0.${random(256)}.${random(256)} refused: timeout while connecting upstream service checkout`,
  () => `Cache miss for key session:${hexId(16)} in region eu-west-1, falling back to primary database replica ${random(9)}`,
  () => `user u-${random(50000)} logged in from 192.168.1.${random(256)} with method password, session ${hexId(12)}`,
];
const nonAscii = () => `Größe überschritten für Auftrag ${random(1e6)}: Abbruch nach ${random(100)} Versuchen`;

function textColumn(texts: readonly string[]): TextColumn {
  const bytes = Buffer.from(`\0${texts.join('\0')}`);
  const starts = new Uint32Array(texts.length);
  const ends = new Uint32Array(texts.length);
  let at = 0;
  texts.forEach((text, i) => {
    starts[i] = at + 1;
    ends[i] = at = starts[i] + Buffer.byteLength(text);
  });
  return { bytes, starts, ends };
}

function dictionaryColumn(texts: readonly string[]): DictionaryColumn {
  const values = [...new Set(texts)];
  const places = new Map(values.map((value, i) => [value, i]));
  return { values, indexes: Uint16Array.from(texts, (text) => places.get(text) as number) };
}

function mapColumn(maps: readonly Readonly<Record<string, string>>[]): MapColumn {
  const offsets = new Uint32Array(maps.length + 1);
  maps.forEach((map, i) => {
    offsets[i + 1] = offsets[i] + Object.keys(map).length;
  });
  return {
    offsets,
    keys: dictionaryColumn(maps.flatMap((map) => Object.keys(map))),
    values: textColumn(maps.flatMap((map) => Object.values(map))),
  };
}

function makeBatch(): BatchView {
  const rows = Array.from({ length: rowCount }, (_, i) => i);
  const messages = rows.map(() => (random(50) === 0 ? nonAscii() : templates[random(templates.length)]()));
  const texts: Record<string, TextColumn> = {
    message: textColumn(messages),
    folded: textColumn(messages.map((text) => (/[^\x00-\x7f]/.test(text) ? foldText(text) : ''))),
    trace_id: textColumn(rows.map(() => hexId(32))),
    span_id: textColumn(rows.map(() => hexId(16))),
  };
  const dictionaries: Record<string, DictionaryColumn> = {
    service: dictionaryColumn(rows.map(() => `service-${random(30)}`)),
    host: dictionaryColumn(rows.map(() => `host-${random(100)}`)),
    environment: dictionaryColumn(rows.map(() => 'production')),
  };
  const attributes = mapColumn(
    rows.map(() => ({
      user_id: `u-${random(50000)}`,
      request_id: hexId(32),
      latency_ms: String(random(5000)),
      status: String([200, 200, 404, 500][random(4)]),
      method: ['GET', 'POST'][random(2)],
      error_code: ['TIMEOUT', 'DECLINED', ''][random(3)],
      'http.path': `/api/v1/users/${random(1e5)}`,
      version: '1.2.3',
    })),
  );
  const resource = mapColumn(rows.map(() => ({ region: ['eu-west-1', 'us-east-1'][random(2)] })));
  return {
    rowCount,
    ts: new BigInt64Array(rowCount),
    receiveTs: new BigInt64Array(rowCount),
    origin: new Uint32Array(rowCount),
    seq: new BigUint64Array(rowCount),
    rowNo: new Uint16Array(rowCount),
    sampleRate: new Float32Array(rowCount).fill(1),
    patternId: new BigUint64Array(rowCount),
    skewed: new Uint8Array(rowCount),
    level: Uint8Array.from(rows, () => [5, 9, 9, 9, 9, 9, 9, 13, 17, 21][random(10)]),
    dictionary: (column) => dictionaries[column],
    text: (column) => texts[column],
    map: (column) => (column === 'attributes' ? attributes : resource),
    list: () => ({ offsets: new Uint32Array(rowCount + 1), values: { values: [''], indexes: new Uint8Array(0) } }),
  };
}

const words = ['declined', 'timeout', 'refused', 'checkout', 'session', 'mozilla', 'stripe', 'nothing', 'grosse', 'upstream'];
const kinds: Readonly<Record<string, (i: number) => string>> = {
  'level and service': (i) => `level:ERROR service:service-${i}`,
  'bare word': (i) => `${words[i % words.length]}${i < words.length ? '' : i}`,
  phrase: (i) => `"${words[i % words.length]} ${i}"`,
  prefix: (i) => `${words[i % words.length].slice(0, 3 + (i % 4))}*`,
  'id anywhere': (i) => `u-${i}`,
  attribute: (i) => `user_id:u-${i}`,
  'error and word': (i) => `level>=ERROR service:service-${i % 30} ${words[i % words.length]}`,
};
const mixed = (i: number): string => Object.values(kinds)[i % Object.keys(kinds).length](i);

const batches = [makeBatch(), makeBatch(), makeBatch()];
for (const [name, make] of Object.entries({ ...kinds, mixed })) {
  for (const queryCount of [1, 50]) {
    const set = new MatcherSet();
    const handles = Array.from({ length: queryCount }, (_, i) => set.add(parseQuery(make(i))));
    let best = Number.POSITIVE_INFINITY;
    let matched = 0;
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      const matches = set.match(batches[round % batches.length]);
      best = Math.min(best, performance.now() - started);
      matched = handles.reduce((sum, handle) => sum + matches(handle).count(), 0);
    }
    const nsPerLine = (best * 1e6) / rowCount;
    console.log(
      `${name.padEnd(18)} ${String(queryCount).padStart(3)} queries  ${nsPerLine.toFixed(0).padStart(5)} ns/line  ${(nsPerLine / set.size).toFixed(1).padStart(6)} ns/line/query  ${matched} hits`,
    );
  }
}
