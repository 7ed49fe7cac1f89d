/** Times in Go's layouts, which are written as the moment Mon Jan 2 15:04:05 2006 would be; in UTC. pkg.go.dev/time#Layout */

const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const token = /January|Jan|Monday|Mon|MST|2006|Z07:00|Z0700|-07:00|-0700|-07|[.,](?:0+|9+)(?!\d)|01|02|03|04|05|06|15|PM|pm|_2|1|2|3|4|5/g;

const two = (value: number): string => String(value).padStart(2, '0');

export function formatGoTime(ns: bigint, layout: string): string {
  const ms = Number(ns / 1_000_000n) - (ns < 0n && ns % 1_000_000n !== 0n ? 1 : 0);
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return '';
  const fraction = String(((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n).padStart(9, '0');
  return layout.replaceAll(token, (part) => partOf(part, date, fraction));
}

function partOf(part: string, date: Date, fraction: string): string {
  if (/^[.,]/.test(part)) return fractionOf(part, fraction);
  const hour = date.getUTCHours();
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  const month = monthNames[date.getUTCMonth()];
  const day = dayNames[date.getUTCDay()];
  const parts: Readonly<Record<string, string>> = {
    January: month,
    Jan: month.slice(0, 3),
    Monday: day,
    Mon: day.slice(0, 3),
    MST: 'UTC',
    2006: String(date.getUTCFullYear()).padStart(4, '0'),
    'Z07:00': 'Z',
    Z0700: 'Z',
    '-07:00': '+00:00',
    '-0700': '+0000',
    '-07': '+00',
    '01': two(date.getUTCMonth() + 1),
    '02': two(date.getUTCDate()),
    '03': two(hour12),
    '04': two(date.getUTCMinutes()),
    '05': two(date.getUTCSeconds()),
    '06': two(date.getUTCFullYear() % 100),
    15: two(hour),
    PM: hour < 12 ? 'AM' : 'PM',
    pm: hour < 12 ? 'am' : 'pm',
    _2: String(date.getUTCDate()).padStart(2, ' '),
    1: String(date.getUTCMonth() + 1),
    2: String(date.getUTCDate()),
    3: String(hour12),
    4: String(date.getUTCMinutes()),
    5: String(date.getUTCSeconds()),
  };
  return parts[part] ?? part;
}

/** `.000` is always so long, `.999` without the zeros at its end. */
function fractionOf(part: string, fraction: string): string {
  const digits = fraction.slice(0, part.length - 1);
  const shown = part[1] === '9' ? digits.replace(/0+$/, '') : digits;
  return shown === '' ? '' : part[0] + shown;
}

const patterns: Readonly<Record<string, string>> = {
  January: '(?<month>[A-Za-z]+)',
  Jan: '(?<month>[A-Za-z]{3})',
  Monday: '[A-Za-z]+',
  Mon: '[A-Za-z]{3}',
  MST: '[A-Z]{3,4}',
  2006: '(?<year>\\d{4})',
  '06': '(?<year>\\d{2})',
  '01': '(?<month>\\d{2})',
  1: '(?<month>\\d{1,2})',
  '02': '(?<day>\\d{2})',
  _2: '\\s*(?<day>\\d{1,2})',
  2: '(?<day>\\d{1,2})',
  15: '(?<hour>\\d{2})',
  '03': '(?<hour>\\d{2})',
  3: '(?<hour>\\d{1,2})',
  '04': '(?<minute>\\d{2})',
  4: '(?<minute>\\d{1,2})',
  '05': '(?<second>\\d{2})(?:[.,](?<fraction>\\d{1,9}))?',
  5: '(?<second>\\d{1,2})(?:[.,](?<fraction>\\d{1,9}))?',
  PM: '(?<half>[AP]M)',
  pm: '(?<half>[ap]m)',
  'Z07:00': '(?<zone>Z|[+-]\\d{2}:\\d{2})',
  Z0700: '(?<zone>Z|[+-]\\d{4})',
  '-07:00': '(?<zone>[+-]\\d{2}:\\d{2})',
  '-0700': '(?<zone>[+-]\\d{4})',
  '-07': '(?<zone>[+-]\\d{2})',
};

/** Nanoseconds since 1970; undefined where the text has another layout. */
export function parseGoTime(text: string, layout: string): bigint | undefined {
  const seen = new Set<string>();
  let source = '';
  let end = 0;
  for (const { 0: part, index } of layout.matchAll(token)) {
    const group = /\(\?<(\w+)>/.exec(patterns[part] ?? '')?.[1] ?? '';
    if (seen.has(group)) return undefined;
    if (group !== '') seen.add(group);
    // a fraction in the text is read with its second, whatever the layout says of it
    source += RegExp.escape(layout.slice(end, index)) + (patterns[part] ?? '');
    end = index + part.length;
  }
  const groups = new RegExp(`^${source}${RegExp.escape(layout.slice(end))}$`).exec(text)?.groups;
  return groups === undefined ? undefined : momentOf(groups);
}

function momentOf({
  year = '1970',
  month = '1',
  day = '1',
  hour = '0',
  minute = '0',
  second = '0',
  fraction = '',
  half,
  zone,
}: Record<string, string | undefined>): bigint | undefined {
  const named = monthNames.findIndex((name) => name.slice(0, 3).toLowerCase() === month.slice(0, 3).toLowerCase());
  const monthIndex = named >= 0 ? named : Number(month) - 1;
  const fullYear = year.length === 2 ? Number(year) + (Number(year) >= 69 ? 1900 : 2000) : Number(year);
  const shift = half === undefined ? 0 : (half.toLowerCase() === 'pm' ? 12 : 0) - (hour === '12' ? 12 : 0);
  const ms = Date.UTC(fullYear, monthIndex, Number(day), Number(hour) + shift, Number(minute), Number(second)) - zoneMs(zone);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

function zoneMs(zone: string | undefined): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone ?? '');
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}
