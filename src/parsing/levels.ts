/** Words of severity as they stand at the head of lines: fewer than in a field, where the place already says it is a level. */
import { parseSeverity } from '#model/severity.ts';

const words = (
  'trace trc debug dbg info inf information informational notice warn wrn warning error err emerg emergency fatal ftl fine finer finest ' +
  'severe critical crit config alert panic verbose vrb'
).split(' ');

interface LevelWord {
  readonly text: string;
  readonly severity: number;
}

/** By first letter (1-26), the words. */
const byLetter: readonly (readonly LevelWord[])[] = Array.from({ length: 32 }, (_, letter) =>
  words
    .filter((text) => (text.charCodeAt(0) & 0x1f) === letter)
    .map((text) => ({ text, severity: text === 'vrb' ? 1 : parseSeverity(text) })),
);

const longestWord = 13;

/** Severity of the word `start .. end` in any case; 0 where it is none. */
export function levelWord(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 3 || length > longestWord) return 0;
  for (const { text, severity } of byLetter[bytes[start] & 0x1f]) {
    if (text.length === length && equalsFolded(bytes, start, text)) return severity;
  }
  return 0;
}

/** Whether the word is written in capitals, as levels are where nothing sets them off from the text. */
export function isCapitals(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] < 0x41 || bytes[at] > 0x5a) return false;
  return true;
}

function equalsFolded(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if ((bytes[start + i] | 0x20) !== text.charCodeAt(i) || bytes[start + i] < 0x41) return false;
  return true;
}
