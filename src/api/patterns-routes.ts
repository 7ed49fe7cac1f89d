/** Patterns of lines. */
import { nsPerMs } from '#base/instant.ts';
import { severityName } from '#model/severity.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import { readPatterns } from '#search/patterns.ts';
import type { PatternComparison, PatternParts, PatternResult } from '#search/patterns.ts';
import { costObject, rangeObject } from './answer-shapes.ts';
import { patternsEndpoints } from './patterns-endpoints.ts';
import { patternsBody } from './patterns-schemas.ts';
import { createRequestReader } from './request-reader.ts';
import { jsonReply, mustHaveCaller } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';
import { selectionOf } from './selection.ts';

const readPatternsBody = createRequestReader(patternsBody, 'the body');

export function patternsRoutes(parts: PatternParts): ApiRoute[] {
  return [{ endpoint: patternsEndpoints.patterns, handle: (request) => patterns(parts, request) }];
}

async function patterns(parts: PatternParts, { body, principal, signal }: ApiRequest): Promise<ApiReply> {
  mustHaveCaller(principal);
  const { limit, new_since: newSince, compare, ...rest } = readPatternsBody(body ?? {});
  const request = { ...selectionOf(rest), limit, newSince, compareWith: compare?.time_range };
  const answer = await readPatterns(parts, request, principal, signal);
  return jsonReply(
    JSON.stringify({
      patterns: answer.patterns.map((pattern) => patternObject(pattern, answer.totalLines)),
      total_lines: answer.totalLines,
      total_patterns: answer.totalPatterns,
      interval_ms: answer.intervalMs,
      ...(answer.comparedRange ? { compared_range: rangeObject(answer.comparedRange) } : {}),
      ...costObject(answer),
    }),
  );
}

function patternObject(pattern: PatternResult, totalLines: number): object {
  const { id, text, lineCount, firstNs, lastNs, firstSeenMs, detail, example, comparison } = pattern;
  return {
    id,
    text: text ?? null,
    count: lineCount,
    share: totalLines === 0 ? 0 : Math.round((lineCount / totalLines) * 10_000) / 100,
    first_seen: firstSeenMs === undefined ? null : timeOfMs(firstSeenMs),
    first: formatTimestamp(firstNs),
    last: formatTimestamp(lastNs),
    levels: levelsObject(detail?.levels ?? new Map()),
    buckets: [...(detail?.buckets ?? [])].sort(([a], [b]) => a - b).map(([timeMs, lines]) => [timeOfMs(timeMs), Math.round(lines)]),
    example: example === undefined ? null : { id: example.lineId, service: example.service, message: example.message },
    ...(comparison ? { compared: comparisonObject(comparison) } : {}),
  };
}

const timeOfMs = (timeMs: number): string => formatTimestamp(BigInt(timeMs) * nsPerMs);

function levelsObject(levels: ReadonlyMap<number, number>): Record<string, number> {
  const named: Record<string, number> = {};
  for (const [severity, lines] of [...levels].sort(([a], [b]) => a - b)) {
    const name = severityName(severity) || 'none';
    named[name] = (named[name] ?? 0) + Math.round(lines);
  }
  return named;
}

const comparisonObject = ({ lineCount, change, rateRatio, significance }: PatternComparison): object => ({
  count: lineCount,
  change,
  rate_ratio: rateRatio ?? null,
  significance,
});
