/** Whether a message is of a template: the fixed parts stand in it in their order, `<*>` is anything between. */

const variable = '<*>';

export function matchesTemplate(template: string, message: string): boolean {
  const [first, ...rest] = template.split(variable);
  if (!message.startsWith(first)) return false;
  if (rest.length === 0) return message === first || firstLine(message) === first;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const piece of rest) {
    const found = message.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return [message, firstLine(message)].some((text) => text.length - last.length >= at && text.endsWith(last));
}

/** Templates are of the first line. */
function firstLine(message: string): string {
  const end = message.indexOf('\n');
  return end < 0 ? message : message.slice(0, end);
}
