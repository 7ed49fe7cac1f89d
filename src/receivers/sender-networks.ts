/**
 * Which addresses may send to a listener whose protocol carries no credentials (`allowed_networks` of each such receiver).
 * Used by tcp-listener.ts and udp-listener.ts, for every connection and every datagram.
 */
import { BlockList, isIP } from 'node:net';
import { AppError } from '#base/errors.ts';

/** Answers remembered; a datagram's sender is nearly always one of the last few hundred. */
const maxRemembered = 4096;

export class SenderNetworks {
  readonly #allowed = new BlockList();
  /** Asking BlockList costs about a microsecond, a datagram not much more. */
  readonly #remembered = new Map<string, boolean>();

  /**
   * @param networks `10.0.0.0/8, 192.168.1.7, fd00::/8`, separated by commas or blanks
   * @param setting full path of the setting they come from
   * @throws AppError invalid_configuration
   */
  constructor(networks: string, setting: string) {
    for (const network of networks.split(/[\s,]+/).filter((part) => part !== '')) {
      const problem = this.#add(network);
      if (problem !== undefined) throw new AppError('invalid_configuration', `"${network}" ${problem}`, { details: { setting } });
    }
  }

  /** @param address as Node reports it; IPv4 in IPv6 (`::ffff:10.0.0.1`) counts as IPv4 */
  allows(address: string): boolean {
    const known = this.#remembered.get(address);
    if (known !== undefined) return known;
    const plain = plainAddress(address);
    const allowed = isIP(plain) !== 0 && this.#allowed.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6');
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
    this.#remembered.set(address, allowed);
    return allowed;
  }

  #add(network: string): string | undefined {
    const [address, prefixText, ...rest] = network.split('/');
    const version = isIP(address);
    if (version === 0 || rest.length > 0) return 'is no address or network such as 10.0.0.0/8';
    const type = version === 4 ? 'ipv4' : 'ipv6';
    const maxPrefix = version === 4 ? 32 : 128;
    const prefix = prefixText === undefined ? maxPrefix : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
    if (!(prefix <= maxPrefix)) return `needs a prefix of 0 to ${maxPrefix} bits`;
    this.#allowed.addSubnet(address, prefix, type);
    return undefined;
  }
}

/** The address as people write it: without the IPv6 prefix of IPv4 and without the zone of a link-local one. */
export function plainAddress(address: string): string {
  const withoutZone = address.includes('%') ? address.slice(0, address.indexOf('%')) : address;
  return withoutZone.startsWith('::ffff:') && withoutZone.includes('.') ? withoutZone.slice(7) : withoutZone;
}
