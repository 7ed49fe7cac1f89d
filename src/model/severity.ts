/**
 * Severity: from any spelling of a log level to OpenTelemetry's number and back.
 *
 * Numbers and ranges: OpenTelemetry log data model, "SeverityNumber": TRACE 1-4, DEBUG 5-8, INFO 9-12, WARN 13-16,
 * ERROR 17-20, FATAL 21-24. 0 means that no level was given or nobody knows it. Called by receivers (bytes), by the
 * query language and the API (text).
 */

const severityNames = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
export type SeverityName = (typeof severityNames)[number];

/** First number of a name's range; a filter on the name means the whole range `first .. first + 3`. */
export const severityRangeSize = 4;

/** From here up a line counts as an error. */
export const firstErrorSeverity = 17;

/** Spellings in lower case. Syslog's words keep their order: critical < alert < emergency. */
const spellings: Readonly<Record<string, number>> = {
  t: 1,
  trace: 1,
  trc: 1,
  verbose: 1,
  v: 1,
  finest: 1,
  finer: 2,
  silly: 1,
  all: 1,
  d: 5,
  debug: 5,
  dbg: 5,
  dbug: 5,
  fine: 5,
  config: 8,
  i: 9,
  info: 9,
  inf: 9,
  information: 9,
  informational: 9,
  log: 9,
  default: 9,
  notice: 10,
  note: 10,
  success: 9,
  w: 13,
  warn: 13,
  wrn: 13,
  warning: 13,
  e: 17,
  error: 17,
  err: 17,
  eror: 17,
  erro: 17,
  severe: 17,
  failure: 17,
  exception: 17,
  f: 21,
  fatal: 21,
  ftl: 21,
  crit: 21,
  critical: 21,
  dpanic: 21,
  alert: 22,
  emerg: 24,
  emergency: 24,
  panic: 24,
};

const table = buildTable();

function buildTable(): Map<string, number> {
  const all = new Map(Object.entries(spellings));
  for (let number = 1; number <= 24; number++) all.set(String(number), number);
  for (let name = 0; name < severityNames.length; name++) {
    const first = 1 + name * severityRangeSize;
    for (let sub = 2; sub <= severityRangeSize; sub++) all.set(severityNames[name].toLowerCase() + sub, first + sub - 1);
    // pino and bunyan write 10 … 60; 10 and 20 stay OpenTelemetry's in a text, see severityOfNumber
    if (name >= 2) all.set(String(10 + name * 10), first);
  }
  return all;
}

/** Severity number of a level in any spelling or number, 0 where it is not known. */
export function parseSeverity(text: string): number {
  return table.get(text.trim().toLowerCase()) ?? 0;
}

/** Severity of a JSON number: as parseSeverity, but 10 and 20 are pino's and bunyan's TRACE and DEBUG. */
export function severityOfNumber(text: string): number {
  if (text === '10') return 1;
  if (text === '20') return 5;
  return table.get(text) ?? 0;
}

/** `TRACE` … `FATAL` of 1-24, the empty text for anything else. */
export function severityName(severity: number): SeverityName | '' {
  return severity >= 1 && severity <= 24 ? severityNames[(severity - 1) >> 2] : '';
}

/**
 * The fast path's table: words of 4 and 5 letters are told apart by their first four letters in lower case and their
 * length, so the levels that make up nearly all lines need one word comparison each.
 */
const lowerCaseBits = 0x20202020;
const word = (text: string): number =>
  text.charCodeAt(0) | (text.charCodeAt(1) << 8) | (text.charCodeAt(2) << 16) | (text.charCodeAt(3) << 24);
const infoWord = word('info');
const warnWord = word('warn');
const erroWord = word('erro');
const debuWord = word('debu');
const tracWord = word('trac');
const fataWord = word('fata');
const upperR = 0x52;
const upperG = 0x47;
const upperE = 0x45;
const upperL = 0x4c;

/** parseSeverity of the UTF-8 bytes `start .. end` (end exclusive) that `view` sees. */
export function parseSeverityBytes(view: DataView, start: number, end: number): number {
  const length = end - start;
  if (length === 4 || length === 5) {
    const raw = view.getInt32(start, true);
    // or-ing the bit in also makes other characters look like letters, hence the test before it
    if (isLetters(raw)) {
      const lower = raw | lowerCaseBits;
      if (length === 4) {
        if (lower === infoWord) return 9;
        if (lower === warnWord) return 13;
      } else {
        const last = view.getUint8(start + 4) & 0xdf;
        if (lower === erroWord && last === upperR) return 17;
        if (lower === debuWord && last === upperG) return 5;
        if (lower === tracWord && last === upperE) return 1;
        if (lower === fataWord && last === upperL) return 21;
      }
    }
  }
  return length === 0 || length > maxSpellingBytes ? 0 : parseSeverity(textOf(view, start, end)); // slow path
}

/** True where all four bytes have the bits of letters (0x40-0x7f); enough, since the words compared with are letters. */
function isLetters(word: number): boolean {
  return ((word & 0xc0c0c0c0) | 0) === 0x40404040;
}

/** Longest text looked up; white space around a spelling is trimmed. */
const maxSpellingBytes = 256;
const textDecoder = new TextDecoder();

function textOf(view: DataView, start: number, end: number): string {
  return textDecoder.decode(new Uint8Array(view.buffer, view.byteOffset + start, end - start));
}
