/** `json first="servers[0].name", ua="request.headers[\"User-Agent\"]"`: paths into a line's JSON. */
import { meaningError } from './errors.ts';
import type { JsonTree } from './json-text.ts';

export type JsonPath = readonly (string | number)[];

const step = /\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** Throws AppError query_syntax. */
export function parsePath(text: string): JsonPath {
  const path: (string | number)[] = [];
  let at = 0;
  while (at < text.length) {
    step.lastIndex = at;
    const match = step.exec(text);
    if (match === null || (at === 0 && match[0].startsWith('.'))) {
      throw meaningError(`cannot parse expression [${text}]: syntax error: unexpected ${JSON.stringify(text.slice(at, at + 1))}`);
    }
    const [written, name, index, quoted] = match;
    path.push(name ?? (index === undefined ? quoted.replaceAll(/\\(.)/g, '$1') : Number(index)));
    at += written.length;
  }
  return path;
}

export function valueAt(tree: JsonTree, path: JsonPath): JsonTree | undefined {
  let at: JsonTree | undefined = tree;
  for (const part of path) {
    if (at?.kind === 'object') at = at.members.find(([key]) => key === part)?.[1];
    else if (at?.kind === 'array' && typeof part === 'number') at = at.elements[part];
    else return undefined;
  }
  return at;
}

/** A scalar as its text, an object or list as its JSON. */
export function textOfTree(tree: JsonTree): string {
  return tree.kind === 'object' || tree.kind === 'array' ? tree.source : tree.text;
}
