/**
 * Query → OpenSearch query DSL, from the same conditions as SQL and matcher. It asks indexes of this mapping, in which a column
 * or entry without value is left out of the document (docs/specs/query-language.md, "DSL"):
 *
 *   searched       text of the folded message, split at what is no letter or digit; searched.exact: wildcard
 *   message, line  keyword; with .exact: wildcard
 *   service, host, environment, trace_id, span_id, tags, and value below:
 *                  keyword, with .exact (wildcard), .number (double) and .address (ip) where the text is one
 *   attributes, resource   nested {key: keyword, value}
 *   level, skewed, ts (date_nanos), pattern_id
 */
import { AppError, invariant } from '#base/errors.ts';
import { conditionOf } from './conditions.ts';
import { luceneRegex } from './regex-lucene.ts';
import { parseRegex, RegexError } from './regex-syntax.ts';
import { instantText } from './time-spans.ts';
import type { QueryNode } from './ast.ts';
import type { Bound, Condition, ValueTest } from './conditions.ts';
import type { TimeEdge } from './time-spans.ts';

/** A clause of the DSL, as JSON. */
export type DslClause = { readonly [name: string]: unknown };

/** Throws AppError `query_unsupported` for what does not exist and for what OpenSearch cannot say. Times must be fixed. */
export function compileDsl(node: QueryNode): DslClause {
  return conditionDsl(conditionOf(node));
}

/** No scores are wanted: everything is a filter, which is also cached. */
const allOfDsl = (clauses: readonly DslClause[]): DslClause => ({ bool: { filter: clauses } });
const anyOfDsl = (clauses: readonly DslClause[]): DslClause => ({ bool: { should: clauses, minimum_should_match: 1 } });
const noneOfDsl = (clause: DslClause): DslClause => ({ bool: { must_not: [clause] } });
const existsDsl = (field: string): DslClause => ({ exists: { field } });

function conditionDsl(condition: Condition): DslClause {
  switch (condition.kind) {
    case 'true':
      return { match_all: {} };
    case 'false':
      return { match_none: {} };
    case 'and':
      return allOfDsl(condition.children.map(conditionDsl));
    case 'or':
      return anyOfDsl(condition.children.map(conditionDsl));
    case 'not':
      return noneOfDsl(conditionDsl(condition.child));
    case 'tokens':
      return tokensDsl(condition.tokens, condition.lastIsPrefix);
    case 'pattern':
      return regexDsl(condition.text === 'message' ? 'message.exact' : 'searched.exact', condition.pattern);
    case 'column':
      return valueDsl(condition.column, condition.test);
    case 'entry':
      return entryDsl(condition.map, condition.key, condition.test);
    case 'any-attribute':
      return nestedDsl('attributes', [{ term: { 'attributes.value': condition.value } }]);
    case 'tag':
      return valueDsl('tags', condition.test);
    case 'level':
      return { range: { level: { gte: condition.from, lte: condition.to } } };
    case 'time':
      return timeDsl(condition);
    case 'skewed':
      return { term: { skewed: condition.value } };
    case 'message-pattern':
      return { term: { pattern_id: condition.id } };
    default:
      return condition satisfies never;
  }
}

function tokensDsl(tokens: readonly string[], lastIsPrefix: boolean): DslClause {
  if (!lastIsPrefix) return tokens.length === 1 ? { term: { searched: tokens[0] } } : { match_phrase: { searched: tokens.join(' ') } };
  const last = { prefix: { searched: { value: tokens[tokens.length - 1] } } };
  if (tokens.length === 1) return last;
  const whole = tokens.slice(0, -1).map((token) => ({ span_term: { searched: token } }));
  return { span_near: { clauses: [...whole, { span_multi: { match: last } }], slop: 0, in_order: true } };
}

function valueDsl(field: string, test: ValueTest): DslClause {
  switch (test.op) {
    case 'equals':
      return test.value === '' ? noneOfDsl(existsDsl(field)) : { term: { [field]: test.value } };
    case 'starts-with':
      return { prefix: { [field]: { value: test.prefix } } };
    case 'present':
    case 'given':
      return existsDsl(field);
    case 'number':
      return rangeDsl(`${field}.number`, test);
    case 'address':
      return rangeDsl(`${field}.address`, test);
    case 'text':
      return rangeDsl(field, test);
    case 'like':
      return { wildcard: { [`${field}.exact`]: { value: test.pieces.map((piece) => piece.replace(/[\\*?]/g, '\\$&')).join('*') } } };
    case 'regex':
      return regexDsl(`${field}.exact`, test.pattern);
    default:
      return test satisfies never;
  }
}

function rangeDsl(
  field: string,
  { from, to }: { readonly from?: Bound<string | number>; readonly to?: Bound<string | number> },
): DslClause {
  return {
    range: {
      [field]: {
        ...(from === undefined ? {} : { [from.included ? 'gte' : 'gt']: from.value }),
        ...(to === undefined ? {} : { [to.included ? 'lte' : 'lt']: to.value }),
      },
    },
  };
}

function timeDsl({ from, to }: Condition & { kind: 'time' }): DslClause {
  return { range: { ts: { ...(from ? { gte: nanoseconds(from) } : {}), ...(to ? { lt: nanoseconds(to) } : {}) } } };
}

function nanoseconds(edge: TimeEdge): string {
  invariant('ns' in edge, 'times of a query are fixed (withFixedTimes) before it becomes DSL');
  return instantText(BigInt(edge.ns));
}

function regexDsl(field: string, pattern: string): DslClause {
  try {
    return { regexp: { [field]: { value: luceneRegex(parseRegex(pattern)) } } };
  } catch (thrown) {
    if (!(thrown instanceof RegexError)) throw thrown;
    throw new AppError('query_unsupported', `the regular expression cannot be used: ${thrown.message}`);
  }
}

/** Entries of one document are apart from one another only where they are nested. An entry with an empty value has no `value`. */
function entryDsl(map: 'attributes' | 'resource', key: string, test: ValueTest): DslClause {
  const named = { term: { [`${map}.key`]: key } };
  return nestedDsl(map, test.op === 'present' ? [named] : [named, valueDsl(`${map}.value`, test)]);
}

function nestedDsl(path: string, clauses: readonly DslClause[]): DslClause {
  return { nested: { path, query: clauses.length === 1 ? clauses[0] : allOfDsl(clauses) } };
}
