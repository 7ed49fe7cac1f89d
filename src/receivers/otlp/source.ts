/**
 * What a request says once for many records: the resource (which host, which service) and the instrumentation scope.
 * Read before the records, wherever it stands in the message.
 */
import { recordFields } from '#model/field-names.ts';
import type { NameId, RecordNames } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import type { ProtobufReader } from '#receivers/protobuf-reader.ts';
import { RepeatedValues } from '#receivers/repeated-values.ts';
import { ValidText } from '#receivers/valid-text.ts';
import { AnyValueReader } from './any-value.ts';
import { AttributeReader } from './attributes.ts';
import type { AttributeSink } from './attributes.ts';
import { Decimal } from './decimal.ts';
import type { OtlpLimits } from './decode.ts';

/** ResourceLogs and ScopeLogs: `resource` or `scope`, and `schema_url`. */
const groupTags = { source: 0x0a, schemaUrl: 0x1a } as const;
const resourceTags = { attributes: 0x0a, droppedAttributesCount: 0x10 } as const;
const scopeTags = { name: 0x0a, version: 0x12, attributes: 0x1a, droppedAttributesCount: 0x20 } as const;

const scopePrefix = new TextEncoder().encode('scope.');

interface OwnNames {
  readonly resourceSchemaUrl: NameId;
  readonly resourceDropped: NameId;
  readonly scopeName: NameId;
  readonly scopeVersion: NameId;
  readonly scopeSchemaUrl: NameId;
  readonly scopeDropped: NameId;
}

const ownNames = (names: RecordNames): OwnNames => ({
  resourceSchemaUrl: names.own('schema_url'),
  resourceDropped: names.own('dropped_attributes_count'),
  scopeName: names.own('otel.scope.name'),
  scopeVersion: names.own('otel.scope.version'),
  scopeSchemaUrl: names.own('otel.scope.schema_url'),
  scopeDropped: names.own('otel.scope.dropped_attributes_count'),
});

/** Begin and end in the request. */
export type ByteRange = readonly [number, number];

export class SourceDecoder {
  readonly resource = new RepeatedValues();
  readonly scope = new RepeatedValues();
  /** The Resource messages of the last ResourceLogs: one, or several to be merged. */
  resourceRanges: ByteRange[] = [];
  scopeRanges: ByteRange[] = [];

  readonly #reader: ProtobufReader;
  readonly #writer: RecordWriter;
  readonly #names: OwnNames;
  readonly #value: AnyValueReader;
  readonly #attributes: AttributeReader;
  readonly #text = new ValidText();
  readonly #decimal = new Decimal();

  constructor(reader: ProtobufReader, limits: OtlpLimits, writer: RecordWriter) {
    this.#reader = reader;
    this.#writer = writer;
    this.#names = ownNames(writer.names);
    this.#value = new AnyValueReader(reader, limits.max_nesting);
    this.#attributes = new AttributeReader(reader, this.#value, writer.names, limits.max_attribute_name_bytes);
  }

  /** Begins a request of this size. */
  open(requestBytes: number): void {
    this.#attributes.open(requestBytes);
    this.#value.isTooDeep = false;
  }

  /** True where a value of the resource or scope is nested too deep; then none of their records can be taken. */
  get isTooDeep(): boolean {
    return this.#value.isTooDeep;
  }

  /** Reads the resource of the ResourceLogs at the reader's position. */
  readResource(end: number): void {
    this.resource.clear();
    this.resourceRanges = [];
    this.#value.isTooDeep = false;
    this.#group(end, this.resourceRanges, this.#resourceMember, (urlEnd) => this.#resourceText(this.#names.resourceSchemaUrl, urlEnd));
  }

  /** Reads the scope of the ScopeLogs at the reader's position. */
  readScope(end: number): void {
    this.scope.clear();
    this.scopeRanges = [];
    this.#group(end, this.scopeRanges, this.#scopeMember, (urlEnd) => this.#scopeText(this.#names.scopeSchemaUrl, urlEnd));
  }

  #group(end: number, ranges: ByteRange[], member: (tag: number, end: number) => void, schemaUrl: (end: number) => void): void {
    const reader = this.#reader;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === groupTags.source) {
        const sourceEnd = reader.range(end);
        ranges.push([reader.at, sourceEnd]);
        while (reader.at < sourceEnd) member(reader.tag(sourceEnd), sourceEnd);
      } else if (tag === groupTags.schemaUrl) {
        schemaUrl(reader.range(end));
      } else {
        reader.skip(tag, end);
      }
    }
  }

  readonly #resourceMember = (tag: number, end: number): void => {
    const reader = this.#reader;
    const { bytes, view } = this.#decimal;
    if (tag === resourceTags.attributes) this.#attributes.read(reader.range(end), this.#toResource);
    else if (tag === resourceTags.droppedAttributesCount) {
      const count = this.#readCount(end);
      if (count > 0) this.resource.resource(this.#names.resourceDropped, bytes, view, this.#decimal.start, this.#decimal.end);
    } else reader.skip(tag, end);
  };

  readonly #toResource: AttributeSink = (name, kind, bytes, view, start, end) => {
    if (kind === kinds.null) return;
    const field = this.#writer.names.fieldOf(name);
    const isField = field === recordFields.service || field === recordFields.host || field === recordFields.environment;
    if (isField && kind !== kinds.json && end > start && !this.resource.isFilled(field))
      this.resource.field(field, bytes, view, start, end);
    else this.resource.resource(name, bytes, view, start, end);
  };

  #resourceText(name: NameId, end: number): void {
    const text = this.#readText(end);
    if (text.end > text.start) this.resource.resource(name, text.bytes, text.view, text.start, text.end);
  }

  readonly #scopeMember = (tag: number, end: number): void => {
    const reader = this.#reader;
    const names = this.#names;
    const { bytes, view } = this.#decimal;
    if (tag === scopeTags.name) this.#scopeText(names.scopeName, reader.range(end));
    else if (tag === scopeTags.version) this.#scopeText(names.scopeVersion, reader.range(end));
    else if (tag === scopeTags.attributes) this.#attributes.read(reader.range(end), this.#toScope, scopePrefix);
    else if (tag === scopeTags.droppedAttributesCount) {
      const count = this.#readCount(end);
      if (count > 0) this.scope.attribute(names.scopeDropped, kinds.number, bytes, view, this.#decimal.start, this.#decimal.end);
    } else reader.skip(tag, end);
  };

  readonly #toScope: AttributeSink = (name, kind, bytes, view, start, end) => {
    this.scope.attribute(name, kind, bytes, view, start, end);
  };

  #scopeText(name: NameId, end: number): void {
    const text = this.#readText(end);
    if (text.end > text.start) this.scope.attribute(name, kinds.string, text.bytes, text.view, text.start, text.end);
  }

  /** Reads a count, and has it as text. */
  #readCount(end: number): number {
    const count = this.#reader.uint32(end);
    this.#decimal.write(count);
    return count;
  }

  #readText(end: number): ValidText {
    const reader = this.#reader;
    this.#text.of(reader.bytes, reader.view, reader.at, end);
    reader.at = end;
    return this.#text;
  }
}
