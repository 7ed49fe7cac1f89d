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
