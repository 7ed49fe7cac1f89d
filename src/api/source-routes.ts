/** Where lines come from. */
import { AppError } from '#base/errors.ts';
import { readSources } from '#search/sources.ts';
import type { Source, SourceParts } from '#search/sources.ts';
import { costObject, rangeObject } from './answer-shapes.ts';
import { parametersObject } from './query-parameters.ts';
import { createRequestReader } from './request-reader.ts';
import { jsonReply, mustHaveCaller } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';
import { sourceEndpoints, sourcesParameters } from './source-endpoints.ts';

const readParameters = createRequestReader(sourcesParameters, 'the query string');
const states: readonly string[] = ['reporting', 'silent', 'replaced', 'rare'] satisfies Source['state'][];

export function sourceRoutes(parts: SourceParts): ApiRoute[] {
  return [{ endpoint: sourceEndpoints.sources, handle: (request) => sources(parts, request) }];
}

async function sources(parts: SourceParts, { principal, queryParameters, signal }: ApiRequest): Promise<ApiReply> {
  mustHaveCaller(principal);
  const wanted = queryParameters.filter(([name, value]) => name === 'state' && value !== '').map(([, value]) => value);
  const unknown = wanted.find((state) => !states.includes(state));
  if (unknown !== undefined) {
    throw new AppError('bad_request', `state ${JSON.stringify(unknown)} is none of ${states.join(', ')}`, { details: { field: 'state' } });
  }
  const { last } = readParameters(parametersObject(queryParameters.filter(([name]) => name !== 'state')));
  const report = await readSources(parts, last === undefined ? undefined : { last }, principal, signal);
  const isWanted = ({ state }: Source): boolean => wanted.length === 0 || wanted.includes(state);
  return jsonReply(
    JSON.stringify({
      services: report.services.filter(isWanted).map(({ service, ...source }) => ({ service, ...activityObject(source) })),
      hosts: report.hosts.filter(isWanted).map(({ service, host, ...source }) => ({ service, host, ...activityObject(source) })),
      hosts_range: rangeObject(report.hostRange),
      truncated: report.truncated,
      ...costObject(report),
    }),
  );
}

function activityObject({
  state,
  lineCount,
  firstMinuteMs,
  lastMinuteMs,
  usualGapMinutes,
  expectedWithinMs,
}: Omit<Source, 'service' | 'host'>): object {
  return {
    state,
    lines: lineCount,
    first_seen: new Date(firstMinuteMs).toISOString(),
    last_seen: new Date(lastMinuteMs).toISOString(),
    usual_gap_seconds: usualGapMinutes * 60,
    expected_within_seconds: expectedWithinMs === undefined ? null : expectedWithinMs / 1000,
  };
}
