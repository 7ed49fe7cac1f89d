/**
 * What the fields of the systemd journal mean, whoever carries them: journal-upload, Fluent Bit's and Fluentd's systemd
 * inputs. https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html
 */

/** OpenTelemetry's severity numbers of the syslog priorities 0 (emergency) to 7 (debug). */
const severities = [24, 22, 21, 17, 13, 10, 9, 5] as const;

/** Severity number of a PRIORITY field, one digit; 0 where it is none. */
export function severityOfPriority(view: DataView, start: number, end: number): number {
  if (end - start !== 1) return 0;
  return severities[view.getUint8(start) - 0x30] ?? 0;
}
