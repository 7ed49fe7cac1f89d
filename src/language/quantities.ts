/**
 * Numbers in queries and in values: what reads as a number is the same in the engine (`toFloat64OrNull`, finite) and in
 * the matcher, so that both compare the same values.
 */
import { parseBytes, parseDurationMs } from '#base/units.ts';

const plainNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number that a value of a line is, or undefined; exactly the finite ones of ClickHouse's `toFloat64OrNull`. */
export function numberOfValue(text: string): number | undefined {
  if (!plainNumber.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** Milliseconds of the unit that the last part of a field's name says; names without one hold milliseconds. */
const unitMsOfSuffix: Readonly<Record<string, number>> = {
  ns: 1e-6,
  nanos: 1e-6,
  nanoseconds: 1e-6,
  us: 1e-3,
  micros: 1e-3,
  microseconds: 1e-3,
  ms: 1,
  millis: 1,
  milliseconds: 1,
  s: 1000,
  sec: 1000,
  secs: 1000,
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
};

/** Bytes of `5M`: in lower case the letter means minutes. */
const megaUnit = /^(\d+(?:\.\d+)?)M$/;

/**
 * The number that a query's `500`, `1.5e3`, `1MB` or `2s` asks for, or undefined. Sizes are bytes. Durations are in the
 * unit of the field: of `took_seconds` seconds, of a name that says nothing milliseconds.
 */
export function quantityOf(field: string, text: string): number | undefined {
  const plain = numberOfValue(text);
  if (plain !== undefined) return plain;
  const mega = megaUnit.exec(text);
  if (mega !== null) return Number(mega[1]) * 1e6;
  const sign = text.startsWith('-') ? -1 : 1;
  const amount = sign < 0 ? text.slice(1) : text;
  const durationMs = parseDurationMs(amount);
  if (durationMs !== undefined) return (sign * durationMs) / unitMsOf(field);
  const bytes = parseBytes(amount);
  return bytes === undefined ? undefined : sign * bytes;
}

function unitMsOf(field: string): number {
  const suffix = /(?:^|[_.-])([a-z]+)$/.exec(field.toLowerCase())?.[1] ?? /(Ns|Us|Ms|Seconds|Millis|Nanos|Micros)$/.exec(field)?.[1];
  return unitMsOfSuffix[suffix?.toLowerCase() ?? ''] ?? 1;
}
