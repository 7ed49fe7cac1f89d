/**
 * From what an application logs to the JSON text of a record. Never throws: what cannot be written as JSON is named in
 * its place, and the line goes out all the same.
 */

/**
 * `{"ts","level","msg","meta"}`, as POST /v1/ingest describes it.
 * @param {number} nowMs
 * @param {unknown} level
 * @param {unknown} message
 * @param {Readonly<Record<string, unknown>> | undefined} fields
 * @returns {string}
 */
export function textOfLine(nowMs, level, message, fields) {
  try {
    let meta = fields;
    if (message instanceof Error) meta = { err: message, ...fields };
    if (meta !== undefined && meta !== null && holdsError(meta)) meta = withErrorsAsFields(meta);
    return JSON.stringify({ ts: nowMs, level, msg: messageText(message), meta });
  } catch {
    return carefulText({ ts: nowMs, level, msg: safely(() => messageText(message)), meta: fields });
  }
}

/**
 * A record in any shape that the server takes, with a `ts` where it names no time itself.
 * @param {number} nowMs
 * @param {unknown} record
 * @returns {string}
 */
export function textOfRecord(nowMs, record) {
  let text;
  try {
    text = JSON.stringify(record);
  } catch {
    text = carefulText(record);
  }
  if (text === undefined || text[0] !== '{') return textOfLine(nowMs, undefined, text ?? String(record), undefined);
  return withTime(nowMs, text);
}

/** Keys of a time that loggers write; a nested one may be taken for it, which leaves the server its time of arrival. */
const timeKey = /"(?:time|ts|timestamp|@timestamp|datetime|@t)":/;

/**
 * A line that should be the JSON of a record, as it is but for a time. Only its ends are looked at; what is no object at
 * all becomes a message.
 * @param {number} nowMs
 * @param {string} json
 * @param {unknown} level of a line that becomes a message
 * @returns {string}
 */
export function textOfJson(nowMs, json, level) {
  const text = json.trim();
  return text.startsWith('{') && text.endsWith('}') ? withTime(nowMs, text) : textOfLine(nowMs, level, json, undefined);
}

/**
 * The record's text with a `ts` in front, unless it has a time.
 * @param {number} nowMs
 * @param {string} json text of an object
 * @returns {string}
 */
function withTime(nowMs, json) {
  if (json.includes('"time":') || timeKey.test(json)) return json;
  return `{"ts":${nowMs}${/^\{\s*\}$/.test(json) ? '' : ','}${json.slice(1)}`;
}

/**
 * The text as a record: itself where it is the JSON text of an object, else a record with the text as its message.
 * @param {number} nowMs
 * @param {string} text
 * @returns {string}
 */
export function repairedText(nowMs, text) {
  try {
    const value = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return text;
  } catch {
    // not JSON: below
  }
  return textOfLine(nowMs, undefined, text, undefined);
}

/**
 * @param {unknown} message
 * @returns {string}
 */
function messageText(message) {
  if (typeof message === 'string') return message;
  if (message instanceof Error) return message.message;
  if (typeof message === 'object' && message !== null) return JSON.stringify(message);
  return String(message);
}

/**
 * @param {Readonly<Record<string, unknown>>} fields
 * @returns {boolean}
 */
function holdsError(fields) {
  if (fields instanceof Error) return true;
  for (const name in fields) if (fields[name] instanceof Error) return true;
  return false;
}

/**
 * JSON has nothing of an Error, since its parts are not enumerable.
 * @param {Readonly<Record<string, unknown>>} fields
 * @returns {Record<string, unknown>}
 */
function withErrorsAsFields(fields) {
  if (fields instanceof Error) return { err: fieldsOfError(fields) };
  const entries = Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? fieldsOfError(value) : value]);
  return Object.fromEntries(entries);
}

/**
 * The names that pino gives the parts of an error.
 * @param {Error} error
 * @returns {Record<string, unknown>}
 */
export function fieldsOfError(error) {
  const { name, message, stack, cause } = error;
  return {
    ...error,
    type: error.constructor?.name ?? name,
    message,
    stack,
    ...(cause === undefined ? {} : { cause: cause instanceof Error ? `${cause.name}: ${cause.message}` : cause }),
  };
}

/**
 * JSON of values that JSON.stringify refuses: cycles, big integers, getters and toJSON that throw.
 * @param {unknown} value
 * @returns {string}
 */
function carefulText(value) {
  try {
    return JSON.stringify(plainOf(value, []));
  } catch {
    // a proxy that throws whatever one asks, or more text than a string can hold
    return '{"msg":"[A record that cannot be read]"}';
  }
}

/** Deeper values are named only; the server has a bound of its own. */
const maxDepth = 32;

/**
 * @param {unknown} value
 * @param {object[]} within the objects around it
 * @returns {unknown}
 */
function plainOf(value, within) {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (within.includes(value)) return '[Circular]';
  if (within.length >= maxDepth) return '[Too deep]';
  const around = [...within, value];
  if (value instanceof Error)
    return plainOf(
      safely(() => fieldsOfError(value)),
      around,
    );
  if (Array.isArray(value)) return value.map((item) => plainOf(item, around));
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return plainOf(
      safely(() => /** @type {Date} */ (value).toJSON()),
      around,
    );
  return Object.fromEntries(
    Object.keys(value).map((name) => [
      name,
      plainOf(
        safely(() => /** @type {Record<string, unknown>} */ (value)[name]),
        around,
      ),
    ]),
  );
}

/**
 * What the function returns, or what it threw as text.
 * @param {() => unknown} read
 * @returns {unknown}
 */
function safely(read) {
  try {
    return read();
  } catch (error) {
    return `[Threw ${error instanceof Error ? error.name : 'a value'}]`;
  }
}
