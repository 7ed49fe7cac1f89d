/** A service that channels post to: keeps what it is sent, and answers as it is told — also by stalling, or by breaking the connection. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createOutgoing } from '#alerting/outgoing-http.ts';
import type { OutgoingHosts } from '#alerting/channel-kinds.ts';
import type { Channel, DeliveryOutcome, Notification, OutgoingHttp } from '#alerting/notification.ts';
import { systemClock } from '#platform/clock.ts';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** `stall` never answers; `drop` breaks the connection once the request is there. */
  | 'stall'
  | 'drop';

export interface Service {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** The next answers in their order; after them the usual one. */
  readonly next: Answer[];
  json(at: number): any;
}

/** On a free port of loopback until the test ends; `usual` answers what no other answer is given for. */
export async function startService(t: TestContext, usual: Answer | ((request: ReceivedRequest) => Answer)): Promise<Service> {
  const requests: ReceivedRequest[] = [];
  const next: Answer[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('error', () => undefined);
    request.on('end', () => {
      const received = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(parts).toString(),
      };
      requests.push(received);
      answer(response, next.shift() ?? (typeof usual === 'function' ? usual(received) : usual));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    next,
    json: (at) => JSON.parse(requests.at(at)?.body ?? 'null'),
  };
}

function answer(response: ServerResponse, given: Answer): void {
  if (given === 'stall') return;
  if (given === 'drop') return void response.destroy();
  response.writeHead(given.status, given.headers).end(given.body ?? '');
}

/** The product's own way out, with loopback allowed. */
export const outgoing: OutgoingHttp & OutgoingHosts = createOutgoing({
  config: { allow_private_addresses: true, allowed_hosts: '', delivery_timeout: 20_000, max_answer: 65_536 },
});

export const parts = {
  http: outgoing,
  hosts: outgoing,
  clock: systemClock,
  inbox: { put: () => Promise.reject(new Error('no inbox here')) },
};

/** One attempt, with as much time as an attempt has. */
export function attempt(channel: Channel, notification: Notification, timeoutMs = 20_000): Promise<DeliveryOutcome> {
  return channel.deliver(notification, AbortSignal.timeout(timeoutMs));
}
