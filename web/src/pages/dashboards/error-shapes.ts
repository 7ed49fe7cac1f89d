/** Groups messages by their shape where the server keeps no patterns: what varies gives way to `<*>`. Pure. */

/** UUIDs, long hexadecimal ids, ids with digits in them, numbers with their unit. */
const varying = /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}|\b[\da-f]{12,}\b|\b[\w-]*\d[\w.:-]*/gi;

export interface Shape {
  readonly text: string;
  readonly lineCount: number;
  readonly example: { readonly message: string; readonly service: string };
}

const longest = 300;

export function shapeOf(message: string): string {
  return message.split('\n', 1)[0].slice(0, longest).replaceAll(varying, '<*>');
}

/** The most frequent first. */
export function shapesOf(lines: readonly { readonly message: string; readonly service: string }[]): readonly Shape[] {
  return [...Map.groupBy(lines, ({ message }) => shapeOf(message))]
    .map(([text, same]) => ({ text, lineCount: same.length, example: same[0] }))
    .toSorted((a, b) => b.lineCount - a.lineCount);
}
