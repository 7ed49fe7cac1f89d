/** Why a single record cannot be taken: the closed list of codes in `errors` of an ingest answer and in the quarantine. */
export const recordErrorCodes = {
  not_an_object: 'the record is no JSON object',
  malformed_record: 'the record cannot be read as what it claims to be',
  invalid_timestamp: 'the timestamp cannot be read or is outside 1970-2262',
  record_too_large: 'the record is larger than ingest.max_record_bytes',
  nesting_too_deep: 'the record is nested deeper than ingest.max_nesting',
  timestamp_out_of_window: 'the timestamp is older than ingest.max_age or further ahead than ingest.max_future',
  pipeline_error: "a step of the pipeline failed on the record; Millrace's own log has the details",
  unsupported_action: 'the protocol action asks for something that a log cannot do, such as an update',
} as const;

export type RecordErrorCode = keyof typeof recordErrorCodes;

export interface RecordError {
  /** Place of the record in its request, from 0. */
  readonly index: number;
  readonly code: RecordErrorCode;
  readonly message: string;
}
