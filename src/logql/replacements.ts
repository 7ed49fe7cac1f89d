/** Go's replacement texts: `$1`, `${name}`, `$$`. `$1x` is the group of that name, which is empty. */

export function expandGroups(template: string, groups: readonly (string | undefined)[], names: readonly (string | undefined)[]): string {
  return template.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (_, braced?: string, plain?: string) => {
    const name = braced ?? plain;
    if (name === undefined) return '$';
    if (/^\d+$/.test(name)) return groups[Number(name)] ?? '';
    const index = names.indexOf(name);
    return index < 0 ? '' : (groups[index + 1] ?? '');
  });
}
