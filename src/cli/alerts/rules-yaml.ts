/** Alert rules as YAML that people edit: with their ids, and spans as `5m`. */
import { stringify } from 'yaml';
import { formatDurationMs } from '#base/units.ts';
import type { ListedRule } from './alerts-client.ts';

export function rulesAsYaml(rules: readonly ListedRule[]): string {
  const listed = rules.map(({ id, rule }) => {
    const members = Object.entries(rule).filter(([name]) => name !== 'muted_until_ms');
    return { id, ...(readable(Object.fromEntries(members)) as object) };
  });
  return stringify({ rules: listed }, { lineWidth: 120 });
}

/** `window_ms: 300000` → `window: 5m`, at any depth. */
function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, inner]) =>
    name.endsWith('_ms') && typeof inner === 'number' ? [name.slice(0, -3), formatDurationMs(inner)] : [name, readable(inner)],
  );
  return Object.fromEntries(members);
}
