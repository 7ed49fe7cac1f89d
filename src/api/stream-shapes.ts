/** Records of a streamed search as text: newline-delimited JSON, or server-sent events (WHATWG HTML, 9.2). */
import { httpAnswerOfError } from '#base/error-status.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import type { StreamEnd, StreamProgress, StreamRecord } from '#search/streamed-search.ts';
import { rangeObject } from './answer-shapes.ts';
import { toRecordA } from './record-shapes.ts';

export interface StreamShape {
  readonly contentType: string;
  readonly render: (record: StreamRecord) => string;
}

export const ndjsonShape: StreamShape = {
  contentType: 'application/x-ndjson; charset=utf-8',
  render: (record) =>
    messagesOf(record).reduce((text, { name, data }) => text + (name === 'line' ? data : `{"${name}":${data}}`) + '\n', ''),
};

export const eventShape: StreamShape = {
  contentType: 'text/event-stream; charset=utf-8',
  render: (record) => messagesOf(record).reduce((text, { name, data }) => `${text}event: ${name}\ndata: ${data}\n\n`, ''),
};

interface Message {
  readonly name: 'line' | 'progress' | 'end';
  /** JSON without a line break. */
  readonly data: string;
}

function messagesOf(record: StreamRecord): Message[] {
  switch (record.kind) {
    case 'lines':
      // A break would end the record. In JSON text it can only stand between values, where a space means the same.
      return record.lines.map((line) => ({ name: 'line', data: toRecordA(line).replace(/[\r\n]+/g, ' ') }));
    case 'progress':
      return [{ name: 'progress', data: progressText(record.progress) }];
    default:
      return [{ name: 'end', data: endText(record.end) }];
  }
}

function progressText({ searchedToNs, share, found, scannedRows }: StreamProgress): string {
  return JSON.stringify({
    searched_to: formatTimestamp(searchedToNs),
    share: Math.round(share * 1000) / 1000,
    found,
    scanned: scannedRows,
  });
}

function endText({ complete, reason, error, range, covered, found, total, nextCursor, scannedRows, tookMs }: StreamEnd): string {
  return JSON.stringify({
    complete,
    ...(reason === undefined ? {} : { reason }),
    ...(error === undefined ? {} : (JSON.parse(httpAnswerOfError(error).body) as object)),
    found,
    ...(total === undefined ? {} : { total: total.total, total_relation: total.totalRelation }),
    next_cursor: nextCursor ?? null,
    covered_range: rangeObject(covered),
    time_range: { ...rangeObject(range), ...(range.byDefault ? { default: true } : {}) },
    took_ms: tookMs,
    scanned: scannedRows,
  });
}
