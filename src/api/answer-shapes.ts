/** Answers of the query service as JSON text in each design's shape (api.md). Pure. */
import { formatTimestamp } from '#model/timestamps.ts';
import type { Answer } from '#search/query-runner.ts';
import type { AggregateResult, SearchAnswer } from '#search/search-service.ts';
import type { TimeRange } from '#store/log-store.ts';
import { toRecordA, toRecordB, toRecordC } from './record-shapes.ts';
import type { RecordShape } from './record-shapes.ts';

/** A: `{"hits":[…],"total":4521,"total_relation":"eq","next_cursor":"…","took_ms":12,"complete":true}` */
export function searchAnswerTextA(answer: SearchAnswer, texts?: PatternTexts): string {
  return `{"hits":${recordList(answer, toRecordA)},${textsMember(texts)}"total":${answer.total},${pageMembers(answer)}}`;
}

/** B: `{"total_hits":234,"logs":[…],"took_ms":45}` */
export function searchAnswerTextB(answer: SearchAnswer): string {
  return `{"total_hits":${answer.total},"logs":${recordList(answer, toRecordB)},${pageMembers(answer)}}`;
}

/** C: `{"hits":847,"scanned":1240000,"took_ms":1230,"logs":[…],"next_cursor":"…"}` */
export function searchAnswerTextC(answer: SearchAnswer, texts?: PatternTexts): string {
  return `{"hits":${answer.total},"logs":${recordList(answer, toRecordC)},${textsMember(texts)}${pageMembers(answer)}}`;
}

/** A and C: `{"buckets":[{"time":"…","group":{…},"value":17}],"took_ms":8,"complete":true}` */
export function aggregateAnswerText(result: AggregateResult): string {
  const buckets = result.buckets.map(({ timeMs, group, value }) => ({
    ...(timeMs === undefined ? {} : { time: wholeSeconds(formatTimestamp(BigInt(timeMs) * 1_000_000n)) }),
    group: Object.fromEntries(result.groupBy.map((field, index) => [field, group[index]])),
    value,
  }));
  return `{"buckets":${JSON.stringify(buckets)},"extrapolated":${result.extrapolated},${costMembers(result)}}`;
}

/** Id of a pattern → its text. */
export type PatternTexts = Readonly<Record<string, string>>;

const textsMember = (texts: PatternTexts | undefined): string => (texts === undefined ? '' : `"patterns":${JSON.stringify(texts)},`);

function recordList({ lines }: SearchAnswer, shape: RecordShape): string {
  return `[${lines.map(shape).join(',')}]`;
}

function pageMembers(answer: SearchAnswer): string {
  const { totalRelation, nextCursor, covered } = answer;
  const coveredMember = covered === undefined ? '' : `,"covered_range":${JSON.stringify(rangeObject(covered))}`;
  return `"total_relation":"${totalRelation}","next_cursor":${JSON.stringify(nextCursor ?? null)}${coveredMember},${costMembers(answer)}`;
}

/** What every answer says about itself. */
export function costObject({ tookMs, scannedRows, complete, reason, cached, range }: Answer) {
  return {
    took_ms: tookMs,
    scanned: scannedRows,
    complete,
    ...(reason === undefined ? {} : { reason }),
    ...(cached ? { cached } : {}),
    time_range: { ...rangeObject(range), ...(range.byDefault ? { default: true } : {}) },
  };
}

const costMembers = (answer: Answer): string => JSON.stringify(costObject(answer)).slice(1, -1);

/** A range as JSON shows it. */
export function rangeObject({ fromNs, toNs }: TimeRange): { from: string; to: string } {
  return { from: formatTimestamp(fromNs), to: formatTimestamp(toNs) };
}

/** `2025-06-15T14:20:00.000Z` → `2025-06-15T14:20:00Z` */
function wholeSeconds(timestamp: string): string {
  return timestamp.replace(/\.000Z$/, 'Z');
}
