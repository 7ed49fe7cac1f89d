/**
 * What the client goes by: the options of `createClient`, checked, with their defaults.
 *
 * Only here may the client throw: a wrong option shows itself at the start of the application, and nothing later does.
 */
import { hostname } from 'node:os';
import { defaultCompression, supportedCompressions } from './compression.mjs';
import { createHttpFetch } from './http-fetch.mjs';
import { warnSparingly } from './warnings.mjs';

/** @import { ClientOptions, Clock, FetchLike, Problem } from './declarations/index.d.ts' */
/** @import { Compression } from './compression.mjs' */

/**
 * @typedef {object} Settings
 * @property {string} ingestUrl
 * @property {Record<string, string>} headers sent with every batch
 * @property {string} source JSON text of what the batches say about all their lines
 * @property {number} maxBatchLines
 * @property {number} maxBatchBytes
 * @property {number} flushIntervalMs
 * @property {number} maxBufferBytes
 * @property {number} concurrency
 * @property {Compression} compression
 * @property {number} requestTimeoutMs
 * @property {number} minRetryDelayMs
 * @property {number} maxRetryDelayMs
 * @property {number} maxRetryAfterMs
 * @property {number} flushTimeoutMs
 * @property {boolean} flushOnExit
 * @property {readonly NodeJS.Signals[]} flushOnSignals
 * @property {(problem: Problem) => void} onError
 * @property {FetchLike} fetch
 * @property {() => void} closeConnections
 * @property {Clock} clock
 * @property {() => number} random
 */

/** Bounds of the options that are numbers: default, least, most. */
const numbers = {
  // what the designs of the ingest endpoint name as a batch
  maxBatchLines: [1000, 1, 50_000],
  // far below the server's bound (ingest.max_body_bytes), so that a proxy's bound of a few megabytes is kept too
  maxBatchBytes: [2 ** 20, 1024, 2 ** 26],
  flushIntervalMs: [1000, 1, 3_600_000],
  maxBufferBytes: [2 ** 25, 1024, 2 ** 34],
  // two, so that one batch fills and travels while the other is on the server's disk
  concurrency: [2, 1, 64],
  requestTimeoutMs: [30_000, 1, 3_600_000],
  minRetryDelayMs: [250, 1, 3_600_000],
  maxRetryDelayMs: [30_000, 1, 3_600_000],
  maxRetryAfterMs: [300_000, 0, 86_400_000],
  flushTimeoutMs: [10_000, 0, 3_600_000],
};

/** @typedef {Record<keyof typeof numbers, number>} Numbers */

/** @type {Clock} */
const systemClock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(/** @type {NodeJS.Timeout} */ (timer)),
};

/**
 * Throws a TypeError that names the option where one is wrong or unknown.
 * @param {ClientOptions} options
 * @returns {Settings}
 */
export function readSettings(options) {
  if (typeof options !== 'object' || options === null) throw new TypeError('createClient needs options: { url: … }');
  const ingestUrl = readUrl(options.url);
  const clock = options.clock ?? systemClock;
  const http = options.fetch === undefined ? createHttpFetch(ingestUrl, options.agent) : { fetch: options.fetch, close() {} };
  return {
    ...readNumbers(options),
    ingestUrl,
    headers: readHeaders(options),
    source: readSource(options),
    compression: readCompression(options.compression),
    flushOnExit: options.flushOnExit ?? true,
    flushOnSignals: options.flushOnSignals ?? [],
    onError: options.onError ?? warnSparingly(clock),
    fetch: http.fetch,
    closeConnections: http.close,
    clock,
    random: options.random ?? Math.random,
  };
}

/**
 * @param {unknown} url
 * @returns {string}
 */
function readUrl(url) {
  const text = String(url ?? '');
  if (!URL.canParse(text)) throw new TypeError(`option "url" must be an address such as http://127.0.0.1:4880, not "${text}"`);
  const base = new URL(text);
  if (base.protocol !== 'http:' && base.protocol !== 'https:') throw new TypeError(`option "url" must be http or https, not "${text}"`);
  base.search = base.hash = '';
  base.pathname = `${base.pathname.replace(/\/+$/, '')}/v1/ingest`;
  return base.href;
}

/**
 * @param {ClientOptions} options
 * @returns {Numbers}
 */
function readNumbers(options) {
  const read = /** @type {Numbers} */ ({});
  for (const name of /** @type {(keyof Numbers)[]} */ (Object.keys(numbers))) {
    const [standard, least, most] = numbers[name];
    const value = options[name] ?? standard;
    if (!(typeof value === 'number' && value >= least && value <= most)) {
      throw new TypeError(`option "${name}" must be a number from ${least} to ${most}, not "${value}"`);
    }
    read[name] = value;
  }
  return read;
}

/**
 * @param {ClientOptions} options
 * @returns {Record<string, string>}
 */
function readHeaders({ apiKey, tenant }) {
  for (const [name, value] of Object.entries({ apiKey, tenant })) {
    if (value !== undefined && !/^[\x21-\x7e]+$/.test(value)) throw new TypeError(`option "${name}" must be printable ASCII text`);
  }
  return {
    'content-type': 'application/json',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...(tenant === undefined ? {} : { 'x-tenant-id': tenant }),
  };
}

/**
 * @param {ClientOptions} options
 * @returns {string}
 */
function readSource({ source, service, host, environment, region }) {
  const named = Object.entries({ service, host, environment, region }).filter(([, value]) => value !== undefined);
  return JSON.stringify({ host: hostname(), ...source, ...Object.fromEntries(named) });
}

/**
 * @param {ClientOptions['compression']} name
 * @returns {Compression}
 */
function readCompression(name = 'auto') {
  if (name === 'auto') return defaultCompression;
  if (!supportedCompressions.includes(name)) {
    throw new TypeError(`option "compression" must be auto, ${supportedCompressions.join(' or ')} on this Node, not "${name}"`);
  }
  return name;
}
