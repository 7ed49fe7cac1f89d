/** Health, readiness, metrics, status, flushing on demand, the OpenAPI document, and the page at `/`. */
import { Type } from 'typebox';
import { AppError } from '#base/errors.ts';
import { allEndpoints, endpoints } from './endpoints.ts';
import { indexPage } from './index-page.ts';
import type { StorageSummary } from './index-page.ts';
import { openApiText } from './openapi.ts';
import { replayBody } from './operation-endpoints.ts';
import { instantMs } from './instant-parameter.ts';
import { createRequestReader } from './request-reader.ts';
import { jsonReply } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';
import type { StatusReport } from './status-report.ts';

/** A receive time, or shard → first sequence. */
export type ReplayFrom = ({ readonly receivedMs: number } | { readonly positions: ReadonlyMap<number, number> }) & {
  readonly reparse: boolean;
};

/** What of one tenant was received, and what is there. */
export interface TenantAudit {
  readonly received: number;
  readonly accepted: number;
  readonly found: number;
  readonly quarantined: number;
  readonly kept: number;
  readonly problems: readonly string[];
}

export interface AuditReport {
  readonly consistent: boolean;
  readonly tenants: Readonly<Record<string, TenantAudit>>;
}

/** What the server tells and does; all of it comes from the composition root. */
export interface Operations {
  /** Why the server is not ready to answer; empty when it is. */
  readonly notReadyReasons: () => readonly string[];
  readonly status: () => StatusReport | Promise<StatusReport>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Writes what is in memory to disk with all indexes; resolves when it is done. */
  readonly flush: () => Promise<void>;
  /** Compares the ledger with what is stored. */
  readonly audit: (signal: AbortSignal) => Promise<AuditReport>;
  /** Starts a replay; throws AppError conflict while another one runs. */
  readonly replay: (from: ReplayFrom) => void;
  /** For the page at `/`; undefined while the store cannot say. */
  readonly storage: () => StorageSummary | undefined | Promise<StorageSummary | undefined>;
}

export interface OperationRouteOptions {
  readonly operations: Operations;
  /** Where no keys are configured, the page at `/` shows figures to everyone. */
  readonly isOpen: boolean;
  readonly version: string;
  /** Why the page at `/` is not the interface. */
  readonly interfaceProblem?: string;
}

const readNothing = createRequestReader(Type.Object({}, { additionalProperties: false }), 'the body');

const readReplay = createRequestReader(replayBody, 'the body');

export function operationRoutes({ operations, isOpen, version, interfaceProblem }: OperationRouteOptions): ApiRoute[] {
  const document = openApiText(version);
  return [
    { endpoint: endpoints.live, handle: () => uncached(jsonReply('{"status":"ok"}')) },
    { endpoint: endpoints.ready, handle: () => readiness(operations.notReadyReasons()) },
    { endpoint: endpoints.metrics, handle: async () => metricsReply(await operations.metrics()) },
    { endpoint: endpoints.status, handle: async (request) => statusReply(await operations.status(), request) },
    { endpoint: endpoints.flush, handle: (request) => flush(operations, request) },
    { endpoint: endpoints.audit, handle: async ({ signal }) => uncached(jsonReply(JSON.stringify(await operations.audit(signal)))) },
    { endpoint: endpoints.replay, handle: (request) => replay(operations, request) },
    { endpoint: endpoints.openApi, handle: () => jsonReply(document) },
    {
      endpoint: endpoints.index,
      handle: async () =>
        pageReply(
          indexPage({
            version,
            isOpen,
            storage: isOpen ? await operations.storage() : undefined,
            endpoints: allEndpoints,
            interfaceProblem,
          }),
        ),
    },
  ];
}

function readiness(reasons: readonly string[]): ApiReply {
  if (reasons.length === 0) return uncached(jsonReply('{"status":"ready"}'));
  return uncached({ ...jsonReply(JSON.stringify({ status: 'not_ready', reasons }), 503), headers: { 'retry-after': '1' } });
}

function metricsReply({ contentType, text }: { readonly contentType: string; readonly text: string }): ApiReply {
  return uncached({ contentType, body: text });
}

/** A key sees the ledger of its own tenant only, unless it may act for others. */
function statusReply(report: StatusReport, { principal }: ApiRequest): ApiReply {
  const seesAll = principal?.mayActForOthers === true;
  const visible = (byTenant: object = {}): object =>
    Object.fromEntries(Object.entries(byTenant).filter(([tenant]) => seesAll || tenant === principal?.tenant));
  const { ledger, quarantine, search } = report;
  const shown = {
    ledger: visible(ledger),
    quarantine: visible(quarantine),
    search: { ...search, quarantined: visible(search['quarantined'] as object) },
  };
  return uncached(jsonReply(JSON.stringify({ ...report, ...shown })));
}

async function flush(operations: Operations, { body }: ApiRequest): Promise<ApiReply> {
  readNothing(body ?? {});
  await operations.flush();
  return jsonReply('{"flushed":true}');
}

function pageReply(body: string): ApiReply {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return uncached({ contentType: 'text/html; charset=utf-8', headers: { 'content-security-policy': policy }, body });
}

function uncached(reply: ApiReply): ApiReply {
  return { ...reply, headers: { ...reply.headers, 'cache-control': 'no-store' } };
}

function replay(operations: Operations, { body }: ApiRequest): ApiReply {
  const { from, positions, reparse = false } = readReplay(body ?? {});
  if ((from === undefined) === (positions === undefined)) throw new AppError('bad_request', 'the body names either "from" or "positions"');
  const start = from === undefined ? { positions: shardPositions(positions ?? {}) } : { receivedMs: instantMs('from', from) };
  operations.replay({ ...start, reparse });
  return jsonReply('{"started":true}', 202);
}

const shardPositions = (positions: Readonly<Record<string, number>>): ReadonlyMap<number, number> =>
  new Map(Object.entries(positions).map(([shard, sequence]) => [Number(shard), sequence]));
