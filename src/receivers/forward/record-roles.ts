/**
 * Names that mean something only in what Fluentd and Fluent Bit send: members that are fields of the line under names of
 * their own, and members that say which service a record belongs to where it does not say so itself.
 */
import { recordFields } from '#model/field-names.ts';
import type { NameId, RecordNames } from '#model/record-names.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { severityOfPriority } from '#receivers/journal-fields.ts';

/** Members that name the service, the best first; they stay attributes. */
const serviceNames = [
  'kubernetes.labels.app.kubernetes.io/name',
  'kubernetes.labels.app',
  'kubernetes.labels.k8s-app',
  'kubernetes.container_name',
  'container_name',
  'SYSLOG_IDENTIFIER',
  'ident',
  '_SYSTEMD_UNIT',
] as const;

const roles = { none: 0, message: 1, host: 2, priority: 3, tag: 4, service: 5 } as const;
const slash = 0x2f;

/** Role of each of the code's own names; the names of senders have none. */
export class RecordRoles {
  readonly #roles: Uint8Array;
  /** Of the best member so far that names the service: its rank, and where its text lies. */
  #rank: number = serviceNames.length;
  readonly #service = { start: 0, end: 0 };

  constructor(names: RecordNames) {
    const own: [NameId, number][] = [
      [names.own('MESSAGE'), roles.message],
      [names.own('kubernetes.host'), roles.host],
      [names.own('_HOSTNAME'), roles.host],
      [names.own('PRIORITY'), roles.priority],
      [names.own('tags'), roles.tag],
      ...serviceNames.map((name, rank): [NameId, number] => [names.own(name), roles.service + rank]),
    ];
    this.#roles = new Uint8Array(Math.max(...own.map(([id]) => id)) + 1);
    for (const [id, role] of own) this.#roles[id] = role;
  }

  /** Before each record. */
  restart(): void {
    this.#rank = serviceNames.length;
  }

  /** Where the text lies that names the record's service; undefined where none does. */
  service(): { readonly start: number; readonly end: number } | undefined {
    return this.#rank < serviceNames.length ? this.#service : undefined;
  }

  /**
   * Puts the text `start .. end`, which the writer and `view` look at, where its name has a role; false where it has none
   * and goes the common way. `isLasting`: the bytes stay until the record is complete.
   */
  take(name: NameId, writer: RecordWriter, view: DataView, start: number, end: number, isLasting = true): boolean {
    const role = name < this.#roles.length ? this.#roles[name] : roles.none;
    if (role === roles.none || start === end) return false;
    if (role >= roles.service) {
      if (isLasting) this.#considerService(role - roles.service, view, start, end);
      return false;
    }
    if (role === roles.tag) {
      writer.tag(start, end);
      return true;
    }
    if (role === roles.message && !writer.isFilled(recordFields.message)) {
      writer.message(start, end);
      return true;
    }
    if (role === roles.host && !writer.isFilled(recordFields.host)) {
      writer.text(recordFields.host, start, end);
      return true;
    }
    if (role !== roles.priority || writer.isFilled(recordFields.level)) return false;
    const severity = severityOfPriority(view, start, end);
    if (severity === 0) return false;
    writer.severity(severity);
    return true;
  }

  #considerService(rank: number, view: DataView, start: number, end: number): void {
    if (rank >= this.#rank) return;
    // Docker's names begin with a slash
    const from = view.getUint8(start) === slash ? start + 1 : start;
    if (from === end) return;
    this.#rank = rank;
    this.#service.start = from;
    this.#service.end = end;
  }
}
