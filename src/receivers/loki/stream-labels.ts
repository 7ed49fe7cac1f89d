/**
 * What the labels of a stream say: which service, host, environment and level its lines have. The first label of each list
 * that is there counts. The first name of a list is what the field is called when lines are read as Loki's
 * (`loki/line-streams.ts`); every other label stays in `resource` as well, so that reading gives back what was pushed.
 */
import { recordFields } from '#model/field-names.ts';
import { parseSeverity } from '#model/severity.ts';
import type { RecordNames } from '#model/record-names.ts';
import { RepeatedValues } from '#receivers/repeated-values.ts';

/** Services in the order in which Loki itself looks for them (`discover_service_name`), after our own spellings. */
const roles: readonly (readonly [field: number, labels: readonly string[]])[] = [
  [
    recordFields.service,
    [
      'service_name',
      'service',
      'app',
      'application',
      'app_name',
      'app_kubernetes_io_name',
      'container',
      'container_name',
      'k8s_container_name',
      'component',
      'workload',
      'job',
      'k8s_job_name',
    ],
  ],
  [recordFields.host, ['host', 'hostname', 'host_name', 'node_name', 'node', 'k8s_node_name', 'instance']],
  [recordFields.environment, ['env', 'environment', 'deployment_environment', 'deployment_environment_name']],
  [recordFields.trace_id, ['trace_id', 'traceID', 'traceId', 'traceid']],
  [recordFields.span_id, ['span_id', 'spanID', 'spanId', 'spanid']],
];
const levelLabels = ['level', 'severity', 'detected_level', 'lvl', 'loglevel', 'log_level'];

const textEncoder = new TextEncoder();

/** Puts the labels' values, which then go into each line of the stream, into `values`. */
export function readStreamLabels(labels: ReadonlyMap<string, string>, names: RecordNames, values: RepeatedValues): void {
  const used = new Set<string>();
  values.clear();
  for (const [field, candidates] of roles) {
    const label = candidates.find((candidate) => (labels.get(candidate) ?? '') !== '');
    if (label === undefined) continue;
    const bytes = textEncoder.encode(labels.get(label));
    values.field(field, bytes, viewOf(bytes), 0, bytes.length);
    if (label === candidates[0]) used.add(label);
  }
  const level = levelLabels.find((candidate) => parseSeverity(labels.get(candidate) ?? '') > 0);
  // it stays in `resource` under its own spelling, and a line may say another level
  if (level !== undefined) values.severity(recordFields.level, parseSeverity(labels.get(level) ?? ''));
  for (const [label, text] of labels) {
    if (used.has(label) || text === '') continue;
    const name = textEncoder.encode(label);
    const bytes = textEncoder.encode(text);
    values.resource(names.of(name, viewOf(name), 0, name.length), bytes, viewOf(bytes), 0, bytes.length);
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
