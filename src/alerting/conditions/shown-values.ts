/** Times and spans in the details of verdicts: for people, the same on every machine. */

/** To the second. */
export const shownInstant = (atMs: number): string => {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? 'an impossible time' : `${date.toISOString().slice(0, 19)}Z`;
};

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** In its two largest units: `1h 5m`, `12s`, `0.4s`. */
export function shownSpan(spanMs: number): string {
  if (spanMs < 10_000) return `${Math.round(spanMs / 100) / 10}s`;
  const first = units.findIndex(([, sizeMs]) => spanMs >= sizeMs);
  const parts: string[] = [];
  let restMs = spanMs;
  for (const [name, sizeMs] of units.slice(first, first + 2)) {
    const count = Math.floor(restMs / sizeMs);
    restMs -= count * sizeMs;
    if (count > 0) parts.push(`${count}${name}`);
  }
  return parts.join(' ');
}

/** At most so many characters of a text, whole ones. */
export function shortened(text: string, maxLength: number): string {
  const characters = [...text.slice(0, maxLength * 2 + 2)];
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join('')}…` : text;
}
