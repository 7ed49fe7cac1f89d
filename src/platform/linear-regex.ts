/**
 * Regular expressions of users, which must never stall a process: only those are admitted that V8's linear engine can run.
 *
 * They run in V8's usual engine, which is ten times faster, until a match backtracks too often; then V8 goes on with the
 * linear one by itself (`--enable-experimental-regexp-engine-on-excessive-backtracks`, measured: `(a*)*b` on 28 letters
 * takes 1 ms instead of 6 s). The flags hold for the process, so this module sets them before any such expression is made.
 */
import { setFlagsFromString } from 'node:v8';
import { AppError } from '#base/errors.ts';

setFlagsFromString('--enable-experimental-regexp-engine');
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

/** Longest expression: compiling takes time too. */
const maxExpressionLength = 20_000;

/**
 * The expression, case-sensitive, `.` not matching line ends unless `flags` has `s`. Throws AppError bad_request, with the
 * reason, for one that is malformed or cannot be run in linear time: look-around, back-references, `(?i:…)`, large counts.
 * `maxLength` is for who writes expressions with classes spelt out, from shorter ones of users.
 */
export function compileLinearRegex(pattern: string, flags: '' | 's' | 'm' | 'ms' = '', maxLength = maxExpressionLength): RegExp {
  if (pattern.length > maxLength) {
    throw new AppError('bad_request', `the regular expression is longer than ${maxLength} characters`);
  }
  const compiled = tryCompile(pattern, flags);
  if (/\(\?<[=!]/.test(pattern)) throw refusal(pattern, 'look-behind is not possible in linear time');
  const linear = tryCompile(pattern, `${flags}l`);
  if (linear instanceof RegExp && compiled instanceof RegExp) return compiled;
  if (!(compiled instanceof RegExp)) throw refusal(pattern, compiled.message.replace(/^Invalid regular expression: /, ''));
  throw refusal(pattern, reasonOf(pattern));
}

function tryCompile(pattern: string, flags: string): RegExp | Error {
  try {
    return new RegExp(pattern, flags);
  } catch (error) {
    return error as Error;
  }
}

function refusal(pattern: string, reason: string): AppError {
  const shown = pattern.length > 200 ? `${pattern.slice(0, 200)}…` : pattern;
  return new AppError('bad_request', `the regular expression "${shown}" is not admitted: ${reason}`);
}

function reasonOf(pattern: string): string {
  if (/\(\?[=!]/.test(pattern)) return 'look-ahead is not possible in linear time';
  if (/\\[1-9]|\\k</.test(pattern)) return 'back-references are not possible in linear time';
  if (/\(\?[a-z-]+[:)]/.test(pattern)) return 'flags inside an expression are not possible in linear time; write [Ee]rror for both cases';
  if (/\{\d+(,\d*)?\}/.test(pattern)) return 'a count in braces is too large for linear time; use + or * instead';
  return 'it cannot be run in linear time';
}
