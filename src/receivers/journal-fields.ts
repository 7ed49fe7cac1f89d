/**
 * What the fields of the systemd journal mean, whoever carries them: journal-upload, Fluent Bit's and Fluentd's systemd
 * inputs. https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html
 */
import { syslogSeverities } from '#model/syslog-numbers.ts';

/** Severity number of a PRIORITY field, one digit; 0 where it is none. */
export function severityOfPriority(view: DataView, start: number, end: number): number {
  if (end - start !== 1) return 0;
  return syslogSeverities[view.getUint8(start) - 0x30] ?? 0;
}
