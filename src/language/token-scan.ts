/**
 * Looks for many words, phrases and prefixes in one pass over the messages of a batch. Each token's first two bytes
 * choose the few patterns that can begin there; those are then compared. Cost: about 2 ns a byte of message, nearly
 * whatever the number of patterns. A rolling hash looked up at every byte, which needs no search for token starts, was
 * tried and costs 3 ns (compile-matcher.bench.ts).
 *
 * A row's text is `if(empty(folded), lower(message), folded)`: the columns' bytes, lower-cased while they are read.
 */
import { isWordByte, lowerByte } from '#base/text-folding.ts';
import type { BatchView } from '#model/batch-view.ts';
import { utf8 } from './byte-patterns.ts';
import { FoundRows } from './row-set.ts';
import type { RowSet } from './row-set.ts';

interface TokenPattern {
  readonly tokens: readonly Uint8Array[];
  readonly lastIsPrefix: boolean;
}

const slotCount = 4096;

/** Lower-case byte of a token, 0 for a separator. */
const tokenByte = Uint8Array.from(lowerByte, (byte, raw) => (isWordByte[raw] === 1 ? byte : 0));

/** Slot of a token's first byte and second byte, 0 where the token ends after one. */
function slotOf(first: number, second: number): number {
  return ((second << 5) ^ first) & (slotCount - 1);
}

export class TokenScan {
  readonly #patterns: TokenPattern[] = [];
  /** 0, or 1 + index into #lists. */
  readonly #heads = new Uint16Array(slotCount);
  readonly #lists: number[][] = [];

  /** Index of the pattern's answer; tokens are folded. */
  add(tokens: readonly string[], lastIsPrefix: boolean): number {
    const pattern = { tokens: tokens.map(utf8), lastIsPrefix };
    const index = this.#patterns.push(pattern) - 1;
    for (const slot of slotsOf(pattern)) {
      if (this.#heads[slot] === 0) this.#heads[slot] = this.#lists.push([]);
      this.#lists[this.#heads[slot] - 1].push(index);
    }
    return index;
  }

  /** For each pattern the rows, out of `rows`, whose message has it. */
  run(view: BatchView, rows: RowSet): FoundRows {
    const found = new FoundRows(view.rowCount, this.#patterns.length);
    const message = view.text('message');
    const folded = view.text('folded');
    for (const row of rows.rows()) {
      const source = folded.ends[row] > folded.starts[row] ? folded : message;
      this.#scan(source.bytes, source.starts[row], source.ends[row], row, found);
    }
    return found;
  }

  #scan(bytes: Uint8Array, start: number, end: number, row: number, found: FoundRows): void {
    const heads = this.#heads;
    let at = start;
    while (at < end) {
      const first = tokenByte[bytes[at++]];
      if (first === 0) continue;
      const second = at < end ? tokenByte[bytes[at]] : 0;
      const list = heads[slotOf(first, second)];
      if (list !== 0) this.#verify(this.#lists[list - 1], bytes, at - 1, end, row, found);
      if (second === 0) continue;
      at++;
      while (at < end && tokenByte[bytes[at]] !== 0) at++;
    }
  }

  #verify(candidates: readonly number[], bytes: Uint8Array, at: number, end: number, row: number, found: FoundRows): void {
    for (let i = 0; i < candidates.length; i++) {
      const index = candidates[i];
      if (standsAt(this.#patterns[index], bytes, at, end)) found.add(index, row);
    }
  }
}

/** Slots of all tokens that the pattern may begin with. */
function slotsOf({ tokens, lastIsPrefix }: TokenPattern): Set<number> {
  const [first] = tokens;
  if (first.length > 1) return new Set([slotOf(first[0], first[1])]);
  const slots = new Set([slotOf(first[0], 0)]);
  if (lastIsPrefix && tokens.length === 1) for (const second of tokenByte) slots.add(slotOf(first[0], second));
  return slots;
}

/** True where the pattern's tokens follow one another from a token's start on. */
function standsAt({ tokens, lastIsPrefix }: TokenPattern, bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  for (let t = 0; t < tokens.length; t++) {
    const token = tokens[t];
    if (end - at < token.length) return false;
    for (let i = 0; i < token.length; i++) if (lowerByte[bytes[at + i]] !== token[i]) return false;
    at += token.length;
    const isLast = t === tokens.length - 1;
    if (isLast && lastIsPrefix) return true;
    if (at < end && isWordByte[bytes[at]] === 1) return false;
    if (isLast) return true;
    while (at < end && isWordByte[bytes[at]] === 0) at++;
  }
  return false;
}
