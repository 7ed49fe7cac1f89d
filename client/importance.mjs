/**
 * How important a line is, for dropping: of lines that do not fit into the buffer, those of the highest rank go first.
 *
 * Ranks: 0 ERROR and FATAL, 1 WARN, 2 INFO and unknown levels, 3 DEBUG and TRACE. The server reads the level itself, so
 * a mistake here costs nothing but the order of dropping.
 */

export const rankCount = 4;
/** Names of the ranks in reports. */
export const rankNames = ['error', 'warn', 'info', 'debug'];
export const warnRank = 1;
const unknownRank = 2;

/** Spellings in lower case; those of INFO need not be here. */
const words = [
  ['error', 'fatal', 'err', 'e', 'f', 'crit', 'critical', 'alert', 'emerg', 'emergency', 'panic', 'severe', 'dpanic'],
  ['warn', 'warning', 'wrn', 'w'],
  ['info', 'notice'],
  ['debug', 'trace', 'verbose', 'silly', 'http', 'dbg', 'trc', 'd', 't', 'v', 'fine', 'finer', 'finest'],
];
/** @type {Map<string, number>} */
const ranks = new Map();
words.forEach((spellings, rank) => spellings.forEach((word) => ranks.set(word, rank).set(word.toUpperCase(), rank)));

/**
 * @param {unknown} level
 * @returns {number}
 */
export function rankOfLevel(level) {
  if (typeof level === 'number') return rankOfNumber(level);
  if (typeof level !== 'string') return unknownRank;
  // DEBUG2 … FATAL4 are OpenTelemetry's sub-levels
  return ranks.get(level) ?? ranks.get(level.toLowerCase().replace(/[1-4]$/, '')) ?? unknownRank;
}

/**
 * 10 and 20 are pino's TRACE and DEBUG; else up to 24 is OpenTelemetry's severity, and more is pino's level.
 * @param {number} level
 * @returns {number}
 */
function rankOfNumber(level) {
  if (level === 10 || level === 20) return 3;
  if (level <= 24) return level <= 8 ? 3 : level <= 12 ? 2 : level <= 16 ? 1 : 0;
  return level < 30 ? 3 : level < 40 ? 2 : level < 50 ? 1 : 0;
}

const levelKey = '"level":';
/** Loggers write the level first; searching long lines to their end would cost more than it tells. */
const searchedChars = 256;
const quote = 0x22;

/**
 * The rank of a line of JSON, from the first `"level":` near its beginning.
 * @param {string} json
 * @returns {number}
 */
export function rankOfJson(json) {
  // pino's own lines begin with it
  const at = json.startsWith(levelKey, 1) ? 1 : json.slice(0, searchedChars).indexOf(levelKey);
  if (at < 0) return unknownRank;
  const start = at + levelKey.length;
  if (json.charCodeAt(start) !== quote) return rankOfNumber(Number.parseInt(json.slice(start, start + 4), 10) || 9);
  const end = json.indexOf('"', start + 1);
  return rankOfLevel(json.slice(start + 1, end));
}
