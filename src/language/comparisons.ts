/**
 * What the bounds of a comparison or range mean: levels, times, numbers with their units, or texts. Attributes have the
 * type of their use, so the bounds decide how values are compared, not what the lines hold.
 */
import { AppError, invariant } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import { parseSeverity, severityRangeSize } from '#model/severity.ts';
import { addressText, familyOf, parseAddress, parseNetwork } from './addresses.ts';
import { resolveField } from './fields.ts';
import { quantityOf } from './quantities.ts';
import { isRelativeTime, timeSpanOf } from './time-spans.ts';
import type { Address } from './addresses.ts';
import type { FieldCompareNode, FieldRangeNode } from './ast.ts';
import type { Bound, ValueTest } from './conditions.ts';
import type { TimeSpan } from './time-spans.ts';

/** At least one is there. */
export interface Bounds {
  readonly from?: Bound<string>;
  readonly to?: Bound<string>;
}

export const maxSeverity = 24;

/** True where `field>text` is surely meant as a comparison, and not as text with a sign in it such as `List<String>`. */
export function isComparable(field: string, text: string): boolean {
  const { kind } = resolveField(field);
  return kind === 'level' || kind === 'time' || quantityOf(field, text) !== undefined;
}

/** The refusal of one that is not clear; `field:>text` is. */
export function unclearComparison({ field, operator, value }: FieldCompareNode): AppError {
  const suggestion = `${field}:${operator}${value}`;
  return unsupported(field, `to compare with a text write ${suggestion}; to search for these signs, quote them`, suggestion);
}

export function boundsOf(node: FieldCompareNode | FieldRangeNode): Bounds {
  if (node.kind === 'field-range') return { from: node.from, to: node.to };
  const bound = { value: node.value, included: node.operator.endsWith('=') };
  return node.operator.startsWith('>') ? { from: bound } : { to: bound };
}

/** `ERROR`, `err` → 17 to 20; a number of OpenTelemetry (`18`, `ERROR2`) and a level inside a range (`notice`) → itself. */
export function levelSpan(field: string, text: string): { from: number; to: number } {
  const severity = parseSeverity(text);
  if (severity === 0) {
    const names = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
    const nearest = nearestName(text, [...names, 'WARNING', 'NOTICE', 'CRITICAL', 'ALERT', 'EMERGENCY']);
    const advice = nearest === undefined ? 'levels are TRACE, DEBUG, INFO, WARN, ERROR and FATAL' : `did you mean "${nearest}"?`;
    throw unsupported(field, `there is no level "${text}"; ${advice}`, nearest);
  }
  const isNumber = /^\s*\d+\s*$/.test(text) && Number(text) <= maxSeverity;
  const namesRange = (severity - 1) % severityRangeSize === 0 && !isNumber;
  return { from: severity, to: namesRange ? severity + severityRangeSize - 1 : severity };
}

export function timeSpan(field: string, text: string): TimeSpan {
  const span = timeSpanOf(text);
  if (span !== undefined) return span;
  throw unsupported(field, `"${text}" is no time; write 2025-03-01, 2025-03-01T10:15:00Z, an epoch number, now-1h or now/d`);
}

/** Addresses or numbers where every bound is one, else texts. */
export function rangeTest(field: string, { from, to }: Bounds): ValueTest {
  const given = [from, to].filter((bound) => bound !== undefined);
  const relative = given.find(({ value }) => isRelativeTime(value));
  if (relative !== undefined) throw unsupported(field, `only the timestamp is compared with "${relative.value}", not "${field}"`);
  if (given.every(({ value }) => parseAddress(value) !== undefined)) return addressTest({ from, to });
  const numbers = given.map(({ value }) => quantityOf(field, value));
  if (numbers.every((number) => number !== undefined)) {
    const numberOf = (bound: Bound<string>): Bound<number> => ({ ...bound, value: quantityOf(field, bound.value) as number });
    return { op: 'number', ...(from ? { from: numberOf(from) } : {}), ...(to ? { to: numberOf(to) } : {}) };
  }
  if (numbers.some((number) => number !== undefined)) {
    throw unsupported(field, `a range goes from number to number or from text to text, not from "${from?.value}" to "${to?.value}"`);
  }
  return { op: 'text', ...(from ? { from } : {}), ...(to ? { to } : {}) };
}

/** An open end is the end of the family: no IPv6 address is above 10.0.0.1. */
function addressTest({ from, to }: Bounds): ValueTest {
  const family = familyOf((from ?? to)?.value ?? '');
  return {
    op: 'address',
    from: { value: from === undefined ? addressText(family.from) : from.value, included: from?.included ?? true },
    to: { value: to === undefined ? addressText(family.to) : to.value, included: to?.included ?? true },
  };
}

/** The addresses of a network. */
export function networkTest(network: string): ValueTest {
  const range = parseNetwork(network);
  invariant(range !== undefined, `"${network}" is a network`);
  const boundAt = (address: Address): Bound<string> => ({ value: addressText(address), included: true });
  return { op: 'address', from: boundAt(range.from), to: boundAt(range.to) };
}

/** AppError `query_unsupported`; `suggestion` is what was most likely meant. */
export function unsupported(field: string, message: string, suggestion?: string): AppError {
  return new AppError('query_unsupported', message, { details: { field, ...(suggestion === undefined ? {} : { suggestion }) } });
}
