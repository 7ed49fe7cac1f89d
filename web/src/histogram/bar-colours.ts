/** Colours of groups: levels have their own, all else the series' in the order of the groups. */
import { isLevelName } from '../design/levels.ts';
import type { BarGroup } from './stacked-bars.ts';

/** A colour of the tokens that fills a bar. */
export function fillOf({ name, isRest }: BarGroup, index: number, byLevel: boolean): string {
  if (byLevel) return `var(--fill-${isLevelName(name) ? name.toLowerCase() : 'none'})`;
  if (isRest) return 'var(--series-others)';
  return name === '' ? 'var(--fill-none)' : `var(--series-${(index % 8) + 1})`;
}

/** What a group is called where it stands alone. */
export function groupLabel({ name }: Pick<BarGroup, 'name'>, byLevel: boolean): string {
  if (name !== '') return name;
  return byLevel ? 'no level' : 'none';
}
