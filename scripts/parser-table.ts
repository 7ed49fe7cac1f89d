/** The table of built-in parsers in docs/parsing.md: an example line of each, and what is found in it. */
import { parserCatalogue } from '../src/parsing/parser-catalogue.ts';

export function parserTable(): string {
  return parserCatalogue.map(entryText).join('\n');
}

function entryText({ name, aliases = [], meaning, example, fields }: (typeof parserCatalogue)[number]): string {
  const others = aliases.length > 0 ? ` (also ${aliases.map((alias) => `\`${alias}\``).join(', ')})` : '';
  const found = Object.entries(fields).map(([field, value]) => `\`${field}\` ${valueText(value)}`);
  return `**\`${name}\`**${others}: ${meaning}\n\n\`\`\`text\n${example.replaceAll('\t', '⇥')}\n\`\`\`\n${found.join(' · ')}\n`;
}

/** As code; a text with backticks cannot be. */
function valueText(value: string | number | boolean): string {
  return typeof value === 'string' ? `\`${value}\`` : String(value);
}
