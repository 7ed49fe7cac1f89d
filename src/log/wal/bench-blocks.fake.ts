/**
 * Payloads for the benches: the lines of bench/generator, laid out column by column as in a Native block (texts behind their
 * lengths, times and numbers as integers). The ids have real entropy.
 */
import { LineGenerator } from '../../../bench/generator.ts';
import type { LineSet } from '../../../bench/generator.ts';

export interface Blocks {
  readonly payloads: readonly Buffer[];
  readonly lineCount: number;
  readonly bytes: number;
}

export function columnBlocks(set: LineSet, lines: number, batchLines: number): Blocks {
  const generator = new LineGenerator({ set, lines, batchLines, endMs: Date.UTC(2026, 0, 1), rangeMs: 3_600_000, encoding: 'identity' });
  const payloads = [...generator.batches()].map(({ body }) => asColumns(JSON.parse(body.toString()).logs));
  return { payloads, lineCount: lines, bytes: payloads.reduce((sum, { length }) => sum + length, 0) };
}

type Line = Readonly<Record<string, unknown>> & { readonly metadata?: Readonly<Record<string, unknown>> };

function asColumns(lines: readonly Line[]): Buffer {
  const parts: Buffer[] = [];
  const times = Buffer.alloc(8 * lines.length);
  for (const [row, line] of lines.entries()) times.writeBigInt64LE(BigInt(Date.parse(String(line.timestamp))) * 1_000_000n, 8 * row);
  parts.push(times, Buffer.from(lines.map((_, row) => row % 256)));
  for (const field of ['service', 'host', 'level']) {
    const values = [...new Set(lines.map((line) => String(line[field] ?? '')))];
    parts.push(texts(values), Buffer.from(lines.map((line) => values.indexOf(String(line[field] ?? '')))));
  }
  for (const field of ['trace_id', 'span_id', 'message']) parts.push(texts(lines.map((line) => String(line[field] ?? ''))));
  const attributes = lines.flatMap((line) => Object.entries(line.metadata ?? {}));
  const names = [...new Set(attributes.map(([name]) => name))];
  parts.push(
    texts(names),
    Buffer.from(attributes.map(([name]) => names.indexOf(name))),
    texts(attributes.map(([, value]) => String(value))),
  );
  return Buffer.concat(parts);
}

function texts(values: readonly string[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.from(value);
      const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >>> 7];
      return Buffer.concat([Buffer.from(length), bytes]);
    }),
  );
}
