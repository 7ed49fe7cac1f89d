/**
 * Internet addresses and networks, IPv4 and IPv6 in one space: an IPv4 address is its IPv6-mapped form. Which texts are
 * addresses is the same in the engine (`toIPv6OrNull`, but for the spellings of `oddSpelling`) and in the matcher.
 */

/** Eight groups of 16 bits. */
export type Address = readonly number[];

/**
 * What `toIPv6OrNull` takes in some places and not in others, and no program writes: leading zeros in decimal parts and
 * three colons. Neither engine nor matcher takes it for an address. For RE2 and JavaScript alike.
 */
export const oddSpelling = '\\.0[0-9]|:0[0-9]*\\.|:::';
const odd = new RegExp(oddSpelling);
const decimalPart = /^(?:0|[1-9]\d{0,2})$/;
const groupText = /^[0-9A-Fa-f]{1,4}$/;
const groupCount = 8;

/** The address that a text is, or undefined. */
export function parseAddress(text: string): Address | undefined {
  if (odd.test(text)) return undefined;
  if (!text.includes(':')) {
    const pair = decimalGroups(text);
    return pair && [0, 0, 0, 0, 0, 0xffff, ...pair];
  }
  const [head, tail, ...more] = text.split('::').map(groupsOf);
  if (head === undefined || more.length > 0) return undefined;
  if (!text.includes('::')) return head.length === groupCount ? head : undefined;
  const missing = tail === undefined ? -1 : groupCount - head.length - tail.length;
  return tail === undefined || missing < 0 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** The last group may be written as an IPv4 address. */
function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    const pair = i === parts.length - 1 && part.includes('.') ? decimalGroups(part) : undefined;
    if (pair !== undefined) groups.push(...pair);
    else if (groupText.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function decimalGroups(text: string): [number, number] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => decimalPart.test(part) && Number(part) <= 255)) return undefined;
  const [a, b, c, d] = parts.map(Number);
  return [a * 256 + b, c * 256 + d];
}

/** Below 0, 0 or above 0. */
export function compareAddresses(a: Address, b: Address): number {
  for (let i = 0; i < groupCount; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

/** A spelling that the engine reads. */
export function addressText(address: Address): string {
  return address.map((group) => group.toString(16)).join(':');
}

/** First and last address, both included. */
export interface AddressRange {
  readonly from: Address;
  readonly to: Address;
}

const mappedBits = 96;

/** The addresses of `10.0.0.0/8` or `2001:db8::/32`, or undefined where the text is no network. */
export function parseNetwork(text: string): AddressRange | undefined {
  const match = /^([0-9A-Fa-f.:]+)\/(\d{1,3})$/.exec(text);
  const address = match === null ? undefined : parseAddress(match[1]);
  if (match === null || address === undefined) return undefined;
  const isIpv4 = !match[1].includes(':');
  const bits = Number(match[2]) + (isIpv4 ? mappedBits : 0);
  if (bits > 128) return undefined;
  const keptBits = (group: number): number => Math.min(16, Math.max(0, bits - 16 * group));
  const masks = address.map((_, i) => (0xffff << (16 - keptBits(i))) & 0xffff);
  return { from: address.map((group, i) => group & masks[i]), to: address.map((group, i) => group | (~masks[i] & 0xffff)) };
}

/** All addresses of the same family. */
export function familyOf(text: string): AddressRange {
  return parseNetwork(text.includes(':') ? '::/0' : '0.0.0.0/0') as AddressRange;
}
