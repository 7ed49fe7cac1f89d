/** JSON texts laid out for reading, digit by digit as they were. */
import { parseExactly } from '../log-list/exact-json.ts';

const longest = 200_000;

/** The text indented, or undefined where it is no JSON object or list. */
export function prettyJson(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length > longest || !/^[[{]/.test(trimmed)) return undefined;
  try {
    return JSON.stringify(parseExactly(trimmed), undefined, 2);
  } catch {
    return undefined;
  }
}
