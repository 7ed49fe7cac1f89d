/**
 * The Elasticsearch receiver: `_bulk` and single documents, and all that clients ask before it. On the main port under
 * `/elasticsearch`, on its own port at the root.
 */
import { AppError } from '#base/errors.ts';
import { credentialsOf } from '#receivers/http-credentials.ts';
import { httpListener } from '#receivers/http-listener.ts';
import type { ReceiverRoute } from '#receivers/http-receiver.ts';
import type { Receiver, ReceiverContext } from '#receivers/receiver.ts';
import type { ElasticsearchConfig } from './config.ts';
import { BulkDecoder } from './decode.ts';
import { handshakeRoutes } from './handshake.ts';
import { renderElasticError } from './replies.ts';
import { writeRoutes } from './routes.ts';

const prefix = '/elasticsearch';

export function createElasticsearchReceiver(context: ReceiverContext, config: ElasticsearchConfig): Receiver {
  const { intake, ingestConfig, clock } = context;
  const decoder = new BulkDecoder(ingestConfig);
  const asked = handshakeRoutes({
    version: config.version,
    maxBodyBytes: ingestConfig.max_body_bytes,
    nowMs: () => clock.nowMs(),
    isHealthy: () => intake.lagHint() === 'normal',
  });
  const routes = [
    ...writeRoutes(context, decoder),
    ...asked.map((route): ReceiverRoute => {
      const { handle } = route;
      return {
        ...route,
        async handle(request) {
          intake.authenticate(credentialsOf(request.headers));
          return handle(request);
        },
      };
    }),
    ...unknownRoutes,
  ].map((route) => ({ ...route, renderError: renderElasticError }));
  const { host, port } = config;
  return {
    name: 'elasticsearch',
    routes: [
      ...routes.map((route) => ({ ...route, path: `${prefix}${route.path}` })),
      // without a slash behind the prefix
      ...routes.filter(({ path }) => path === '/').map((route) => ({ ...route, path: prefix })),
    ],
    listeners: [httpListener({ name: 'elasticsearch', host, port, setting: 'receivers.elasticsearch.port', routes })],
    decodeKept: (record, batch) => decoder.decodeKept(record, batch),
  };
}

/** Whatever else is asked gets an answer that a client takes for Elasticsearch's. */
const unknownRoutes = ['/', '/{path...}'].map(
  (path): ReceiverRoute => ({
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    path,
    async handle({ method, path: asked }) {
      throw new AppError(
        'not_found',
        `no handler found for uri [${asked}] and method [${method}]: lines are taken here, searches not answered`,
      );
    },
  }),
);
