/** Why a single record is refused: the closed list of codes in `errors` of an ingest answer. Metric label and docs page. */
export const recordErrorCodes = {
  not_an_object: 'the record is no JSON object',
  malformed_record: 'the line is not JSON',
  invalid_timestamp: 'the timestamp cannot be read or is outside 1970-2262',
  record_too_large: 'the record is larger than ingest.max_record_bytes',
  nesting_too_deep: 'the record is nested deeper than ingest.max_nesting',
} as const;

export type RecordErrorCode = keyof typeof recordErrorCodes;

export interface RecordError {
  /** Place of the record in its request, from 0. */
  readonly index: number;
  readonly code: RecordErrorCode;
  readonly message: string;
}
