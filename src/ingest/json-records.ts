/** JSON records to columns: the decoder that every receiver of JSON uses. What becomes of which member: docs/specs/log-batch.md. */
export { RecordDecoder } from './json-records/decode-record.ts';
export type { DecoderLimits } from './json-records/decode-record.ts';
export type { FieldSpellings } from './json-records/key-paths.ts';
export { JsonScanner, MalformedJson, stringFlags } from './json-records/json-scanner.ts';
export { SourceDefaults, sourceDefaults } from './json-records/source.ts';
export type { RequestDefaults } from './json-records/source.ts';
export { Unescaper } from './json-records/unescape.ts';
export { readTree, stringOfToken } from './json-records/unique-keys.ts';
export type { JsonTree } from './json-records/unique-keys.ts';
