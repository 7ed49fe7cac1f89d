/** Random ingest bodies, valid and spoilt, from a seed: food for the comparison of decoder and oracle. */
import { fieldSpellings } from '#model/field-names.ts';
import { seededRandom } from './sample-lines.test-support.ts';

const spellings = Object.values(fieldSpellings).flat();
const attributeNames = [
  'user_id',
  'a',
  'b',
  'a.b',
  'http',
  'method',
  'overflow',
  'level',
  'trace_id',
  'span_id',
  'x y',
  'clé',
  '',
  '"',
  '\\',
  '__proto__',
  'constructor',
  '名',
  'a_rather_long_name_of_an_attribute',
  '7',
  'name',
  'id',
];
const times = [
  '2025-07-15T10:23:45.123Z',
  '2025-07-15 10:23:45,5',
  '2024-02-29T23:59:60Z',
  '2025-07-15T10:23:45.123456789+02:00',
  '2025-07-15T10:23:45-0530',
  '2025-02-30T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '2262-04-11T23:47:16.854775807Z',
  '2262-04-11T23:47:16.854775808Z',
  '2025-07-15',
  '2025-07-15T10:23',
  '1752575025',
  '1752575025123',
  '1752575025123456',
  '1752575025123456789',
  '1752575025.5',
  '0',
  'yesterday',
  '',
  '1.7e9',
  '99999999999',
];
const levels = [
  'INFO',
  'warn',
  'Error',
  'DEBUG',
  'trace',
  'fatal',
  'W',
  'notice',
  'nonsense',
  '',
  '0',
  '9',
  '17',
  'INFO2',
  ' info ',
  'CRITICAL',
  'informationally',
];
const words = [
  'payment',
  'failed',
  'größe',
  '支付',
  '😀',
  'ord-456',
  '10.0.0.1',
  '\u0000',
  '\t',
  '\n',
  '"quoted"',
  'back\\slash',
  '\u2028',
  '\ufeff',
  '/path',
  'ÅNGSTRÖM',
  '\x7f',
  'é',
];
const numbers = ['0', '-0', '1.50', '1e5', '1E-7', '123456789012345678901234567890', '0.1', '-17', '1e400', '342', '5000', '12', '30'];

export class RandomBodies {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  below(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  #space(): string {
    return this.chance(0.9) ? '' : this.pick([' ', '\n', '\t', '\r\n', '   ']);
  }

  #inlineSpace(): string {
    return this.chance(0.9) ? '' : this.pick([' ', '\t', '   ']);
  }

  #lineSafe = false;

  #gap(): string {
    return this.#lineSafe ? this.#inlineSpace() : this.#space();
  }

  /** A JSON string token, with escapes where they need not be and lone surrogates now and then. */
  token(text: string): string {
    if (this.chance(0.85)) return JSON.stringify(text);
    let token = '"';
    for (const unit of text.split('')) {
      token += this.chance(0.3) ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : JSON.stringify(unit).slice(1, -1);
    }
    if (this.chance(0.1)) token += this.pick(['\\ud800', '\\udc00', '\\ud83d\\ude00', '\\ud83dx', '\\/', '\\b\\f']);
    return `${token}"`;
  }

  text(): string {
    if (this.chance(0.05)) return 'x'.repeat(this.below(400));
    return Array.from({ length: this.below(7) }, () => this.pick(words)).join(this.pick([' ', '', '-']));
  }

  #scalar(): string {
    const kind = this.below(8);
    if (kind < 4) return this.token(this.text());
    if (kind < 6) return this.pick(numbers);
    return this.pick(['true', 'false', 'null']);
  }

  value(depth: number): string {
    if (depth <= 0 || this.chance(0.75)) return this.#scalar();
    if (this.chance(0.5)) return this.object(() => this.pick(attributeNames), depth - 1);
    return `[${Array.from({ length: this.below(4) }, () => this.#gap() + this.value(depth - 1) + this.#gap()).join(',')}${this.#gap()}]`.replace(
      /^\[\s*,/,
      '[',
    );
  }

  object(name: () => string, depth: number, members = this.below(5)): string {
    const list = Array.from({ length: members }, () => {
      const key = name();
      return `${this.#gap()}${this.token(key)}${this.#gap()}:${this.#gap()}${this.#valueOf(key, depth)}${this.#gap()}`;
    });
    return `{${list.join(',')}}`;
  }

  #valueOf(key: string, depth: number): string {
    if (this.chance(0.15)) return this.value(depth);
    if (fieldSpellings.timestamp.includes(key))
      return this.chance(0.7)
        ? this.token(this.pick(times))
        : this.pick(['1752575025', '1752575025123', '1752575025.25', '1e9', '-1', '5']);
    if (fieldSpellings.level.includes(key))
      return this.chance(0.8) ? this.token(this.pick(levels)) : this.pick(['9', '20', '30', '0', '99', '1e1']);
    if (fieldSpellings.metadata.includes(key) || key === 'resource' || key === 'source')
      return this.object(() => this.pick(attributeNames), depth - 1, this.below(9));
    return this.value(depth);
  }

  record(): string {
    if (this.chance(0.03)) return this.value(2);
    const usual = ['timestamp', 'level', 'service', 'host', 'message', 'metadata'];
    let next = 0;
    const inOrder = this.chance(0.5);
    return this.object(
      () => (inOrder && next < usual.length ? usual[next++] : this.chance(0.6) ? this.pick(spellings) : this.pick(attributeNames)),
      3,
      this.below(12),
    );
  }

  #records(): string {
    return `[${Array.from({ length: this.below(5) }, () => this.#gap() + this.record()).join(`${this.#gap()},`)}${this.#gap()}]`;
  }

  json(): string {
    this.#lineSafe = false;
    const kind = this.below(10);
    if (kind === 0) return this.#records();
    if (kind === 1) return this.record();
    const members = [`${this.token('logs')}:${this.#gap()}${this.#records()}`];
    if (this.chance(0.4))
      members.push(
        `"source":${this.object(() => this.pick(['service', 'host', 'environment', 'env', 'region', 'service.name', 'k8s']), 2)}`,
      );
    if (this.chance(0.1)) members.push(`"extra":${this.value(2)}`);
    if (this.chance(0.03)) members.push(`"logs":${this.value(1)}`);
    if (this.chance(0.5)) members.reverse();
    return `${this.#gap()}{${members.join(`${this.#gap()},${this.#gap()}`)}}${this.#gap()}`;
  }

  ndjson(): string {
    this.#lineSafe = true;
    const text = Array.from({ length: this.below(6) }, () => (this.chance(0.05) ? '' : this.record())).join(
      this.pick(['\n', '\r\n', '\n\n']),
    );
    return this.chance(0.5) ? `${text}\n` : text;
  }

  /** Spoils a body in a few places: bytes changed, dropped, doubled, cut. */
  mutate(body: Uint8Array): Uint8Array {
    let bytes = [...body];
    for (let change = this.below(3); change >= 0; change--) {
      const at = this.below(bytes.length + 1);
      const kind = this.below(6);
      if (kind === 0) bytes[at] = this.below(256);
      else if (kind === 1) bytes.splice(at, 1 + this.below(3));
      else if (kind === 2)
        bytes.splice(
          at,
          0,
          ...new TextEncoder().encode(this.pick(['"', '{', '}', '[', ']', ',', ':', '\\', '1', '\n', 'é', 'null', '"a":1,', '{}', ' '])),
        );
      else if (kind === 3) bytes.splice(at, 0, ...bytes.slice(at, at + this.below(40)));
      else if (kind === 4 && this.chance(0.2)) bytes = bytes.slice(0, at);
      else bytes[at] = this.pick([...new TextEncoder().encode('{}[]",:\\0123456789eE.+-truefalsn \n\t')]);
    }
    return Uint8Array.from(bytes.map((byte) => byte ?? 0x20));
  }
}
