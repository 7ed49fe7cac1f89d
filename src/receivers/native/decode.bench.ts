/**
 * What a line costs from body bytes to a finished Native block, by step, against JSON.parse alone and the oracle.
 *
 *   node src/receivers/native/decode.bench.ts [lines]
 */
import { LogBatchBuilder } from '#model/log-batch.ts';
import { measureRate } from '#receivers/sample-records.test-support.ts';
import { BatchDecoder } from './decode.ts';
import { oracleDecodeJson } from './decode-oracle.test-support.ts';
import { JsonScanner } from '#ingest/json-records.ts';
import { mixedLines, similarLines } from './sample-lines.test-support.ts';

const lineCount = Number(process.argv[2] ?? 100_000);
const linesPerBody = 5000;
const limits = {
  max_records: 50_000,
  max_record_bytes: 4 << 20,
  max_attributes_per_record: 1000,
  max_attribute_name_bytes: 512,
  max_source_bytes: 4096,
  max_nesting: 64,
  max_reported_errors: 100,
};
const stamp = { tenant: 'acme', receivedMs: Date.parse('2025-07-15T12:00:00Z'), origin: 64, seq: 1, maxClockSkewMs: 30_000 };
const textDecoder = new TextDecoder();

function bodiesOf(lines: readonly string[]): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  for (let at = 0; at < lines.length; at += linesPerBody) {
    bodies.push(new TextEncoder().encode(`{"logs":[${lines.slice(at, at + linesPerBody).join(',')}]}`));
  }
  return bodies;
}

function benchSet(name: string, lines: readonly string[]): void {
  const bodies = bodiesOf(lines);
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  const decoder = new BatchDecoder(limits);
  const builder = new LogBatchBuilder();
  const scanner = new JsonScanner();
  let blockBytes = 0;
  console.log(`\n${name}: ${lines.length} lines of ${(bytes / lines.length).toFixed(0)} B`);
  measureRate('scan only (skipValue)', lines.length, () => {
    for (const body of bodies) {
      scanner.reset(body, new DataView(body.buffer, body.byteOffset, body.length), body.length);
      scanner.skipValue(0, 0);
    }
  });
  measureRate('decode', lines.length, () => {
    for (const body of bodies) {
      decoder.decodeJson(body, {}, builder);
      builder.clear();
    }
  });
  measureRate('decode and finish', lines.length, () => {
    blockBytes = 0;
    for (const body of bodies) {
      decoder.decodeJson(body, {}, builder);
      blockBytes += builder.finish(stamp).length;
    }
  });
  measureRate('JSON.parse alone, from text', lines.length, parseTexts(bodies));
  measureRate('JSON.parse, from bytes', lines.length, () => {
    for (const body of bodies) JSON.parse(textDecoder.decode(body));
  });
  const fewTexts = bodies.slice(0, 2).map((body) => textDecoder.decode(body));
  measureRate('JSON.parse oracle, to objects', fewTexts.length * linesPerBody, () => {
    for (const text of fewTexts) oracleDecodeJson(text, limits, {});
  });
  console.log(`block: ${(blockBytes / lines.length).toFixed(0)} B/line`);
}

function parseTexts(bodies: readonly Uint8Array[]): () => void {
  const texts = bodies.map((body) => textDecoder.decode(body));
  return () => {
    for (const text of texts) JSON.parse(text);
  };
}

benchSet('one sender, one order of keys', similarLines(lineCount));
benchSet('twelve services, own keys, optional members', mixedLines(lineCount));
