/** Where key and value of a KeyValue message lie (opentelemetry/proto/common/v1/common.proto). */
import type { ProtobufReader } from '#receivers/protobuf-reader.ts';

export const keyValueTags = { key: 0x0a, value: 0x12 } as const;

/** One instance serves all messages: its ranges hold until the next `read`, also of a message within the value. */
export class KeyValueRanges {
  keyAt = 0;
  keyEnd = 0;
  valueAt = 0;
  valueEnd = 0;

  /** Reads the message that ends at `end`, its fields in any order; what is missing is an empty range at the end. */
  read(reader: ProtobufReader, end: number): void {
    this.keyAt = end;
    this.keyEnd = end;
    this.valueAt = end;
    this.valueEnd = end;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === keyValueTags.key) {
        this.keyEnd = reader.range(end);
        this.keyAt = reader.at;
        reader.at = this.keyEnd;
      } else if (tag === keyValueTags.value) {
        this.valueEnd = reader.range(end);
        this.valueAt = reader.at;
        reader.at = this.valueEnd;
      } else {
        reader.skip(tag, end);
      }
    }
  }
}
