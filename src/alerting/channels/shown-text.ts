/** Text of log lines and people, made safe to look at: nothing invisible, nothing that turns direction, never longer than there is room. */

/** C0 and C1 controls, invisible and direction-changing characters, line and paragraph separators, tags; \n and \t are kept. */
// oxlint-disable-next-line no-control-regex
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Control characters by their pictures (␀, ␛), other invisible ones by their number (<U+202E>); broken surrogates replaced. */
export function shownText(text: string): string {
  return text.toWellFormed().replace(/\r\n/g, '\n').replace(hidden, picture);
}

/** The same in one line: line breaks are shown as ⏎, tabs as blanks. */
export function shownLine(text: string): string {
  return shownText(text).trim().replaceAll('\n', ' ⏎ ').replaceAll('\t', ' ');
}

function picture(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/**
 * At most `maxLength` UTF-16 units, so at most as many characters however a service counts them. What is cut is told: by its
 * length where there is room for that, else by `…`. Never cuts a character in two.
 */
export function shortened(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const longest = `… [${text.length} more characters]`.length;
  const mark = maxLength >= 2 * longest ? `… [${text.length - maxLength + longest} more characters]` : '…';
  const room = Math.max(0, maxLength - (mark === '…' ? 1 : longest));
  return (text.slice(0, room).replace(/[\ud800-\udbff]$/, '') + mark).slice(0, maxLength);
}

/** Bytes of a value as JSON in UTF-8, for limits of whole messages. */
export const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** An address that may stand behind a link: http or https, as the URL standard spells it; undefined for all else. */
export function webLink(url: string | undefined, maxLength = 2000): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && href.length <= maxLength ? href : undefined;
}
