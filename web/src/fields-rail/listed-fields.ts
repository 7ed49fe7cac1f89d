/** Which fields the rail lists: those of the lines that have what is typed in their names, and others that were found by name. */
import type { FieldStatistics } from './use-fields.ts';

interface Listing {
  readonly known: readonly FieldStatistics[];
  /** Found by name among all fields that there are. */
  readonly found: readonly { readonly value: string; readonly lines: number }[];
  /** A field that somebody wants to see. */
  readonly wanted: string | undefined;
  readonly search: string;
}

export function listedFields({ known, found, wanted, search }: Listing): readonly FieldStatistics[] {
  const matching = known.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
  const others = new Map(found.map(({ value, lines }) => [value, nameOnly(value, lines)]));
  if (wanted !== undefined && search === '') others.set(wanted, nameOnly(wanted, 0));
  for (const { name } of known) others.delete(name);
  return [...inOrder(matching), ...others.values()];
}

/** The level and the service first: most questions begin with them. */
function inOrder(fields: readonly FieldStatistics[]): readonly FieldStatistics[] {
  const place = ({ name }: FieldStatistics): number => (name === 'level' ? 0 : name === 'service' ? 1 : 2);
  return fields.toSorted((a, b) => place(a) - place(b));
}

/** A field of which nothing else is known so far. */
function nameOnly(name: string, lines: number): FieldStatistics {
  return { name, source: 'attribute', lines, coverage: 0, types: {}, distinct: 0, distinct_is: 'at_least', values: [] };
}
