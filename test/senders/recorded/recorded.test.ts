/**
 * Requests of senders that cannot run here, written down from their sources, against a gateway over real sockets: what
 * they ask first, what they send, and the answers that they insist on. Each `.json` beside this file is one sender.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { datadogConfig } from '#receivers/datadog/config.ts';
import { elasticsearchConfig } from '#receivers/elasticsearch/config.ts';
import { splunkConfig } from '#receivers/splunk/config.ts';
import { startTestGateway } from '../../gateway/gateway-harness.ts';
import type { MemoryLogWriter } from '../../gateway/gateway-harness.ts';
import { defaultsOf } from '../../support/config-defaults.ts';

interface RecordedExchange {
  readonly why?: string;
  /** Sent to the main port rather than to the receiver's own. */
  readonly mainPort?: boolean;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Lines are joined, each ended. */
  readonly body?: string | readonly string[];
  readonly status: number;
  /** The whole answer. */
  readonly text?: string;
  /** Parts of it. */
  readonly contains?: readonly string[];
  /** Members of it. */
  readonly answer?: object;
}

interface Recording {
  readonly sender: string;
  readonly exchanges: readonly RecordedExchange[];
  readonly lines: readonly object[];
}

for (const name of ['filebeat', 'logstash', 'fluent-bit', 'vector', 'docker']) {
  test(name, async (t) => {
    const recording = JSON.parse(await readFile(new URL(`${name}.json`, import.meta.url), 'utf8')) as Recording;
    const { runtime, writer, port } = await startTestGateway(t, {
      quarantine: true,
      receivers: {
        elasticsearch: { ...defaultsOf(elasticsearchConfig), port: 0 },
        splunk: defaultsOf(splunkConfig),
        datadog: defaultsOf(datadogConfig),
      },
    });
    const listener = runtime.listeners.find((status) => status.name === 'elasticsearch');
    assert.ok(listener !== undefined && listener.port > 0, 'the receiver listens on a port of its own');
    for (const exchange of recording.exchanges) {
      const told = await ask(exchange.mainPort === true ? port : listener.port, exchange);
      check(`${exchange.method} ${exchange.path}`, exchange, told);
      // the same under the prefix of the main port
      if (exchange.mainPort !== true && exchange.method !== 'POST') {
        check('/elasticsearch', exchange, await ask(port, { ...exchange, path: `/elasticsearch${exchange.path}` }));
      }
    }
    assert.deepEqual(linesOf(writer), recording.lines);
  });
}

interface Told {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

function ask(port: number, { method, path, headers = {}, body }: RecordedExchange): Promise<Told> {
  const text = body === undefined || typeof body === 'string' ? body : body.map((line) => `${line}\n`).join('');
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
      );
    });
    request.on('error', reject);
    request.end(text === undefined ? undefined : encoded(Buffer.from(text), headers['content-encoding']));
  });
}

function encoded(bytes: Buffer, encoding: string | undefined): Buffer {
  if (encoding === 'gzip') return gzipSync(bytes);
  return encoding === 'zstd' ? zstdCompressSync(bytes) : bytes;
}

function check(where: string, { mainPort, method, status, text, contains = [], answer }: RecordedExchange, told: Told): void {
  assert.equal(told.status, status, `${where}: ${told.text}`);
  if (mainPort !== true) assert.equal(told.headers['x-elastic-product'], 'Elasticsearch', where);
  if (method === 'HEAD') assert.equal(told.text, '');
  if (text !== undefined) assert.equal(told.text, text, where);
  for (const part of contains) assert.ok(told.text.includes(part), `${where}: ${told.text}`);
  if (answer !== undefined) assert.partialDeepStrictEqual(JSON.parse(told.text), answer, where);
}

function linesOf({ frames }: MemoryLogWriter): object[] {
  return frames
    .filter(({ header }) => header.rowCount > 0)
    .flatMap(({ payload }) => {
      const view = readNativeBlock(payload);
      return Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row));
    })
    .map(({ message, service, environment, host, level }) => ({ message, service, environment, host, level }));
}
