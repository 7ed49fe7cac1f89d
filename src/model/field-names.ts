/**
 * The one table of accepted spellings: which name in a sender's record is which field of the line.
 *
 * Names of nested objects are joined with dots before the lookup. Receivers map names with it while decoding; the query
 * language and the API use it so that a filter may say any spelling.
 */

/** Fields that a record's members can fill. The numbers are an order of no meaning; decoders index tables with them. */
export const recordFields = {
  timestamp: 1,
  level: 2,
  service: 3,
  host: 4,
  environment: 5,
  trace_id: 6,
  span_id: 7,
  message: 8,
  metadata: 9,
  resource: 10,
  tags: 11,
} as const;

export type RecordField = keyof typeof recordFields;

/** Spellings of each field, the first being the canonical one. */
export const fieldSpellings: Readonly<Record<RecordField, readonly string[]>> = {
  timestamp: ['timestamp', 'ts', '@timestamp', 'time', 'datetime', '@t'],
  level: ['level', 'severity', 'severityText', 'severity_text', 'log.level', 'lvl', 'loglevel', 'log_level', 'levelname', '@l'],
  service: ['service', 'service.name', 'service_name', 'serviceName'],
  host: ['host', 'hostname', 'host.name', 'host_name', 'hostName'],
  environment: ['environment', 'env', 'deployment.environment', 'deployment.environment.name', 'service.environment'],
  trace_id: ['trace_id', 'traceId', 'trace.id', 'traceid', 'traceID', 'dd.trace_id'],
  span_id: ['span_id', 'spanId', 'span.id', 'spanid', 'spanID', 'dd.span_id'],
  message: ['message', 'msg', 'body', 'log', '@m'],
  metadata: ['metadata', 'meta', 'attributes'],
  resource: ['resource'],
  tags: ['tags'],
};

const fieldOfSpelling: ReadonlyMap<string, RecordField> = new Map(
  (Object.keys(fieldSpellings) as RecordField[]).flatMap((field) => fieldSpellings[field].map((name) => [name, field] as const)),
);

/** The field that a (dotted) name spells, or undefined for an attribute. Case matters. */
export function fieldOfName(name: string): RecordField | undefined {
  return fieldOfSpelling.get(name);
}
