/**
 * Templates of `parse`: `user <name> took <ms>ms`. The texts are looked for one behind the other, each at its first place,
 * and what stands between them is what the places are called; a place at either end reaches to the end of the value. Where
 * a text is not found, all places are empty. `<_>` is passed over, `<<` is the character itself.
 */
export interface TemplateParts {
  /** One more than places. */
  readonly texts: readonly string[];
  /** With their offset into the template; undefined names are passed over. */
  readonly places: readonly { readonly name: string | undefined; readonly start: number; readonly end: number }[];
}

const place = /<<|<([\p{L}_@$][\p{L}\p{N}_.@$-]*)>/gu;

export function splitTemplate(template: string): TemplateParts {
  const texts: string[] = [];
  const places: { name: string | undefined; start: number; end: number }[] = [];
  let text = '';
  let at = 0;
  for (const match of template.matchAll(place)) {
    text += template.slice(at, match.index);
    at = match.index + match[0].length;
    if (match[1] === undefined) {
      text += '<';
      continue;
    }
    texts.push(text);
    text = '';
    places.push({ name: match[1] === '_' ? undefined : match[1], start: match.index, end: at });
  }
  return { texts: [...texts, text + template.slice(at)], places };
}

/** The template of its parts. */
export function joinTemplate(texts: readonly string[], names: readonly (string | undefined)[]): string {
  return texts.map((text, i) => `${text.replaceAll('<', '<<')}${i < names.length ? `<${names[i] ?? '_'}>` : ''}`).join('');
}

/** True for a name that can stand in a template. */
export const isPlaceName = (name: string): boolean => /^[\p{L}_@$][\p{L}\p{N}_.@$-]*$/u.test(name) && name !== '_';

/** An RE2 expression with a group for each place. */
export function templateRegex(texts: readonly string[]): string {
  const last = texts.length - 1;
  const literals = texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const middle = literals.slice(1).map((literal, i) => (i === last - 1 && literal === '' ? '(.*)$' : `(.*?)${literal}`));
  return `(?s)${literals[0] === '' ? '^' : literals[0]}${middle.join('')}`;
}

/** What stands at the places; undefined where the template does not fit. */
export function matchTemplate(texts: readonly string[], value: string): string[] | undefined {
  const start = value.indexOf(texts[0]);
  if (start < 0) return undefined;
  const values: string[] = [];
  let from = start + texts[0].length;
  for (let i = 1; i < texts.length; i++) {
    const isOpenEnd = i === texts.length - 1 && texts[i] === '';
    const to = isOpenEnd ? value.length : value.indexOf(texts[i], from);
    if (to < 0) return undefined;
    values.push(value.slice(from, to));
    from = to + texts[i].length;
  }
  return values;
}
