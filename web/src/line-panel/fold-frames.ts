/** Long runs of stack frames, folded: what was thrown and where it was thrown stay in sight. */

export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'frames'; readonly text: string; readonly lines: number };

/** Java, JavaScript, .NET; Python; Go; Ruby. */
const frame = /^\s+(?:at\s|File "|\S+\.go:\d+|from\s\S+:\d+|\.\.\. \d+ more)|^\s+\S.*\(\S+:\d+\)$/;
const keptFrames = 4;
const fewestFolded = 4;

/** Parts in order; together they are the text. */
export function foldFrames(text: string): TextPart[] {
  const lines = text.split(/(?<=\n)/);
  const parts: TextPart[] = [];
  let plain = '';
  for (let at = 0; at < lines.length; ) {
    let end = at;
    while (end < lines.length && isFrame(lines, end)) end++;
    const folded = end - at - keptFrames;
    if (folded < fewestFolded) {
      plain += lines.slice(at, Math.max(end, at + 1)).join('');
      at = Math.max(end, at + 1);
      continue;
    }
    plain += lines.slice(at, at + keptFrames).join('');
    parts.push({ kind: 'text', text: plain }, { kind: 'frames', text: lines.slice(at + keptFrames, end).join(''), lines: folded });
    plain = '';
    at = end;
  }
  if (plain !== '') parts.push({ kind: 'text', text: plain });
  return parts;
}

/** In Python the source follows its frame, in Go the file follows its function. */
function isFrame(lines: readonly string[], at: number): boolean {
  const line = lines[at].trimEnd();
  if (frame.test(line)) return true;
  return /^\s{4,}\S/.test(line) && at > 0 && /^\s+File "/.test(lines[at - 1]);
}
