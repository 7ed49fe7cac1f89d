/**
 * Which addresses belong to the public internet. Everything that IANA's registries of special-purpose addresses call not globally
 * reachable is not, nor are multicast and documentation; addresses that carry an IPv4 address (mapped, translated, 6to4) are
 * judged by that one.
 *
 * https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
 */
import { BlockList, isIP } from 'node:net';

const notPublic = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  notPublic.addSubnet(network, prefix, 'ipv4');

/** `address` must be an IP address in any spelling; what is none is not public. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublic.check(address, 'ipv4');
  if (family !== 6 || address.includes('%')) return false;
  const groups = groupsOf(address);
  const embedded = embeddedIpv4(groups);
  if (embedded !== undefined) return !notPublic.check(embedded, 'ipv4');
  // only 2000::/3 is given out; of it 2001::/23 (special purposes) and 2001:db8::/32, 3fff::/20 (documentation) are not reachable
  if ((groups[0] & 0xe000) !== 0x2000) return false;
  const isSpecial = groups[0] === 0x2001 && (groups[1] < 0x200 || groups[1] === 0xdb8);
  return !isSpecial && !(groups[0] === 0x3fff && groups[1] < 0x1000);
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [head, tail] = text.split('::');
  const read = (part: string | undefined): number[] =>
    part === undefined || part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [before, after] = [read(head), read(tail)];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

/** Of ::a.b.c.d, ::ffff:a.b.c.d, ::ffff:0:a.b.c.d, 64:ff9b::a.b.c.d and 2002:ab:cd::. */
function embeddedIpv4(groups: readonly number[]): string | undefined {
  const zeros = (count: number): boolean => groups.slice(0, count).every((group) => group === 0);
  const isMapped = (zeros(5) && groups[5] === 0xffff) || (zeros(4) && groups[4] === 0xffff && groups[5] === 0) || zeros(6);
  const isTranslated = groups[0] === 0x64 && groups[1] === 0xff9b && groups.slice(2, 6).every((group) => group === 0);
  if (isMapped || isTranslated) return dotted(groups[6], groups[7]);
  return groups[0] === 0x2002 ? dotted(groups[1], groups[2]) : undefined;
}

const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
