/**
 * What tokens mean for the likeness of two lines, told by their text and by what stands around them. Decided where a key is
 * new, not for each line. Knows how programs and English write, and no system.
 */

export const placeholder = '<*>';

export const tokenKinds = {
  /** Shown until lines of the template differ in it. */
  word: 0,
  /** A state, a method, what happened: lines that differ in it are never of one template. */
  constant: 1,
  /** Most likely a value: shown until lines differ in it, tells no templates apart. */
  soft: 2,
  /** A placeholder from the beginning. */
  masked: 3,
} as const;

const { word, constant, soft, masked } = tokenKinds;

/** `NEW`, `POST`, `SETUP_FAILED`. */
const capitals = /^[A-Z][A-Z_]+$/;
/** Participles: `started`, `stopping`. A name that looks like one only gets a template of its own. */
const participle = /^[A-Za-z]{3,}(?:ed|ing)$/;
/** One digit at most, the rest a name: `ssh2`. */
const numbered = /\d/;
/** `mail.example.com`; in the name of a class, the last part has a capital. */
const host = /^[^.]+(?:\.[^.A-Z]+){2,}$/;
const rooted = /^[/\\]/;
const dateWord = /^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)$/;
/** Names whose values are texts, not values. */
const textName = /^(?:msg|message|err|error|reason|event|status|state)$/i;

/** Kinds of the tokens of a line in pieces: separators and tokens in turn. */
export function kindsOf(pieces: readonly string[]): Uint8Array {
  return Uint8Array.from({ length: (pieces.length - 1) / 2 }, (_, i) => kindOf(pieces, i * 2 + 1));
}

function kindOf(pieces: readonly string[], at: number): number {
  const token = pieces[at];
  if (token.endsWith(placeholder)) return masked;
  if (token === '' || numbered.test(token) || rooted.test(token) || host.test(token) || dateWord.test(token)) return soft;
  if (isValue(pieces, at) || isQuoted(pieces, at)) return soft;
  return capitals.test(token) || participle.test(token) ? constant : word;
}

/** `name=value`, `name:value`. */
function isValue(pieces: readonly string[], at: number): boolean {
  const before = pieces[at - 1];
  return at > 1 && (before.endsWith('=') || before === ':' || before === '="') && !textName.test(pieces[at - 2]);
}

function isQuoted(pieces: readonly string[], at: number): boolean {
  const quote = pieces[at - 1].at(-1);
  return (quote === '"' || quote === "'") && pieces[at + 1].startsWith(quote);
}
