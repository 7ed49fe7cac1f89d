/**
 * The labels of a line on its way through a pipeline. They are of three kinds, which Grafana tells apart: of the stream, of
 * its structured metadata, and parsed out of the line. A name has one value; the later kind wins.
 */

export type LabelKind = 'stream' | 'metadata' | 'parsed';
export type LabelSet = ReadonlyMap<string, string>;

/** Of a name that the stream or the structured metadata has already. */
const duplicateSuffix = '_extracted';
export const errorLabel = '__error__';
export const errorDetailsLabel = '__error_details__';

interface Label {
  value: string;
  kind: LabelKind;
}

export class LineLabels {
  readonly #labels = new Map<string, Label>();
  /** Names that the stream has, whatever became of them since. */
  readonly #stream: LabelSet;
  error = '';
  errorDetails = '';

  constructor(stream: LabelSet, metadata: LabelSet) {
    this.#stream = stream;
    for (const [name, value] of stream) this.#labels.set(name, { value, kind: 'stream' });
    for (const [name, value] of metadata) {
      if (value !== '') this.#labels.set(stream.has(name) ? name + duplicateSuffix : name, { value, kind: 'metadata' });
    }
  }

  /** The empty text where there is none; `__error__` is a label too. */
  get(name: string): string {
    if (name === errorLabel) return this.error;
    if (name === errorDetailsLabel) return this.errorDetails;
    return this.#labels.get(name)?.value ?? '';
  }

  has(name: string): boolean {
    return this.get(name) !== '' || this.#labels.has(name);
  }

  kindOf(name: string): LabelKind | undefined {
    return this.#labels.get(name)?.kind;
  }

  /** Sets a label, as `label_format` does. */
  set(name: string, value: string, kind: LabelKind = 'parsed'): void {
    this.#labels.set(name, { value, kind });
  }

  /**
   * A value that a parser found. Where the stream or its metadata has the name, `_extracted` is put behind it, unless it is
   * the same value: lines are parsed when they are taken in, and what they had is their metadata then. What was parsed
   * before stays.
   */
  extract(name: string, value: string): void {
    const known = this.#labels.get(name);
    if (known === undefined && !this.#stream.has(name)) {
      this.#labels.set(name, { value, kind: 'parsed' });
      return;
    }
    if (known?.kind === 'parsed') return;
    if (known?.value === value) known.kind = 'parsed';
    else if (this.#labels.get(name + duplicateSuffix)?.kind !== 'parsed')
      this.#labels.set(name + duplicateSuffix, { value, kind: 'parsed' });
  }

  delete(name: string): void {
    if (name === errorLabel) this.error = '';
    else if (name === errorDetailsLabel) this.errorDetails = '';
    else this.#labels.delete(name);
  }

  fail(error: string, details = ''): void {
    this.error = error;
    this.errorDetails = details;
  }

  /** Names of all labels but the errors. */
  names(): string[] {
    return [...this.#labels.keys()];
  }

  /** Labels with a value; an error among them as a parsed one. */
  *entries(): Generator<readonly [name: string, value: string, kind: LabelKind]> {
    for (const [name, { value, kind }] of this.#labels) if (value !== '') yield [name, value, kind];
    if (this.error !== '') yield [errorLabel, this.error, 'parsed'];
    if (this.errorDetails !== '') yield [errorDetailsLabel, this.errorDetails, 'parsed'];
  }
}

/** A name as Prometheus takes it: letters, digits and `_`, not beginning with a digit. */
export function labelName(name: string): string {
  const plain = /^[A-Za-z_]\w*$/.test(name) ? name : name.trim().replaceAll(/[^A-Za-z0-9_]/g, '_');
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

/** A text that is equal exactly for equal labels. */
export function labelsKey(labels: LabelSet): string {
  return JSON.stringify([...labels].sort(([a], [b]) => (a < b ? -1 : 1)));
}
