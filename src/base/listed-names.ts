/** The names in a text that has them with commas between; empty ones are none. */
export function listedNames(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
