/**
 * What would not be seen, or would deceive, is made visible: control characters, characters that change the direction of
 * writing, invisible spaces, halves of characters. Text is never more than text here: the interface only ever sets text
 * nodes.
 */

/** C0 and C1 controls but for tab and line feed, direction marks, invisible spaces and separators, lone surrogates. */
export const unseen =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const names: Readonly<Record<number, string>> = {
  0x7f: '␡',
  0xad: 'SHY',
  0x61c: 'ALM',
  0x200b: 'ZWSP',
  0x200e: 'LRM',
  0x200f: 'RLM',
  0x2028: 'LS',
  0x2029: 'PS',
  0x202a: 'LRE',
  0x202b: 'RLE',
  0x202c: 'PDF',
  0x202d: 'LRO',
  0x202e: 'RLO',
  0x2060: 'WJ',
  0x2066: 'LRI',
  0x2067: 'RLI',
  0x2068: 'FSI',
  0x2069: 'PDI',
  0xfeff: 'BOM',
};

/** What stands for a character that would not be seen: `␀`, `RLO`, `U+0085`. */
export function nameOfUnseen(character: string): string {
  const code = character.charCodeAt(0);
  // Control Pictures, U+2400
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return names[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** For places that take a plain text: titles, labels, options. */
export function toVisibleText(text: string): string {
  return text.replace(unseen, (character) => {
    const name = nameOfUnseen(character);
    return name.length === 1 ? name : `⟨${name}⟩`;
  });
}
