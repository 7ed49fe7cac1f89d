/** What a record's attributes have no place for: collected as the members of one JSON object. A slow path. */

/** Names repeat their prefixes, so many small members can grow: past this many times the record it is refused. */
const maxGrowth = 8;
const growthSlack = 64 * 1024;

export class Overflow {
  #members: string[] = [];
  #length = 0;

  get isEmpty(): boolean {
    return this.#members.length === 0;
  }

  /** Adds a member; `json` is its value's JSON text. */
  add(name: string, json: string): void {
    const member = `${JSON.stringify(name)}:${json}`;
    this.#members.push(member);
    this.#length += member.length;
  }

  /** True where it has outgrown a record of this many bytes. */
  exceeds(recordBytes: number): boolean {
    return this.#length > recordBytes * maxGrowth + growthSlack;
  }

  /** The JSON object. */
  text(): string {
    return `{${this.#members.join(',')}}`;
  }

  clear(): void {
    this.#members = [];
    this.#length = 0;
  }
}
