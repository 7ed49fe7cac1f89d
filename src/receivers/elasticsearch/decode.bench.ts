/**
 * What a line costs from a bulk body to rows, against the same records as NDJSON of the native endpoints.
 *
 *   node src/receivers/elasticsearch/decode.bench.ts [lines]
 */
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { BatchDecoder } from '#receivers/native/decode.ts';
import { mixedLines, similarLines } from '#receivers/native/sample-lines.test-support.ts';
import { measureRate } from '#receivers/sample-records.test-support.ts';
import { BulkReply } from './bulk-reply.ts';
import { BulkDecoder } from './decode.ts';

const lineCount = Number(process.argv[2] ?? 100_000);
const linesPerBody = 5000;
const { context, intake } = createFakeIntake();
const source = { tenant: 'default', receiver: 'elasticsearch', sender: 'bench', content: 'records', format: 'json' } as const;

function bodiesOf(lines: readonly string[], before: (index: number) => string): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  for (let at = 0; at < lines.length; at += linesPerBody) {
    const text = lines.slice(at, at + linesPerBody).map((line, i) => `${before(at + i)}${line}\n`);
    bodies.push(new TextEncoder().encode(text.join('')));
  }
  return bodies;
}

function benchSet(name: string, lines: readonly string[]): void {
  console.log(`\n${name}: ${lines.length} lines`);
  const native = new BatchDecoder(context.ingestConfig);
  const plain = bodiesOf(lines, () => '');
  measureRate('native NDJSON', lineCount, () => {
    for (const body of plain) native.decodeNdjson(body, {}, intake.open(source).rows);
  });
  const bulk = new BulkDecoder(context.ingestConfig);
  const actions: readonly (readonly [name: string, before: (index: number) => string])[] = [
    ['_bulk, one index', () => '{"create":{"_index":"logs-shop-production"}}\n'],
    ['_bulk, two indexes in turn', (index) => `{"create":{"_index":"logs-shop${index % 2}-production"}}\n`],
    ['_bulk, an _id each', (index) => `{"index":{"_index":"logs-shop-production","_id":"AZd8Q${index}"}}\n`],
  ];
  for (const [title, before] of actions) {
    const bodies = bodiesOf(lines, before);
    measureRate(title, lineCount, () => {
      for (const body of bodies) {
        const reply = new BulkReply(null);
        bulk.decodeBulk(body, '', intake.open(source), reply);
        reply.render(1);
      }
    });
  }
}

benchSet('one sender, one order of keys', similarLines(lineCount));
benchSet('twelve services, own keys, optional members', mixedLines(lineCount));
