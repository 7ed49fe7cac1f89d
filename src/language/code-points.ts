/** Sets of Unicode code points as regular expressions need them: classes, complement, upper and lower case together. */

/** Ranges `from, to` one behind the other, both included, rising and apart. */
export type CodePointSet = readonly number[];

export const lastCodePoint = 0x10ffff;
export const everyCodePoint: CodePointSet = [0, lastCodePoint];

/** The union of ranges in any order. */
export function setOf(ranges: readonly (readonly [from: number, to: number])[]): CodePointSet {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const set: number[] = [];
  for (const [from, to] of sorted) {
    if (set.length > 0 && from <= set[set.length - 1] + 1) set[set.length - 1] = Math.max(set[set.length - 1], to);
    else set.push(from, to);
  }
  return set;
}

export function rangesOf(set: CodePointSet): [from: number, to: number][] {
  return Array.from({ length: set.length / 2 }, (_, i) => [set[2 * i], set[2 * i + 1]]);
}

export function unionOf(sets: readonly CodePointSet[]): CodePointSet {
  return setOf(sets.flatMap(rangesOf));
}

export function complementOf(set: CodePointSet): CodePointSet {
  const result: number[] = [];
  let next = 0;
  for (const [from, to] of rangesOf(set)) {
    if (from > next) result.push(next, from - 1);
    next = to + 1;
  }
  if (next <= lastCodePoint) result.push(next, lastCodePoint);
  return result;
}

export function contains(set: CodePointSet, codePoint: number): boolean {
  for (let i = 0; i < set.length; i += 2) if (codePoint >= set[i] && codePoint <= set[i + 1]) return true;
  return false;
}

/** The one code point of the set, or undefined. */
export function onlyMember(set: CodePointSet): number | undefined {
  return set.length === 2 && set[0] === set[1] ? set[0] : undefined;
}

/** The set and every code point that differs from one of its members by case alone (Unicode simple case folding). */
export function withBothCases(set: CodePointSet): CodePointSet {
  const added: [number, number][] = [];
  for (const [codePoint, others] of caseOrbits()) {
    if (contains(set, codePoint)) for (const other of others) added.push([other, other]);
  }
  return added.length === 0 ? set : setOf([...rangesOf(set), ...added]);
}

/** Beyond this no code point has a case. */
const lastCased = 0x1ffff;
let orbits: ReadonlyMap<number, readonly number[]> | undefined;

/** Code point → the others that are the same but for case. */
function caseOrbits(): ReadonlyMap<number, readonly number[]> {
  if (orbits !== undefined) return orbits;
  const members = new Map<number, Set<number>>();
  for (let codePoint = 0x41; codePoint <= lastCased; codePoint++) {
    const text = String.fromCodePoint(codePoint);
    for (const other of [text.toLowerCase(), text.toUpperCase()]) {
      if (other !== text && [...other].length === 1) join(members, codePoint, other.codePointAt(0) as number);
    }
  }
  orbits = new Map([...members].map(([codePoint, orbit]) => [codePoint, sameButForCase(codePoint, orbit)]));
  return orbits;
}

function join(members: Map<number, Set<number>>, a: number, b: number): void {
  const orbit = new Set([...(members.get(a) ?? [a]), ...(members.get(b) ?? [b])]);
  for (const member of orbit) members.set(member, orbit);
}

/** Lower and upper case also pair letters that case folding keeps apart, such as ı and I. */
function sameButForCase(codePoint: number, orbit: ReadonlySet<number>): number[] {
  const pattern = new RegExp(`^\\u{${codePoint.toString(16)}}$`, 'iu');
  return [...orbit].filter((other) => other !== codePoint && pattern.test(String.fromCodePoint(other)));
}

const unicodeClasses = new Map<string, CodePointSet>();
const generalCategory = /^[A-Z][a-z]?$/;

/** `L`, `Nd`, `Greek`: a general category or script; undefined where there is none of the name. */
export function unicodeClass(name: string): CodePointSet | undefined {
  const known = unicodeClasses.get(name);
  if (known !== undefined) return known;
  if (!/^[A-Z][A-Za-z_]*$/.test(name)) return undefined;
  let member: RegExp;
  try {
    member = new RegExp(generalCategory.test(name) ? `\\p{gc=${name}}` : `\\p{sc=${name}}`, 'u');
  } catch {
    return undefined;
  }
  const ranges: [number, number][] = [];
  for (let codePoint = 0; codePoint <= lastCodePoint; codePoint++) {
    if (isSurrogate(codePoint) || !member.test(String.fromCodePoint(codePoint))) continue;
    const last = ranges[ranges.length - 1];
    if (last !== undefined && last[1] === codePoint - 1) last[1] = codePoint;
    else ranges.push([codePoint, codePoint]);
  }
  const set = setOf(ranges);
  unicodeClasses.set(name, set);
  return set;
}

function isSurrogate(codePoint: number): boolean {
  return codePoint >= 0xd800 && codePoint <= 0xdfff;
}

const digits: CodePointSet = [0x30, 0x39];
const upper: CodePointSet = [0x41, 0x5a];
const lower: CodePointSet = [0x61, 0x7a];
const letters = unionOf([upper, lower]);

/** `\d`, `\s`, `\w` of RE2: ASCII only. */
export const perlClasses: Readonly<Record<string, CodePointSet>> = {
  d: digits,
  s: [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20],
  w: unionOf([digits, letters, [0x5f, 0x5f]]),
};

/** `[:alpha:]` and the like: ASCII only. */
export const posixClasses: Readonly<Record<string, CodePointSet>> = {
  alnum: unionOf([digits, letters]),
  alpha: letters,
  ascii: [0, 0x7f],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0, 0x1f, 0x7f, 0x7f],
  digit: digits,
  graph: [0x21, 0x7e],
  lower,
  print: [0x20, 0x7e],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  space: [0x09, 0x0d, 0x20, 0x20],
  upper,
  word: unionOf([digits, letters, [0x5f, 0x5f]]),
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
};
