/**
 * What a parser makes of lines, without taking them in: for `POST /v1/parsers/test`, for tests, and for the examples in
 * the documentation. Pure but for the clock, which times without a year or a date need.
 */
import { attributeKinds } from '#model/columns.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { LogLine } from '#model/log-line.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { RecordWriter } from '#model/record-writer.ts';
import type { RecordLimits } from '#model/record-writer.ts';
import { severityName } from '#model/severity.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import type { Clock } from '#platform/clock.ts';
import type { ParserSpec } from './parser-rules.ts';
import { createParserSet } from './parser-set.ts';
import type { ParserSetSettings } from './parser-set.ts';

/** A value as JSON shows it; an array or object is its text. */
export type FieldValue = string | number | boolean | null;

export interface ParsedLine {
  /** Undefined: no parser took it. */
  readonly parser: string | undefined;
  /** The parser that was asked for did not take it. */
  readonly isFailed: boolean;
  readonly message: string;
  /** RFC 3339; undefined where the line has no time. */
  readonly timestamp: string | undefined;
  /** `TRACE` … `FATAL`, empty where the line has none. */
  readonly level: string;
  /** Service, host, environment, trace_id and span_id where the line has them, then its attributes. */
  readonly fields: Readonly<Record<string, FieldValue>>;
}

const limits: RecordLimits = { maxAttributes: 1000, maxNameBytes: 512, maxOverflowBytes: 1 << 20 };
/** Stands for the receive time, so that lines without a time can be told: no line has this one. */
const receivedMs = 1;

/**
 * Parses the lines one after the other, as one stream. Throws AppError bad_request for an unknown parser, a pattern that
 * is not admitted, or an unknown zone.
 */
export function testParser(spec: ParserSpec, lines: readonly string[], settings: ParserSetSettings, clock: Clock): readonly ParsedLine[] {
  const set = createParserSet([{ ...spec, name: 'test' }], { ...settings, name_parser: true }, limits, clock);
  const rows = new LogBatchBuilder();
  const writer = new RecordWriter(limits);
  return lines.map((line) => {
    rows.finisher = set.finisherOf({ tenant: 'test', receiver: 'test', content: 'text' });
    writer.into(rows);
    writer.begin();
    writer.messageText(line.toWellFormed());
    const refusal = writer.commit();
    if (refusal !== undefined) return { parser: undefined, isFailed: true, message: line, timestamp: undefined, level: '', fields: {} };
    const view = readNativeBlock(rows.finish({ tenant: 'test', receivedMs, origin: 0, seq: 0, maxClockSkewMs: 0 }));
    return parsedLine(lineOfRow(view, 0));
  });
}

function parsedLine(line: LogLine): ParsedLine {
  const { service, host, environment, traceId, spanId } = line;
  const named = Object.entries({ service, host, environment, trace_id: traceId, span_id: spanId }).filter(([, value]) => value !== '');
  const { names, values, kinds } = line.attributes;
  const attributes = names.map((name, i) => [name, typedValue(values[i], kinds[i])] as const);
  const all = new Map<string, FieldValue>([...named, ...attributes]);
  const parser = all.get('parser');
  const isFailed = all.has('parse_error');
  all.delete('parser');
  all.delete('parse_error');
  return {
    parser: typeof parser === 'string' ? parser : undefined,
    isFailed,
    message: line.message,
    timestamp: line.tsNs === BigInt(receivedMs) * 1_000_000n ? undefined : formatTimestamp(line.tsNs),
    level: severityName(line.level),
    fields: Object.fromEntries(all),
  };
}

function typedValue(text: string, kind: string): FieldValue {
  if (kind === attributeKinds.number) return Number(text);
  if (kind === attributeKinds.boolean) return text === 'true';
  return kind === attributeKinds.null ? null : text;
}
