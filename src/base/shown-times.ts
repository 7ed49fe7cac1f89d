/** Instants and lengths of time as people read them: in details of incidents, in messages and in the interface. */

/** To the second: `2026-11-21 23:18:59 UTC`. */
export function shownInstant(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? 'an impossible time' : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const minute = { name: 'min', ms: 60_000 };
const hour = { name: 'h', ms: 3_600_000 };
const day = { name: 'd', ms: 86_400_000 };
/** Each with the next smaller one: what is shown is rounded to it. */
const pairs = [
  [minute, { name: 's', ms: 1000 }],
  [hour, minute],
  [day, hour],
] as const;

/** With two units at most, rounded to the smaller: `840 ms`, `12.3 s`, `4 min 10 s`, `2 h 5 min`, `2 d 3 h`. Not below zero. */
export function shownSpan(spanMs: number): string {
  const ms = Math.max(0, spanMs);
  if (ms === 0) return '0 s';
  if (ms < 999.5) return `${Number(ms.toPrecision(3))} ms`;
  if (ms < 59_950) return `${Math.round(ms / 100) / 10} s`;
  // the first unit that the rounded span is less than a whole one of the next of
  const [big, small] =
    pairs.find(([, { ms: step }], index) => Math.round(ms / step) * step < (pairs[index + 1]?.[0].ms ?? Infinity)) ?? pairs[2];
  const total = Math.round(ms / small.ms);
  const perBig = big.ms / small.ms;
  const rest = total % perBig;
  return rest === 0 ? `${total / perBig} ${big.name}` : `${Math.floor(total / perBig)} ${big.name} ${rest} ${small.name}`;
}
