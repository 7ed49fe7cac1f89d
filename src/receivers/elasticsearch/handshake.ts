/**
 * What clients ask before their first bulk request, and what they set up: answered so that they go on.
 *
 * Templates, policies, pipelines, data streams and aliases "exist" whatever their name, so that nobody sends one; what is
 * sent all the same is acknowledged and means nothing here: a line has its fields without a mapping, and retention and
 * parsing are settings of Millrace. Who asks what: docs/send-data/elasticsearch.md and design/ecosystem.md, part 2b.
 */
import { AppError } from '#base/errors.ts';
import type { HttpMethod, ReceiverReply, ReceiverRequest, ReceiverRoute } from '#receivers/http-receiver.ts';
import { elasticReply, plainReply } from './replies.ts';

export interface HandshakeOptions {
  /** As clients are told. */
  readonly version: string;
  readonly maxBodyBytes: number;
  readonly nowMs: () => number;
  /** False while lines arrive faster than they are indexed. */
  readonly isHealthy: () => boolean;
}

const clusterName = 'millrace';
/** Of the form of Elasticsearch's: 22 characters. */
const clusterId = 'MillraceMillraceMillrA';
const license = { status: 'active', uid: '00000000-0000-0000-0000-000000000000', type: 'basic' } as const;
const acknowledged = { acknowledged: true } as const;
const refreshed = { _shards: { total: 1, successful: 1, failed: 0 } } as const;

type Answer = (request: ReceiverRequest) => unknown;

export function handshakeRoutes(options: HandshakeOptions): ReceiverRoute[] {
  const { version } = options;
  const health: Answer = () => clusterHealth(options.isHealthy());
  const nodes: Answer = ({ headers }) => nodesOf(addressOf(headers.host), options);
  const asked: readonly (readonly [path: string, answer: Answer])[] = [
    ['/', () => rootInfo(version)],
    ['/_license', () => ({ license: { ...license, issued_to: clusterName, issuer: clusterName } })],
    ['/_xpack', () => ({ build: {}, license: { ...license, mode: 'basic' }, features: features(), tagline: 'You know, for X' })],
    ['/_cluster/health', health],
    ['/_cluster/health/{index}', health],
    ['/_nodes', nodes],
    ['/_nodes/http', nodes],
    ['/_nodes/_all/http', nodes],
    ['/_ilm/policy/{name}', named((name) => ({ [name]: { version: 1, policy: { phases: {} } } }))],
    [
      '/_index_template/{name}',
      named((name) => ({ index_templates: [{ name, index_template: { index_patterns: [name], composed_of: [] } }] })),
    ],
    ['/_template/{name}', named((name) => ({ [name]: { order: 0, index_patterns: [name], settings: {}, mappings: {}, aliases: {} } }))],
    ['/_component_template/{name}', named((name) => ({ component_templates: [{ name, component_template: { template: {} } }] }))],
    ['/_ingest/pipeline/{name}', named((name) => ({ [name]: { processors: [] } }))],
    ['/_data_stream/{name}', named((name) => ({ data_streams: [dataStream(name)] }))],
    ['/_alias/{name}', named((name) => ({ [name]: { aliases: { [name]: { is_write_index: true } } } }))],
  ];
  return [
    ...asked.map(([path, answer]) => jsonRoute(['GET', 'HEAD'], path, answer)),
    ...asked.filter(([path]) => path.endsWith('/{name}')).map(([path]) => jsonRoute(['PUT', 'POST'], path, () => acknowledged)),
    // bulk helpers end with one: lines become visible by themselves
    ...['/_refresh', '/{index}/_refresh'].map((path) => jsonRoute(['GET', 'POST'], path, () => refreshed)),
    { methods: ['GET', 'HEAD'], path: '/_cat/health', handle: async (request) => catHealth(request, options) },
    jsonRoute(['HEAD', 'GET'], '/{index}', ({ parameters: { index } }) => ({
      [indexName(index)]: { aliases: {}, mappings: {}, settings: {} },
    })),
    jsonRoute(['PUT'], '/{index}', ({ parameters: { index } }) => ({
      ...acknowledged,
      shards_acknowledged: true,
      index: indexName(index),
    })),
  ];
}

function jsonRoute(methods: readonly HttpMethod[], path: string, answer: Answer): ReceiverRoute {
  return { methods, path, handle: async (request) => elasticReply(request, 200, answer(request)) };
}

const named =
  (answer: (name: string) => unknown): Answer =>
  ({ parameters: { name } }) =>
    answer(name);

/** An index has no leading underscore: such a path is a function that is not there. */
function indexName(index: string): string {
  if (index.startsWith('_'))
    throw new AppError('not_found', `"/${index}" is not among the functions of Elasticsearch that are answered here`);
  return index;
}

function rootInfo(version: string): object {
  const major = Number.parseInt(version, 10);
  return {
    name: clusterName,
    cluster_name: clusterName,
    cluster_uuid: clusterId,
    version: {
      number: version,
      build_flavor: 'default',
      build_type: 'tar',
      build_hash: 'millrace',
      build_date: '2026-01-01T00:00:00.000Z',
      build_snapshot: false,
      lucene_version: `${major + 1}.0.0`,
      minimum_wire_compatibility_version: `${major - 1}.0.0`,
      minimum_index_compatibility_version: `${major - 1}.0.0`,
    },
    tagline: 'You Know, for Search',
  };
}

function features(): object {
  const available = { available: true, enabled: true };
  return { ilm: available, security: available };
}

function dataStream(name: string): object {
  return {
    name,
    timestamp_field: { name: '@timestamp' },
    indices: [],
    generation: 1,
    status: 'GREEN',
    template: name,
    hidden: false,
    system: false,
    replicated: false,
  };
}

function clusterHealth(isHealthy: boolean): object {
  return {
    cluster_name: clusterName,
    status: isHealthy ? 'green' : 'yellow',
    timed_out: false,
    number_of_nodes: 1,
    number_of_data_nodes: 1,
    active_primary_shards: 1,
    active_shards: 1,
    relocating_shards: 0,
    initializing_shards: 0,
    unassigned_shards: 0,
    delayed_unassigned_shards: 0,
    number_of_pending_tasks: 0,
    number_of_in_flight_fetch: 0,
    task_max_waiting_in_queue_millis: 0,
    active_shards_percent_as_number: 100,
  };
}

/** The columns of `GET /_cat/health`: as text, or as JSON with `format=json`. */
function catHealth(request: ReceiverRequest, { nowMs, isHealthy }: HandshakeOptions): ReceiverReply {
  const now = nowMs();
  const columns: Readonly<Record<string, string>> = {
    epoch: String(Math.floor(now / 1000)),
    timestamp: new Date(now).toISOString().slice(11, 19),
    cluster: clusterName,
    status: isHealthy() ? 'green' : 'yellow',
    'node.total': '1',
    'node.data': '1',
    shards: '1',
    pri: '1',
    relo: '0',
    init: '0',
    unassign: '0',
    pending_tasks: '0',
    max_task_wait_time: '-',
    active_shards_percent: '100.0%',
  };
  if (request.query.get('format') === 'json') return elasticReply(request, 200, [columns]);
  const heading = request.query.has('v') ? `${Object.keys(columns).join(' ')}\n` : '';
  return plainReply(200, `${heading}${Object.values(columns).join(' ')}\n`);
}

/** The address that the client used: a client that sniffs goes on with what it is told here. */
function addressOf(host: string | undefined): string {
  const given = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/.exec(host ?? '')?.[0] ?? '127.0.0.1:9200';
  return /:\d+$/.test(given) ? given : `${given}:80`;
}

function nodesOf(address: string, { version, maxBodyBytes }: HandshakeOptions): object {
  const host = address.replace(/:\d+$/, '');
  const node = {
    name: clusterName,
    transport_address: address,
    host,
    ip: host,
    version,
    roles: ['data', 'ingest', 'master'],
    http: { bound_address: [address], publish_address: address, max_content_length_in_bytes: maxBodyBytes },
  };
  return { _nodes: { total: 1, successful: 1, failed: 0 }, cluster_name: clusterName, nodes: { [clusterId]: node } };
}
