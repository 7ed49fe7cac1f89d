/**
 * OTLP logs: `POST /v1/logs` (and Loki's alias /otlp/v1/logs) on the main port and on 4318, gRPC on 4317.
 * Protocol: opentelemetry.io/docs/specs/otlp
 */
import { httpListener } from '#receivers/http-listener.ts';
import type { Receiver, ReceiverContext, ReceiverListener } from '#receivers/receiver.ts';
import type { OtlpConfig } from './config.ts';
import { grpcListener } from './grpc-listener.ts';
import { LogsExport } from './logs-export.ts';
import { createOtlpRoutes } from './routes.ts';

export function createOtlpReceiver(context: ReceiverContext, config: OtlpConfig): Receiver {
  const logs = new LogsExport(context, config);
  const routes = createOtlpRoutes(logs);
  const listeners: ReceiverListener[] = [];
  if (config.http.enabled) {
    const { host, port } = config.http;
    listeners.push(httpListener({ name: 'otlp-http', host, port, setting: 'receivers.otlp.http.port', routes }));
  }
  if (config.grpc.enabled) listeners.push(grpcListener(context, logs, config.grpc));
  return { name: 'otlp', routes, listeners, decodeKept: (record, batch) => logs.decodeKept(record, batch) };
}
