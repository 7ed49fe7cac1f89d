/** The face of Millrace's own log; `platform/telemetry.ts` makes real ones, which cap and count repetitions. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Says nothing; for tests and benches. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
