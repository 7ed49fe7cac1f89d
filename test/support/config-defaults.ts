/** A section's settings at their defaults, as the product loads them when nothing is configured. */
import type { Static, TObject } from 'typebox';

export function defaultsOf<S extends TObject>(section: S): Static<S> {
  const entries = Object.entries(section.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]);
  return Object.fromEntries(entries) as Static<S>;
}
