/**
 * The service of documents that do not name it in so many words: what their container or module is called, and behind
 * that what the name of their index says.
 */
import type { LogBatchBuilder, RecordFinisher } from '#model/log-batch.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import { ServiceFallback } from '#receivers/service-fallback.ts';
import type { BulkIndex } from './bulk-action.ts';

/** As Filebeat, Fluent Bit, rsyslog and syslog-ng name them; the best first. */
const names = [
  'kubernetes.labels.app_kubernetes_io/name',
  'kubernetes.labels.app.kubernetes.io/name',
  'kubernetes.labels.app',
  'kubernetes.labels.k8s-app',
  'kubernetes.container.name',
  'kubernetes.container_name',
  'container.name',
  'container_name',
  'log.syslog.appname',
  'programname',
  'PROGRAM',
  'event.module',
];

export class IndexService implements RecordFinisher {
  /** The index of the document that is decoded next. */
  index!: BulkIndex;
  readonly #named = new ServiceFallback(names);
  #next: RecordFinisher | undefined;

  /** What completes each record: this, followed by what completed records so far. */
  before(next: RecordFinisher | undefined): RecordFinisher {
    this.#next = next;
    return this.#named.before(this);
  }

  finish(builder: LogBatchBuilder): RecordErrorCode | undefined {
    const { serviceIndexes, rowCount } = builder;
    if (serviceIndexes[rowCount] === 0) serviceIndexes[rowCount] = this.index.service.service(builder);
    return this.#next?.finish(builder);
  }
}
