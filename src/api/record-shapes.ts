/**
 * A line as JSON text in each design's field names (api.md). Used by search, by line look-up and by live tail.
 *
 * Text, not objects: an attribute comes back with the JSON type it was sent with, and numbers digit by digit, which no
 * JavaScript number could do. Values of the kinds n, b, z and j are JSON texts already, since a decoder has read them.
 */
import { formatPatternId } from '#base/ids.ts';
import type { LineAttributes, LogLine } from '#model/log-line.ts';
import { severityName } from '#model/severity.ts';
import { formatTimestamp } from '#model/timestamps.ts';

/** Renders one line. */
export type RecordShape = (line: LogLine) => string;

const quote = (text: string): string => JSON.stringify(text);

/** JSON text of the level's name; null where none was given. */
function levelText(severity: number): string {
  const name = severityName(severity);
  return name === '' ? 'null' : `"${name}"`;
}

function attributeMembers({ names, values, kinds }: LineAttributes): string[] {
  return names.map((name, i) => `${quote(name)}:${kinds[i] === 's' || kinds[i] === undefined ? quote(values[i]) : values[i]}`);
}

const object = (members: readonly string[]): string => `{${members.join(',')}}`;

/** Attributes as one JSON object, each in the type that it was sent with. */
export const attributesJson = (attributes: LineAttributes): string => object(attributeMembers(attributes));

/** What no design names, present only where the line has it. */
function extraMembers(line: LogLine): string[] {
  const members: string[] = [];
  if (line.environment !== '') members.push(`"environment":${quote(line.environment)}`);
  if (Object.keys(line.resource).length > 0) members.push(`"resource":${JSON.stringify(line.resource)}`);
  if (line.tags.length > 0) members.push(`"tags":${JSON.stringify(line.tags)}`);
  if (line.raw !== '') members.push(`"raw":${quote(line.raw)}`);
  if (line.sampleRate !== 1) members.push(`"sample_rate":${line.sampleRate}`);
  if (line.patternId !== 0n) members.push(`"pattern":"${formatPatternId(line.patternId)}"`);
  members.push(`"receive_ts":"${new Date(line.receivedMs).toISOString()}"`);
  if (line.skewed) members.push('"skewed":true');
  return members;
}

/** A: `{"id","timestamp","level","service","host","trace_id","span_id","message","metadata"}` */
export const toRecordA: RecordShape = (line) =>
  object([
    `"id":"${line.id}"`,
    `"timestamp":"${formatTimestamp(line.tsNs)}"`,
    `"level":${levelText(line.level)}`,
    `"service":${quote(line.service)}`,
    `"host":${quote(line.host)}`,
    `"trace_id":${quote(line.traceId)}`,
    `"span_id":${quote(line.spanId)}`,
    `"message":${quote(line.message)}`,
    `"metadata":${object(attributeMembers(line.attributes))}`,
    ...extraMembers(line),
  ]);

/** B: `{"log_id","timestamp","level","service","host","message","metadata"}` */
export const toRecordB: RecordShape = (line) =>
  object([
    `"log_id":"${line.id}"`,
    `"timestamp":"${formatTimestamp(line.tsNs)}"`,
    `"level":${levelText(line.level)}`,
    `"service":${quote(line.service)}`,
    `"host":${quote(line.host)}`,
    `"message":${quote(line.message)}`,
    `"metadata":${object(attributeMembers(line.attributes))}`,
    ...traceMembers(line),
    ...extraMembers(line),
  ]);

/** C: `{"ts","level","service","host","msg","meta"}`; trace and span id stand in `meta`, where C's senders put them. */
export const toRecordC: RecordShape = (line) =>
  object([
    `"id":"${line.id}"`,
    `"ts":"${formatTimestamp(line.tsNs)}"`,
    `"level":${levelText(line.level)}`,
    `"service":${quote(line.service)}`,
    `"host":${quote(line.host)}`,
    `"msg":${quote(line.message)}`,
    `"meta":${object([...traceMembers(line), ...attributeMembers(line.attributes)])}`,
    ...extraMembers(line),
  ]);

function traceMembers(line: LogLine): string[] {
  const members: string[] = [];
  if (line.traceId !== '') members.push(`"trace_id":${quote(line.traceId)}`);
  if (line.spanId !== '') members.push(`"span_id":${quote(line.spanId)}`);
  return members;
}

/** The same shape, rendered once a line however many readers get it; forgotten with the line. */
export function renderOnce(shape: RecordShape): RecordShape {
  const rendered = new WeakMap<LogLine, string>();
  return (line) => {
    const known = rendered.get(line);
    if (known !== undefined) return known;
    const text = shape(line);
    rendered.set(line, text);
    return text;
  };
}
