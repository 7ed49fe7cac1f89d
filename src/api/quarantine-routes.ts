/** Records that could not be taken: looking at them, and sending them through ingestion again after a fix. */
import { Type } from 'typebox';
import type { Quarantine, QuarantineFilter, QuarantinedRecord } from '#consumers/quarantined-records.ts';
import { endpoints } from './endpoints.ts';
import { replayQuarantineBody } from './quarantine-schemas.ts';
import { createRequestReader } from './request-reader.ts';
import { jsonReply, mustHaveCaller } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';
import { instantMs } from './instant-parameter.ts';

const defaultLimit = 50;
const defaultReplayLimit = 1000;

const parameters = Type.Object(
  {
    id: Type.Optional(Type.String()),
    code: Type.Optional(Type.String()),
    receiver: Type.Optional(Type.String()),
    sender: Type.Optional(Type.String()),
    state: Type.Optional(Type.Union([Type.Literal('waiting'), Type.Literal('replaying'), Type.Literal('replayed')])),
    contains: Type.Optional(Type.String()),
    from: Type.Optional(Type.String()),
    to: Type.Optional(Type.String()),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    cursor: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
);
const readParameters = createRequestReader(parameters, 'the query string');
const readReplay = createRequestReader(replayQuarantineBody, 'the body');

export function quarantineRoutes(quarantine: Quarantine): ApiRoute[] {
  return [
    { endpoint: endpoints.quarantine, handle: (request) => find(quarantine, request) },
    { endpoint: endpoints.quarantineReplay, handle: (request) => replay(quarantine, request) },
  ];
}

function find(quarantine: Quarantine, { queryParameters, principal }: ApiRequest): ApiReply {
  mustHaveCaller(principal);
  const { limit = defaultLimit, cursor, from, to, id, ...rest } = readParameters(Object.fromEntries(queryParameters.map(typed)));
  const filter: QuarantineFilter = { tenant: principal.tenant, ids: id?.split(','), ...rest, ...times(from, to) };
  const { records, total, next } = quarantine.find(filter, limit, cursor);
  const totals = quarantine.totals().get(principal.tenant) ?? { taken: 0, waiting: 0, replaying: 0, replayed: 0, expired: 0 };
  return jsonReply(JSON.stringify({ records: records.map(shown), total, totals, next_cursor: next ?? null }));
}

async function replay(quarantine: Quarantine, { body, principal }: ApiRequest): Promise<ApiReply> {
  mustHaveCaller(principal);
  const { ids, preview = false, edits = {}, limit = defaultReplayLimit, from, to, ...rest } = readReplay(body ?? {});
  const filter: QuarantineFilter = { tenant: principal.tenant, ids, ...rest, ...times(from, to) };
  const changed = new Map(Object.entries(edits).map(([id, edit]) => [id, bytesOf(edit)]));
  const results = await quarantine.replay({ filter, preview, edits: changed, limit });
  const failed = results.filter(({ problem }) => problem !== undefined).length;
  return jsonReply(JSON.stringify({ preview, replayed: results.length - failed, failed, results }));
}

const wholeNumbers = new Set(['limit', 'cursor']);
const typed = ([name, text]: readonly [string, string]): [string, unknown] => [
  name,
  wholeNumbers.has(name) && /^\d{1,15}$/.test(text) ? Number(text) : text,
];

function times(from: string | undefined, to: string | undefined): Pick<QuarantineFilter, 'fromMs' | 'toMs'> {
  return { fromMs: from === undefined ? undefined : instantMs('from', from), toMs: to === undefined ? undefined : instantMs('to', to) };
}

const bytesOf = (edit: string | { readonly base64: string }): Buffer =>
  typeof edit === 'string' ? Buffer.from(edit) : Buffer.from(edit.base64, 'base64');

/** Bytes as text where they are UTF-8, and as base64 where they are not, or where that would be chance. */
function shown({ bytes, receivedMs, replayedMs, ...record }: QuarantinedRecord): object {
  const text = utf8Text(bytes);
  return {
    ...record,
    received_at: new Date(receivedMs).toISOString(),
    ...(replayedMs === undefined ? {} : { replayed_at: new Date(replayedMs).toISOString() }),
    truncated: bytes.length < record.length,
    ...(text === undefined ? {} : { text }),
    ...(text === undefined || record.format === 'binary' ? { base64: Buffer.from(bytes).toString('base64') } : {}),
  };
}

function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
