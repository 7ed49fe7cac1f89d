/**
 * Masks what looks like a secret in text that leaves the product: keys, tokens, passwords, mail addresses, card numbers. It
 * knows shapes, not meanings: it lowers what a log line gives away, and promises nothing about shapes it does not know.
 *
 * Each pattern begins only where a run of its characters begins, or is bounded, so the time is linear in the text.
 */

export const masked = '[masked]';

/** A text that goes on with one of these says something about a secret rather than the secret. */
const plainWord = /^(?:true|false|null|nil|none|undefined|missing|expired|invalid|required|empty|not|is|was|has|for|from)$/i;

interface Mask {
  readonly pattern: RegExp;
  readonly replace: (match: string, ...groups: string[]) => string;
}

const secretName =
  'passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|signing[_-]?key|credentials?|session[_-]?id|cookie';
const secretValue = '"(?:[^"\\\\]|\\\\[^])*|\'(?:[^\'\\\\]|\\\\[^])*|\\\\{1,3}["\'][^"\'\\\\]*|[^\\s"\'\\\\&,;)}\\]]+';

const masks: readonly Mask[] = [
  { pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, replace: () => masked },
  // a JSON Web Token: three parts in base64url, of which the first begins with {"
  { pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*/g, replace: () => masked },
  // keys that tell by their beginning whose they are: AWS, GitHub, GitLab, Slack, Stripe, Google, npm, SendGrid, Vault, PyPI, OpenAI
  {
    pattern:
      /(?<![A-Za-z0-9_-])(?:A[KS]IA[0-9A-Z]{16}(?![0-9A-Za-z])|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{20,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|sk-[A-Za-z0-9_-]{20,}|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{36}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|hv[sb]\.[A-Za-z0-9_-]{20,}|pypi-[A-Za-z0-9_-]{20,})/g,
    replace: () => masked,
  },
  { pattern: /(https:\/\/hooks\.slack(?:-gov)?\.com\/)[^\s"'<>\\]+/g, replace: (_match, host) => `${host}${masked}` },
  {
    pattern:
      /(authorization\\{0,3}["']?\s{0,3}[:=]\s{0,3}\\{0,3}["']?(?:(?:bearer|basic|token|digest|geniekey|apikey)\s{1,3})?)[^\s"',;\\]{4,}/gi,
    replace: (_match, before) => `${before}${masked}`,
  },
  { pattern: /\b(bearer\s{1,3})[A-Za-z0-9._~+/=-]{16,}/gi, replace: (_match, before) => `${before}${masked}` },
  // name=value, name: value, "name":"value", also as JSON inside a JSON string
  {
    pattern: new RegExp(`((?:${secretName})(?:[_-]?(?:key|value|hash))?\\\\{0,3}["']?\\s{0,3}(?:=>|[=:])\\s{0,3})(${secretValue})`, 'gi'),
    replace: (match, before, value) => {
      const [quotes] = /^\\*["']?/.exec(value) ?? [''];
      const inner = value.slice(quotes.length);
      return inner === '' || plainWord.test(inner) || inner.startsWith(masked.slice(0, -1)) ? match : `${before}${quotes}${masked}`;
    },
  },
  // user:password@ of an address
  { pattern: /(:\/\/[^\s/:@?#]{0,100}:)[^\s/@?#]{1,200}@/g, replace: (_match, before) => `${before}${masked}@` },
  {
    pattern: /(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}(?![A-Za-z0-9])/g,
    replace: () => '[masked email]',
  },
  { pattern: /(?<!\d)\d(?:[ -]?\d){12,63}/g, replace: maskCards },
];

/** The text with everything masked that looks like a secret. Masking again changes nothing. */
export function maskSecrets(text: string): string {
  let result = text;
  for (const { pattern, replace } of masks) result = result.replace(pattern, replace);
  return result;
}

/** Lengths of card numbers by how they begin (ISO/IEC 7812 ranges of the large networks). Times in ms or ns begin otherwise. */
const cardRanges: readonly { readonly begins: RegExp; readonly lengths: readonly number[] }[] = [
  { begins: /^4/, lengths: [13, 16, 19] },
  { begins: /^(?:5[1-5]|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720))/, lengths: [16] },
  { begins: /^3[47]/, lengths: [15] },
  { begins: /^3(?:0[0-5]|[68])/, lengths: [14] },
  { begins: /^35/, lengths: [16] },
  { begins: /^6(?:011|2|4[4-9]|5)/, lengths: [16, 17, 18, 19] },
];

/** A run of digits with single blanks or dashes between: card numbers in it begin and end where a group of digits does. */
function maskCards(run: string): string {
  let result = '';
  let from = 0;
  while (from < run.length) {
    const beginsGroup = from === 0 || !isDigit(run, from - 1);
    const length = beginsGroup && isDigit(run, from) ? cardLengthAt(run, from) : 0;
    result += length === 0 ? run[from] : '[masked card]';
    from += Math.max(1, length);
  }
  return result;
}

const isDigit = (text: string, at: number): boolean => text[at] >= '0' && text[at] <= '9';

/** Characters of the card number that begins there; 0 where none does. */
function cardLengthAt(run: string, from: number): number {
  let digits = '';
  for (let at = from; at < run.length && digits.length < 19; at++) {
    if (!isDigit(run, at)) continue;
    digits += run[at];
    const endsGroup = at + 1 === run.length || !isDigit(run, at + 1);
    if (endsGroup && isCard(digits)) return at + 1 - from;
  }
  return 0;
}

function isCard(digits: string): boolean {
  return cardRanges.some(({ begins, lengths }) => lengths.includes(digits.length) && begins.test(digits)) && hasCheckDigit(digits);
}

/** The Luhn check of ISO/IEC 7812-1. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits[digits.length - 1 - place]);
    sum += place % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0);
  }
  return sum % 10 === 0;
}
