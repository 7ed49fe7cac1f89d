/** What parsers did, by parser and service; read by the one who made the set. */

export interface ParserCounts {
  readonly parser: string;
  readonly service: string;
  /** Lines that it read. */
  parsed: number;
  /** Lines that it was to read and could not: they have the attribute `parse_error`. */
  failed: number;
  /** Lines that went on as they were because it was switched off. */
  overBudget: number;
}

/** Where services beyond the bound are counted. */
export const otherServices = '_other';

export class ParserCounters {
  readonly #maxServices: number;
  readonly #services = new Set<string>();
  readonly #cells = new Map<string, ParserCounts>();

  constructor(maxServices: number) {
    this.#maxServices = maxServices;
  }

  /** The numbers of a parser and service, to count in. */
  of(parser: string, service: string): ParserCounts {
    const isKnown = this.#services.has(service) || this.#services.size < this.#maxServices;
    const counted = isKnown ? service : otherServices;
    this.#services.add(counted);
    const key = `${parser}\0${counted}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      cell = { parser, service: counted, parsed: 0, failed: 0, overBudget: 0 };
      this.#cells.set(key, cell);
    }
    return cell;
  }

  all(): readonly ParserCounts[] {
    return [...this.#cells.values()];
  }
}
