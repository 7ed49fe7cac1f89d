/** Numbers as people read them. Grouped by commas everywhere, so that the same figure looks the same on every screen. */

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

/** `1,234,567` */
export function showCount(count: number): string {
  return grouped.format(count);
}

/** `1.23M`: where there is little room. */
export function showShortCount(count: number): string {
  return count < 10_000 ? grouped.format(count) : compact.format(count);
}

/** Four digits that count: `0.1235`, `1,235`. */
export function showNumber(value: number): string {
  return Math.abs(value) >= 1000 ? grouped.format(value) : fine.format(value);
}

/** A share in percent, from percent: `42 %`, `0.3 %`, `<0.1 %`. */
export function showPercent(percent: number): string {
  if (percent > 0 && percent < 0.1) return '<0.1 %';
  if (percent > 99.9 && percent < 100) return '>99.9 %';
  return `${percent < 10 ? Math.round(percent * 10) / 10 : Math.round(percent)} %`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `1.2 MB` */
export function showBytes(bytes: number): string {
  const power = Math.min(byteUnits.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : Math.round(value * 10) / 10} ${byteUnits[power]}`;
}

/** `1 line`, `2 lines` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${showCount(count)} ${count === 1 ? one : many}`;
}
