/** A section's settings at their defaults, as the product loads them when nothing is configured. */
import type { Static, TObject, TSchema } from 'typebox';

export function defaultsOf<S extends TObject>(section: S): Static<S> {
  const entries = Object.entries(section.properties).map(([name, schema]) => [name, defaultOf(schema)]);
  return Object.fromEntries(entries) as Static<S>;
}

/** Sections may hold sections. */
function defaultOf(schema: TSchema): unknown {
  return 'properties' in schema ? defaultsOf(schema as TObject) : (schema as { default?: unknown }).default;
}

/** The same settings with every port 0, so that tests never meet on one. */
export function onFreePorts<T extends object>(settings: T): T {
  const entries = Object.entries(settings).map(([name, value]): [string, unknown] => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return [name, onFreePorts(value as object)];
    return [name, name === 'port' || name.endsWith('_port') ? 0 : value];
  });
  return Object.fromEntries(entries) as T;
}
