/** Words in which violations of a JSON Schema are told to people. */

/** By the names of JSON Schema. */
export const jsonTypeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
};

/** Members that a JSON pointer (RFC 6901) leads through: `/time_range/from` → `time_range`, `from`. */
export function pointerMembers(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
