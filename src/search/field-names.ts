/** Names of fields as people write them in queries ↔ where the fields lie. */
import { AppError } from '#base/errors.ts';
import { isColumnField, resolveField } from '#language/fields.ts';
import { fieldColumns } from '#store/field-reads.ts';
import type { FieldName } from '#store/field-reads.ts';

/** The shortest name that means exactly this field in a query. */
export function fieldText({ source, key }: FieldName): string {
  if (source === 'column') return key;
  if (source === 'resource') return `resource.${key}`;
  const bare = resolveField(key);
  return !isColumnField(key) && bare.kind === 'property' ? key : `metadata.${key}`;
}

/** What a name may mean: a bare one both an attribute and a resource entry. AppError query_unsupported for what is no facet. */
export function fieldsOfText(name: string): FieldName[] {
  const target = resolveField(name);
  switch (target.kind) {
    case 'dictionary':
      return [{ source: 'column', key: target.column }];
    case 'level':
      return [{ source: 'column', key: 'level' }];
    case 'entry':
      return [{ source: target.map === 'attributes' ? 'attribute' : 'resource', key: target.key }];
    case 'property':
      return [
        { source: 'attribute', key: target.key },
        { source: 'resource', key: target.key },
      ];
    default:
      throw new AppError(
        'query_unsupported',
        `there are no statistics of "${name}"; fields are ${fieldColumns.join(', ')}, attributes and resource entries`,
        {
          details: { field: name },
        },
      );
  }
}
