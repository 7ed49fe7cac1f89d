/** `millrace/client`: sends an application's log lines to Millrace, in batches, and never in its way. */
import { LogClient } from './log-client.mjs';
import { readSettings } from './settings.mjs';

/** @import { Client, ClientOptions } from './declarations/index.d.ts' */

/**
 * Throws a TypeError where an option is wrong.
 * @param {ClientOptions} options
 * @returns {Client}
 */
export function createClient(options) {
  return new LogClient(readSettings(options));
}
