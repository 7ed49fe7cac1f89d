/** Values of query parameters as ClickHouse's HTTP interface reads them in `param_…`: escaped as in a tab-separated file. */

export type ParameterValue = string | number | bigint | boolean | readonly ParameterValue[];

const escapes: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', "'": "\\'", '\\': '\\\\' };

const escaped = (text: string): string => text.replace(/[\t\n\r'\\]/g, (char) => escapes[char]);

/** A value at the top. */
export function parameterText(value: ParameterValue): string {
  return typeof value === 'string' ? escaped(value) : literalText(value);
}

/** A value, of an array too: there texts stand in quotes. */
function literalText(value: ParameterValue): string {
  if (typeof value === 'string') return `'${escaped(value)}'`;
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'object') return `[${value.map(literalText).join(',')}]`;
  if (value === Number.POSITIVE_INFINITY) return '+inf';
  return value === Number.NEGATIVE_INFINITY ? '-inf' : String(value);
}
