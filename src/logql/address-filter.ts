/** `ip("…")`: an address, a range `a-b` or a network, sought in a line or compared with a label's value. */
import { compareAddresses, parseAddress, parseNetwork } from '#language/addresses.ts';
import type { AddressRange } from '#language/addresses.ts';
import { meaningError } from './errors.ts';

export interface AddressFilter {
  /** The whole text is such an address. */
  matches(text: string): boolean;
  /** One stands somewhere in the line. */
  isIn(line: string): boolean;
}

/** What may be an address: no letter, digit, point or colon stands beside it. */
const candidate = /[0-9A-Fa-f:.]*[0-9A-Fa-f](?:[0-9A-Fa-f:.]*[0-9A-Fa-f:])?/g;
const longestAddress = 45;

/** Throws AppError query_syntax. */
export function compileAddresses(text: string): AddressFilter {
  const range = readRange(text.trim());
  if (range === undefined) throw meaningError(`ip: invalid pattern ${JSON.stringify(text)}: expected an address, a network or a range`);
  const matches = (value: string): boolean => {
    const address = value.length > longestAddress ? undefined : parseAddress(value);
    return address !== undefined && compareAddresses(address, range.from) >= 0 && compareAddresses(address, range.to) <= 0;
  };
  return {
    matches,
    // the port behind an address of version 4 is no part of it
    isIn: (line) => [...line.matchAll(candidate)].some(([found]) => matches(found) || matches(found.replace(/:\d*$/, ''))),
  };
}

function readRange(text: string): AddressRange | undefined {
  const network = parseNetwork(text);
  if (network !== undefined) return network;
  const [first, last = first, ...more] = text.split('-').map((part) => parseAddress(part.trim()));
  if (first === undefined || last === undefined || more.length > 0 || compareAddresses(first, last) > 0) return undefined;
  return { from: first, to: last };
}
