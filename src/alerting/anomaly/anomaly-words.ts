/** How an anomaly is told to people: what was there, and about what was expected instead. */

export const countWords = (count: number): string => {
  if (count > 0 && count < 0.95) return count.toFixed(1);
  const rounded = count < 1000 ? Math.round(count) : Number(count.toPrecision(3));
  return rounded.toLocaleString('en-GB', { maximumFractionDigits: 0 });
};

export const insteadOf = (name: string, found: string, usual: string): string => `${name} ${found} instead of about ${usual}`;

/** `-88 %`, `+240 %`, `×12`; nothing where nothing was expected. */
export function changeWords(found: number, usual: number): string {
  if (usual <= 0) return '';
  const ratio = found / usual;
  if (ratio >= 10) return ` (×${Math.round(ratio)})`;
  const percent = Math.round(100 * (ratio - 1));
  return ` (${percent > 0 ? '+' : ''}${percent} %)`;
}

/** Of a service whose season is not whole yet. */
export function learningWords(windows: number, windowsOfWeek: number, windowMs: number): string {
  const hours = Math.floor((windows * windowMs) / 3_600_000);
  const known = hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
  return windows >= windowsOfWeek ? '' : `still learning: ${known} of the 7 days of a season are known`;
}
