/** Rules as the configuration writes them: flat, lists as texts with commas between; made into what the API takes too. */
import { Compile } from 'typebox/compile';
import { decimal, duration, integer, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { AppError } from '#base/errors.ts';
import { policyRule } from '../policy-rules.ts';
import type { PolicyRule } from '../policy-rules.ts';
import { selectionOf } from './policy-set.ts';

const actions = ['keep', 'drop', 'sample', 'throttle', 'deduplicate', 'enrich', 'limit_fields'];

export const configuredPolicyRule = section('A policy. The first of keep, drop and sample that fits a line decides about it.', {
  name: text('', 'Name of the rule, as counters show it.'),
  action: text('keep', 'What becomes of the lines.', actions),
  tenant: text('', 'Only lines of this tenant.'),
  services: text('', 'Only lines of these services, with commas between.'),
  receivers: text('', 'Only lines that these receivers took.'),
  levels: text('', 'Only lines of these levels.'),
  match: text('', 'Only lines that match this query.'),
  rate: decimal(1, 'For `sample`: share of lines that is kept.', { exclusiveMinimum: 0, maximum: 1 }),
  keep_traces_with_error_for: duration('0s', 'For `sample`: how long lines left out are held in case their trace has an ERROR.'),
  lines_per_second: decimal(1000, 'For `throttle`: of each service.', { exclusiveMinimum: 0 }),
  window: duration('5s', 'For `deduplicate`: how far apart repetitions may be.'),
  environment: text('', 'For `enrich`: of lines that have none.'),
  host: text('', 'For `enrich`: of lines that have none.'),
  tags: text('', 'For `enrich`: added, with commas between.'),
  attributes: text('', 'For `enrich`: `name=value` with commas between, for lines that have not got the name.'),
  resource: text('', 'For `enrich`: `name=value` with commas between, such as `region=eu`.'),
  geoip: text('', 'For `enrich`: attribute with an IP address, looked up in policies.geoip_database.'),
  max_names: integer(100, 'For `limit_fields`: attribute names of a service.', { minimum: 1, maximum: 10_000 }),
  known: text('', 'For `limit_fields`: only these names, with commas between.'),
});

export type ConfiguredPolicyRule = Static<typeof configuredPolicyRule>;

const compiled = Compile(policyRule);

/** The rules, checked. @throws AppError bad_request, query_syntax, query_unsupported with the rule's name */
export function policyRulesOf(configured: readonly ConfiguredPolicyRule[]): PolicyRule[] {
  return configured.map((rule) => readPolicyRule(ruleOf(rule)));
}

/** A rule of any origin, checked. @throws as policyRulesOf */
export function readPolicyRule(given: unknown): PolicyRule {
  const name = JSON.stringify((given as { name?: unknown } | null)?.name ?? '');
  if (!compiled.Check(given)) {
    const [first] = compiled.Errors(given);
    const place = first?.instancePath.slice(1).replaceAll('/', '.');
    throw new AppError(
      'bad_request',
      `policy ${name} cannot be read: ${place ? `${place} ` : ''}${first?.message ?? 'it has another shape'}`,
    );
  }
  try {
    selectionOf(given);
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    throw new AppError(thrown.code, `policy ${name}: ${thrown.message}`, { details: thrown.details });
  }
  return given;
}

function ruleOf(rule: ConfiguredPolicyRule): object {
  const { name, action, tenant, services, receivers, levels, match } = rule;
  const selection = { services: listOf(services), receivers: listOf(receivers), levels: listOf(levels), match: match || undefined };
  return withoutUndefined({ name, action, tenant: tenant || undefined, ...selection, ...argumentsOf(rule) });
}

function argumentsOf(rule: ConfiguredPolicyRule): object {
  switch (rule.action) {
    case 'sample':
      return { rate: rule.rate, keep_traces_with_error_for_ms: rule.keep_traces_with_error_for };
    case 'throttle':
      return { lines_per_second: rule.lines_per_second };
    case 'deduplicate':
      return { window_ms: rule.window };
    case 'enrich':
      return {
        environment: rule.environment || undefined,
        host: rule.host || undefined,
        tags: listOf(rule.tags),
        attributes: pairsOf(rule.attributes),
        resource: pairsOf(rule.resource),
        geoip: rule.geoip || undefined,
      };
    case 'limit_fields':
      return { max_names: rule.max_names, known: listOf(rule.known) };
    default:
      return {};
  }
}

const withoutUndefined = (value: object): object => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));

function listOf(given: string): string[] | undefined {
  const items = given.split(',').map((item) => item.trim());
  return given.trim() === '' ? undefined : items.filter((item) => item !== '');
}

function pairsOf(given: string): Record<string, string> | undefined {
  const items = listOf(given);
  return items && Object.fromEntries(items.map((item) => [item.split('=', 1)[0].trim(), item.slice(item.indexOf('=') + 1).trim()]));
}
