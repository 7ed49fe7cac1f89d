/** What became of a line, and of a batch. */
import { batchPlaceText } from '#consumers/line-journeys.ts';
import type { BatchFrame, BatchJourney, LineJourney, LineJourneys } from '#consumers/line-journeys.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import type { QueryRunner, SignalledRead } from '#search/query-runner.ts';
import type { LinePlacement } from '#store/placement-reads.ts';
import { instantMs } from './instant-parameter.ts';
import { batchParameters, journeyEndpoints } from './journey-endpoints.ts';
import { parametersObject } from './query-parameters.ts';
import { createRequestReader } from './request-reader.ts';
import { jsonReply, mustHaveCaller } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';

const readBatchParameters = createRequestReader(batchParameters, 'the query string');
const defaultSpanMs = 3_600_000;

export interface JourneyParts {
  readonly journeys: LineJourneys;
  readonly runner: QueryRunner;
}

export function journeyRoutes(parts: JourneyParts): ApiRoute[] {
  return [
    { endpoint: journeyEndpoints.journey, handle: (request) => journey(parts, request) },
    { endpoint: journeyEndpoints.batch, handle: (request) => batch(parts, request) },
  ];
}

async function journey({ journeys, runner }: JourneyParts, request: ApiRequest): Promise<ApiReply> {
  const { id } = request.pathParameters;
  const found = await asked(runner, request, (tenant, options) => journeys.ofLine(tenant, id, options));
  return jsonReply(JSON.stringify(journeyObject(id.toLowerCase(), found)));
}

async function batch({ journeys, runner }: JourneyParts, request: ApiRequest): Promise<ApiReply> {
  const { from } = readBatchParameters(parametersObject(request.queryParameters));
  const fromMs = from === undefined ? runner.clock.nowMs() - defaultSpanMs : instantMs('from', from);
  const { id } = request.pathParameters;
  const found = await asked(runner, request, (tenant, options) => journeys.ofBatch(tenant, id, fromMs, options));
  return jsonReply(JSON.stringify({ batches: found.map(batchObject) }));
}

/** With a turn, a deadline and a count, as every question to the store. */
function asked<T extends object>(
  runner: QueryRunner,
  { principal, signal }: ApiRequest,
  ask: (tenant: string, options: SignalledRead) => Promise<T>,
): Promise<T> {
  mustHaveCaller(principal);
  return runner.measured('journey', () => runner.admitted(principal, signal, (_, options) => ask(principal.tenant, options)));
}

function journeyObject(id: string, { state, isCertain, place, frame, placement, reason }: LineJourney): object {
  const { incarnation, shard, sequence, rowNo } = place;
  const receivedMs = frame?.receivedMs ?? placement?.receivedMs;
  return {
    id,
    state,
    certain: isCertain,
    batch: batchPlaceText(place),
    acknowledged: {
      ...{ incarnation, shard, sequence, row: rowNo, in_log: frame !== undefined },
      ...(receivedMs === undefined ? {} : { received_at: new Date(receivedMs).toISOString() }),
      ...(frame === undefined ? {} : frameMembers(frame)),
    },
    ...(placement === undefined ? {} : { processed: processedObject(placement), stored: storedObject(placement) }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function batchObject({ frame, lines, counts, reason }: BatchJourney): object {
  const { incarnation, shard, sequence, receivedMs, lineCount } = frame;
  return {
    batch: batchPlaceText(frame),
    ...{ incarnation, shard, sequence, received_at: new Date(receivedMs).toISOString() },
    ...frameMembers(frame),
    states: counts,
    lines: lines.map(({ id, rowNo, state, placement }) => ({
      ...{ id, row: rowNo, state },
      ...(placement === undefined ? {} : { stored: storedObject(placement) }),
    })),
    truncated: lines.length < lineCount,
    ...(reason === undefined ? {} : { reason }),
  };
}

function frameMembers({ receiver, batchId, lineCount, outcomes }: BatchFrame): object {
  return {
    ...(receiver === undefined ? {} : { receiver }),
    ...(batchId === undefined ? {} : { batch_id: batchId }),
    lines_of_batch: lineCount,
    outcomes,
  };
}

function processedObject({ tsNs, skewed, sampleRate, wasParsed, patternId }: LinePlacement): object {
  const pattern = patternId === '0' ? null : patternId;
  return { event_time: formatTimestamp(tsNs), skewed, sample_rate: sampleRate, parsed: wasParsed, pattern_id: pattern };
}

/** There is one tier yet, on local disks. */
function storedObject({ generation, isCommitted, partition, retentionClass, part }: LinePlacement): object {
  return {
    ...{ tier: 'hot', generation, committed: isCommitted },
    ...(partition === undefined ? {} : { partition }),
    ...(retentionClass === undefined ? {} : { retention_class: retentionClass }),
    ...(part === undefined ? {} : { part: partObject(part) }),
  };
}

function partObject({ name, disk, lines, bytes, level, writtenMs }: NonNullable<LinePlacement['part']>): object {
  return { name, disk, lines, bytes, level, written_at: new Date(writtenMs).toISOString() };
}
