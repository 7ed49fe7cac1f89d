/**
 * Pushes of Loki's senders that cannot run here, written down from their sources, against a gateway over real sockets.
 * Each `.json` named below is one sender.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { lokiConfig } from '#receivers/loki/config.ts';
import { startTestGateway } from '../../gateway/gateway-harness.ts';
import { defaultsOf } from '../../support/config-defaults.ts';

interface RecordedExchange {
  readonly why?: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body as text, or as bytes; compressed here where the headers say gzip. */
  readonly body?: string;
  readonly base64?: string;
  readonly status: number;
  /** The whole answer. */
  readonly text?: string;
}

interface Recording {
  readonly sender: string;
  readonly exchanges: readonly RecordedExchange[];
  readonly lines: readonly object[];
}

for (const name of ['promtail', 'fluent-bit-loki', 'vector-loki']) {
  test(name, async (t) => {
    const recording = JSON.parse(await readFile(new URL(`${name}.json`, import.meta.url), 'utf8')) as Recording;
    const { writer, port } = await startTestGateway(t, { receivers: { loki: defaultsOf(lokiConfig) } });
    for (const exchange of recording.exchanges) {
      const told = await ask(port, exchange);
      assert.equal(told.status, exchange.status, `${exchange.path}: ${told.text}`);
      if (exchange.text !== undefined) assert.equal(told.text, exchange.text);
    }
    const lines = writer.frames
      .filter(({ header }) => header.rowCount > 0)
      .flatMap(({ payload }) => {
        const view = readNativeBlock(payload);
        return Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row));
      });
    assert.deepEqual(
      lines.map(({ tenant, service, host, tsNs, traceId }) => ({ tenant, service, host, tsNs: String(tsNs), trace: traceId })),
      recording.lines,
    );
  });
}

function ask(port: number, { method, path, headers = {}, body, base64 }: RecordedExchange): Promise<{ status: number; text: string }> {
  const bytes = base64 === undefined ? Buffer.from(body ?? '') : Buffer.from(base64, 'base64');
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    request.end(headers['content-encoding'] === 'gzip' ? gzipSync(bytes) : bytes);
  });
}
