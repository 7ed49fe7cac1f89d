/** For tests: requests built by hand in protobuf, and the OTLP receiver over a fake intake. */
import type { Static } from '#base/config-schema.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import type { FakeIntake, FakeIntakeOptions } from '#receivers/intake.fake.ts';
import { ProtobufWriter } from '#receivers/protobuf-writer.ts';
import type { Receiver } from '#receivers/receiver.ts';
import type { otlpConfig } from './config.ts';
import { createOtlpReceiver } from './receiver.ts';

export type TestConfig = Static<typeof otlpConfig>;

export const testConfig: TestConfig = {
  enabled: true,
  max_json_bytes: 1 << 20,
  max_repeated_bytes: 1 << 20,
  http: { enabled: true, host: '127.0.0.1', port: 0 },
  grpc: {
    enabled: true,
    host: '127.0.0.1',
    port: 0,
    max_connections: 16,
    max_streams: 10,
    request_timeout: 2000,
    stop_timeout: 2000,
    tls: { certificate: '', key: '', client_ca: '', check_interval: 1000 },
  },
};

export interface TestReceiver {
  readonly fake: FakeIntake;
  readonly receiver: Receiver;
}

export function openTestReceiver(config: Partial<TestConfig> = {}, options: FakeIntakeOptions = {}): TestReceiver {
  const fake = createFakeIntake(options);
  return { fake, receiver: createOtlpReceiver(fake.context, { ...testConfig, ...config }) };
}

/** What a message is made of. */
export type Parts = (message: ProtobufWriter) => void;

export function nested(message: ProtobufWriter, field: number, parts: Parts): void {
  const begun = message.begin(field);
  parts(message);
  message.end(begun);
}

export function messageOf(parts: Parts): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter();
  parts(writer);
  return Uint8Array.from(writer.bytes());
}

/** An ExportLogsServiceRequest with one resource and scope, whose records are these LogRecords. */
export function requestOf(records: readonly Parts[], resource?: Parts, scope?: Parts): Uint8Array<ArrayBuffer> {
  return messageOf((request) =>
    nested(request, 1, (resourceLogs) => {
      if (resource !== undefined) nested(resourceLogs, 1, resource);
      nested(resourceLogs, 2, (scopeLogs) => {
        if (scope !== undefined) nested(scopeLogs, 1, scope);
        for (const record of records) nested(scopeLogs, 2, record);
      });
    }),
  );
}

/** A KeyValue in field `field`. */
export function attribute(message: ProtobufWriter, field: number, key: string, value: Parts): void {
  nested(message, field, (keyValue) => {
    keyValue.text(1, key);
    nested(keyValue, 2, value);
  });
}

export const textValue =
  (text: string): Parts =>
  (value) =>
    value.text(1, text);

/** A LogRecord with a text as its body. */
export const textRecord =
  (text: string): Parts =>
  (record) =>
    nested(record, 5, textValue(text));
