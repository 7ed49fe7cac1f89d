/** At most so many characters of a text, whole ones: in the details of verdicts. */
export function shortened(text: string, maxLength: number): string {
  const characters = [...text.slice(0, maxLength * 2 + 2)];
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join('')}…` : text;
}
