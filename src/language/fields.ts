/**
 * What a field name in a query means. The spellings are those of `#model/field-names.ts`, so that a query may use any
 * name that a sender may use; everything else is an attribute or resource name. The tenant and the store's own columns
 * cannot be named: `tenant` is an attribute called tenant.
 *
 *   service, host, env …      the column of that field
 *   metadata.x, meta.x,       attribute x, whatever else x may spell; except meta.trace_id and meta.span_id, which
 *   attributes.x              ingest turns into the columns (api.md)
 *   resource.x                resource entry x
 *   @line                     the line as it came: before it was parsed, where that changed it, else the message
 *   x, a.b.c                  attribute x, or resource entry x of a line without that attribute or with an empty one
 */
import { fieldOfName } from '#model/field-names.ts';

export type DictionaryColumnName = 'service' | 'host' | 'environment';
export type IdColumnName = 'trace_id' | 'span_id';
export type MapColumnName = 'attributes' | 'resource';

export type FieldTarget =
  | { readonly kind: 'dictionary'; readonly column: DictionaryColumnName }
  | { readonly kind: 'id'; readonly column: IdColumnName }
  | { readonly kind: 'message' }
  | { readonly kind: 'line' }
  | { readonly kind: 'level' }
  | { readonly kind: 'skewed' }
  | { readonly kind: 'time' }
  | { readonly kind: 'tags' }
  | { readonly kind: 'entry'; readonly map: MapColumnName; readonly key: string }
  /** An attribute, or else a resource entry. */
  | { readonly kind: 'property'; readonly key: string };

const attributePrefix = /^(?:metadata|meta|attributes)\.(.+)$/s;
const resourcePrefix = /^resource\.(.+)$/s;

/** Resolves any name; never fails. */
export function resolveField(name: string): FieldTarget {
  if (name === 'meta.trace_id' || name === 'meta.span_id') return { kind: 'id', column: name === 'meta.trace_id' ? 'trace_id' : 'span_id' };
  const attribute = attributePrefix.exec(name);
  if (attribute !== null) return { kind: 'entry', map: 'attributes', key: attribute[1] };
  const field = fieldOfName(name);
  switch (field) {
    case 'service':
    case 'host':
    case 'environment':
      return { kind: 'dictionary', column: field };
    case 'trace_id':
    case 'span_id':
      return { kind: 'id', column: field };
    case 'message':
    case 'level':
    case 'tags':
      return { kind: field };
    case 'timestamp':
      return { kind: 'time' };
    // the names of the whole maps mean nothing as a field of one value
    case 'metadata':
    case 'resource':
    case undefined:
      break;
    default:
      return field satisfies never;
  }
  if (name === 'skewed') return { kind: 'skewed' };
  if (name === '@line') return { kind: 'line' };
  const resource = resourcePrefix.exec(name);
  if (resource !== null) return { kind: 'entry', map: 'resource', key: resource[1] };
  return { kind: 'property', key: name };
}

/** True for names of a line's own fields, where a forgotten value is surely a mistake. */
export function isColumnField(name: string): boolean {
  const { kind } = resolveField(name);
  return kind !== 'property' && kind !== 'entry';
}
