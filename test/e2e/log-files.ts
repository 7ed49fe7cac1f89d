/** Real log files of the shared loghub corpora where they are, else lines made to look like them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../support/product.ts';

export interface LogFile {
  readonly name: string;
  readonly lines: readonly string[];
}

const corpora = join(repositoryRoot, '../shared/corpora/loghub');

export function logFiles(): LogFile[] {
  if (!existsSync(corpora)) return [inventedFile()];
  return readdirSync(corpora)
    .filter((name) => name.endsWith('_2k.log'))
    .map((name) => ({ name: name.replace('_2k.log', '').toLowerCase(), lines: nonEmptyLines(readFileSync(join(corpora, name), 'utf8')) }));
}

const nonEmptyLines = (text: string): string[] => text.split(/\r?\n/).filter((line) => line !== '');

function inventedFile(): LogFile {
  const verbs = ['Accepted', 'Failed', 'Closed', 'Réessayé', 'Opened'];
  const lines = Array.from({ length: 2000 }, (_, index) => {
    const user = index % 37 === 0 ? 'José' : `user${index % 91}`;
    return `sshd[${2000 + (index % 300)}]: ${verbs[index % verbs.length]} password for ${user} from 10.${index % 4}.0.${index % 251} port ${40_000 + index} ssh2`;
  });
  return { name: 'invented', lines };
}

/** Tokens as docs/reference/query-language.md defines them: letters and digits of ASCII, and everything beyond ASCII. */
export const tokensOf = (line: string): string[] =>
  line
    .toLowerCase()
    .split(/[^a-z0-9\u0080-\uffff]+/)
    .filter((token) => token !== '');

/** Plain text search: lines in which the tokens of the phrase stand next to each other. */
export function linesWithPhrase(lines: readonly string[], phrase: string): string[] {
  const wanted = tokensOf(phrase);
  return lines.filter((line) => {
    const tokens = tokensOf(line);
    return tokens.some((_, start) => wanted.every((token, offset) => tokens[start + offset] === token));
  });
}

/** Words and phrases that are rare, common and absent in the lines. */
export function probesOf(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) for (const token of new Set(tokensOf(line))) counts.set(token, (counts.get(token) ?? 0) + 1);
  const byCount = [...counts]
    .filter(([token]) => /^[a-z0-9]+$/.test(token))
    .sort((a, b) => b[1] - a[1])
    .map(([token]) => token);
  const words = [0, 1, 2, 0.1, 0.3, 0.5, 0.9].map((place) => byCount[place < 1 && place > 0 ? Math.floor(place * byCount.length) : place]);
  const phrases = [17, 400, 900].map((index) =>
    tokensOf(lines[index % lines.length])
      .filter((token) => /^[a-z0-9]+$/.test(token))
      .slice(0, 1)
      .concat(tokensOf(lines[index % lines.length]).slice(1, 3))
      .join(' '),
  );
  return [...words, ...phrases, 'surelynotthere'];
}
