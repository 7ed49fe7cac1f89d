/**
 * `pattern "<ip> - <_> \"<method> <_>\""`: literals with captures between them; and the same as a filter, `|> "<_> error <_>"`.
 * What a capture takes ends where the literal behind it is found first (grafana/loki, pkg/logql/log/pattern).
 */
import { meaningError } from './errors.ts';

/** A literal text, or a capture: `_` is thrown away. */
type Part = { readonly literal: string } | { readonly capture: string };

export interface LinePattern {
  /** Names and values that were captured, in their order; none where the line begins otherwise. */
  capture(line: string): readonly (readonly [string, string])[];
  /** The line as a whole has the literals in their order. */
  test(line: string): boolean;
}

/** Throws AppError query_syntax. */
export function compilePattern(text: string, use: 'parser' | 'filter'): LinePattern {
  const parts = readParts(text);
  check(parts, text, use);
  return { capture: (line) => captureParts(parts, line), test: (line) => testParts(parts, line) };
}

function readParts(text: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const { 0: written, 1: capture, index } of text.matchAll(/<([A-Za-z_][\w]*)>/g)) {
    if (index > end) parts.push({ literal: text.slice(end, index) });
    parts.push({ capture });
    end = index + written.length;
  }
  if (end < text.length) parts.push({ literal: text.slice(end) });
  return parts;
}

function check(parts: readonly Part[], text: string, use: 'parser' | 'filter'): void {
  const names = parts.flatMap((part) => ('capture' in part && part.capture !== '_' ? [part.capture] : []));
  const refuse = (problem: string): never => {
    throw meaningError(`invalid pattern ${JSON.stringify(text)}: ${problem}`);
  };
  if (use === 'parser' && names.length === 0) refuse('at least one capture is required');
  if (use === 'filter' && names.length > 0) refuse(`named captures are not allowed, found '<${names[0]}>'`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuse(`duplicate capture name (${twice})`);
  const adjacent = parts.findIndex((part, index) => 'capture' in part && index > 0 && 'capture' in parts[index - 1]);
  if (adjacent > 0) refuse('consecutive captures are not allowed');
}

function captureParts(parts: readonly Part[], line: string): [string, string][] {
  const found: [string, string][] = [];
  let at = 0;
  let open: string | undefined;
  for (const [index, part] of parts.entries()) {
    if ('capture' in part) {
      open = part.capture;
      continue;
    }
    const place = line.indexOf(part.literal, at);
    if (index === 0 ? place !== 0 : place < 0) {
      // the rest of the line belongs to the capture whose end is missing
      if (index > 0 && open !== undefined) take(found, open, line.slice(at));
      return found;
    }
    if (open !== undefined) take(found, open, line.slice(at, place));
    open = undefined;
    at = place + part.literal.length;
  }
  if (open !== undefined) take(found, open, line.slice(at));
  return found;
}

function take(found: [string, string][], name: string, value: string): void {
  if (name !== '_') found.push([name, value]);
}

function testParts(parts: readonly Part[], line: string): boolean {
  if (parts.length === 0 || line === '') return false;
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if ('capture' in part) continue;
    const place = line.indexOf(part.literal, at);
    // a capture is never empty, and what has none before it stands at the beginning
    if (place < 0 || (index > 0 && place === at)) return false;
    at = place + part.literal.length;
  }
  const endsWithCapture = 'capture' in parts[parts.length - 1];
  return endsWithCapture === at < line.length;
}
