/** A text of somebody else's, as an error shows it: in quotes, escaped as JSON, and no longer than a line bears. */
export function quoted(text: string, maxLength = 80): string {
  return JSON.stringify(text.length > maxLength ? `${text.slice(0, maxLength)}…` : text);
}
