/** The queries of a rule, and whether the fields in them are known. Part of rule-check.ts. */
import { AppError } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import type { QueryNode } from '#language/ast.ts';
import { resolveField } from '#language/fields.ts';
import { parseQuery } from '#language/parser.ts';
import { fieldSpellings } from '#model/field-names.ts';
import type { QueryConfig } from '#language/config.ts';
import { problem, queryProblem } from './rule-problems.ts';
import type { Findings } from './rule-problems.ts';

interface QuerySurroundings {
  readonly queryConfig: QueryConfig;
  /** Attribute names of the tenant's lines, where they are known. */
  readonly fields?: ReadonlySet<string> | undefined;
}

export class QueryChecks {
  readonly #surroundings: QuerySurroundings;
  readonly #findings: Findings;
  readonly #told = new Set<string>();

  constructor(surroundings: QuerySurroundings, findings: Findings) {
    this.#surroundings = surroundings;
    this.#findings = findings;
  }

  /** A filter; absent or empty: all lines. */
  check(place: string, query: string | undefined): void {
    if (query === undefined) return;
    const node = this.#parsed(place, query);
    if (node !== undefined) for (const { field, span } of fieldsIn(node)) this.checkField(place, field, span);
  }

  /** A query that must select something of its own. */
  checkPart(place: string, query: string): void {
    if (query.trim() === '' || query.trim() === '*')
      this.#findings.problems.push(problem(place, 'must be a query: an empty one is every line'));
    else this.check(place, query);
  }

  /** Warns of a name that no line of the tenant has. */
  checkField(place: string, field: string, span?: { readonly start: number; readonly end: number }): void {
    const { fields } = this.#surroundings;
    const key = attributeOf(field);
    if (fields === undefined || fields.size === 0 || key === undefined || fields.has(key) || this.#told.has(`${place} ${field}`)) return;
    this.#told.add(`${place} ${field}`);
    const nearest = nearestName(key, [...fields, ...ownFields]);
    const advice = nearest === undefined ? '' : `; did you mean "${nearest}"`;
    const where = span === undefined ? {} : { position: span.start, length: span.end - span.start };
    this.#findings.warnings.push({ ...problem(place, `no line has a field "${field.slice(0, 80)}" so far${advice}`), ...where });
  }

  #parsed(place: string, query: string): QueryNode | undefined {
    try {
      return parseQuery(query, this.#surroundings.queryConfig);
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      this.#findings.problems.push(queryProblem(place, thrown));
      return undefined;
    }
  }
}

const ownFields = Object.values(fieldSpellings).map(([name]) => name);

/** The key of an attribute; undefined for what every line may have. */
function attributeOf(field: string): string | undefined {
  const target = resolveField(field);
  if (field === 'pattern') return undefined;
  return target.kind === 'property' || target.kind === 'entry' ? target.key : undefined;
}

interface NamedField {
  readonly field: string;
  readonly span?: { readonly start: number; readonly end: number } | undefined;
}

function fieldsIn(node: QueryNode): NamedField[] {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.children.flatMap(fieldsIn);
    case 'not':
      return fieldsIn(node.child);
    default:
      return 'field' in node ? [{ field: node.field, span: node.span }] : [];
  }
}
