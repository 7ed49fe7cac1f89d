/** Rules that are set at run time: parsers (with a place to try them) and policies, each tenant its own. */
import type { KeptRule, RuleBook, RuleKind } from '#ingest/rule-book.ts';
import type { ParserSpec } from '#parsing/parser-rules.ts';
import { parserNames } from '#parsing/parsers.ts';
import type { ParsedLine } from '#parsing/test-parser.ts';
import { endpoints } from './endpoints.ts';
import { createRequestReader } from './request-reader.ts';
import { reply, tenantOf } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';
import { parserRuleBody, parserTestBody, policyRuleBody } from './rule-schemas.ts';

/** What a gateway knows of rules at work. */
export interface RuleFacts {
  /** Rules of the configuration that concern the tenant. */
  configured(kind: RuleKind, tenant: string): readonly object[];
  /** Lines that rules took out, by rule. */
  takenOut(): Promise<Readonly<Record<string, number>>>;
  fields(tenant: string): Promise<readonly object[]>;
  streams(tenant: string): Promise<readonly { receiver: string; service: string; host: string; format: string | null }[]>;
  parserCounts(): Promise<readonly { parser: string; service: string; parsed: number; failed: number; over_budget: number }[]>;
}

export interface RuleRouteOptions {
  readonly rules: RuleBook;
  readonly facts: RuleFacts;
  readonly testParser: (spec: ParserSpec, lines: readonly string[]) => readonly ParsedLine[];
}

const readParserRule = createRequestReader(parserRuleBody, 'the body');
const readPolicyRule = createRequestReader(policyRuleBody, 'the body');
const readParserTest = createRequestReader(parserTestBody, 'the body');

export function ruleRoutes({ rules, facts, testParser }: RuleRouteOptions): ApiRoute[] {
  const one = async (kind: RuleKind, request: ApiRequest): Promise<ApiReply> =>
    reply(shown(await rules.find(kind, tenantOf(request), request.pathParameters['name'])));
  const remove = async (kind: RuleKind, request: ApiRequest): Promise<ApiReply> => {
    await rules.remove(kind, tenantOf(request), request.pathParameters['name']);
    return reply({ removed: true });
  };
  const put = async (kind: RuleKind, request: ApiRequest, body: RuleBody): Promise<ApiReply> => {
    const { position = 0, version, rule } = body;
    const { pathParameters, principal } = request;
    const change = { tenant: tenantOf(request), name: pathParameters['name'], rule, position, expectedVersion: version };
    return reply(shown(await rules.put(kind, { ...change, updatedBy: principal?.keyName ?? '' })));
  };
  return [
    { endpoint: endpoints.parsers, handle: (request) => listParsers(rules, facts, tenantOf(request)) },
    { endpoint: endpoints.parser, handle: (request) => one('parser', request) },
    { endpoint: endpoints.parserPut, handle: (request) => put('parser', request, parserBody(request)) },
    { endpoint: endpoints.parserDelete, handle: (request) => remove('parser', request) },
    { endpoint: endpoints.parserTest, handle: ({ body }) => test(testParser, body) },
    { endpoint: endpoints.policies, handle: (request) => listPolicies(rules, facts, tenantOf(request)) },
    { endpoint: endpoints.policy, handle: (request) => one('policy', request) },
    { endpoint: endpoints.policyPut, handle: (request) => put('policy', request, readPolicyRule(request.body)) },
    { endpoint: endpoints.policyDelete, handle: (request) => remove('policy', request) },
  ];
}

interface RuleBody {
  readonly rule: Readonly<Record<string, unknown>>;
  readonly position?: number;
  readonly version?: number;
}

function parserBody({ body }: ApiRequest): RuleBody {
  const { position, version, ...rule } = readParserRule(body);
  return { rule, position, version };
}

async function listParsers(rules: RuleBook, facts: RuleFacts, tenant: string): Promise<ApiReply> {
  const [kept, streams, counts] = await Promise.all([rules.list('parser', tenant), facts.streams(tenant), facts.parserCounts()]);
  return reply({ rules: kept.map(shown), configured: facts.configured('parser', tenant), parsers: parserNames(), streams, counts });
}

async function listPolicies(rules: RuleBook, facts: RuleFacts, tenant: string): Promise<ApiReply> {
  const [kept, takenOut, fields] = await Promise.all([rules.list('policy', tenant), facts.takenOut(), facts.fields(tenant)]);
  return reply({ rules: kept.map(shown), configured: facts.configured('policy', tenant), taken_out: takenOut, fields });
}

function test(testParser: RuleRouteOptions['testParser'], body: unknown): ApiReply {
  const { lines, ...spec } = readParserTest(body);
  const parsed = testParser(spec, lines).map(({ parser = null, isFailed: failed, timestamp = null, ...rest }) => ({
    parser,
    failed,
    timestamp,
    ...rest,
  }));
  return reply({ lines: parsed });
}

function shown({ name, position, version, updatedMs, updatedBy, rule }: KeptRule): object {
  return { name, position, version, updated_at: new Date(updatedMs).toISOString(), updated_by: updatedBy, rule };
}
