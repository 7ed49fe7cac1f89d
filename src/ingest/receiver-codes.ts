/**
 * Numbers of receivers, as the header of a frame keeps them: by them the journey of a line says which one took it. A number is
 * never used for another receiver, for frames outlive versions.
 */

const codes: Readonly<Record<string, number>> = {
  native: 1,
  elasticsearch: 2,
  loki: 3,
  otlp: 4,
  splunk: 5,
  raw: 6,
  syslog: 7,
  gelf: 8,
  beats: 9,
  forward: 10,
  datadog: 11,
  journald: 12,
};

const names = new Map(Object.entries(codes).map(([name, code]) => [code, name]));

/** For the header of a frame; nothing where the receiver has no number. */
export function receiverMember(name: string): { readonly receiver?: number } {
  const receiver = codes[name];
  return receiver === undefined ? {} : { receiver };
}

/** Undefined where it is not known, or of a later version. */
export const receiverOfCode = (code: number | undefined): string | undefined => names.get(code ?? 0);
