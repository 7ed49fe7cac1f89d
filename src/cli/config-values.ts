/** Values of settings as they were given, read by their unit; secrets by the variable or file that they name. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isSeq } from 'yaml';
import { Secret } from '#base/secret.ts';
import { allowedText, isSection, readValue } from './config-settings.ts';
import type { SchemaNode } from './config-settings.ts';

/** Where problems go; `origin` says where the value was given. */
export interface ConfigProblems {
  reject(path: string, origin: string, message: string): void;
  rejectUnknown(path: string, origin: string, known?: Iterable<string>): void;
}

export class ValueReader {
  /** Variables named by `{env: NAME}`. */
  readonly secretVariables = new Set<string>();
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #problems: ConfigProblems;

  constructor(environment: Readonly<Record<string, string | undefined>>, problems: ConfigProblems) {
    this.#environment = environment;
    this.#problems = problems;
  }

  /** The value, or undefined after a problem has been noted. */
  read(path: string, schema: SchemaNode, given: unknown, origin: string, directory: string): unknown {
    if (schema.unit === 'secret') return this.#readSecret(path, given, origin, directory);
    if (schema.unit === 'list') return this.#convertList(path, schema, given, origin, directory);
    if (schema.unit === 'structure') return this.#readStructure(path, given, origin, directory);
    const value = readValue(schema, given);
    if (value === undefined) this.#problems.reject(path, origin, `${quoted(given)} is not allowed; it must be ${allowedText(schema)}`);
    return value;
  }

  #convertList(path: string, schema: SchemaNode, given: unknown, origin: string, directory: string): unknown {
    if (!Array.isArray(given)) {
      this.#problems.reject(path, origin, 'must be a list');
      return undefined;
    }
    const item = schema.items as SchemaNode;
    return given.map((entry: unknown, index) => {
      const itemPath = `${path}[${index}]`;
      if (!isSection(item)) return this.read(itemPath, item, entry, origin, directory);
      if (typeof entry === 'object' && entry !== null && !Array.isArray(entry))
        return this.#convertItem(itemPath, item, entry, origin, directory);
      this.#problems.reject(itemPath, origin, `must hold settings by name: ${Object.keys(item.properties ?? {}).join(', ')}`);
      return undefined;
    });
  }

  #convertItem(path: string, schema: SchemaNode, entry: object, origin: string, directory: string): Record<string, unknown> {
    const properties = schema.properties ?? {};
    for (const name of Object.keys(entry)) {
      if (!Object.hasOwn(properties, name))
        this.#problems.rejectUnknown(
          `${path}.${name}`,
          origin,
          Object.keys(properties).map((known) => `${path}.${known}`),
        );
    }
    const given = entry as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(properties).flatMap(([name, property]) => {
        const isGiven = Object.hasOwn(given, name) && given[name] !== null;
        const value = isGiven ? this.read(`${path}.${name}`, property, given[name], origin, directory) : property.default;
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  /** As given, with what names a variable or file as a Secret. */
  #readStructure(path: string, given: unknown, origin: string, directory: string): unknown {
    if (typeof given !== 'object' || given === null) return given;
    if (Array.isArray(given))
      return given.map((entry: unknown, index) => this.#readStructure(`${path}[${index}]`, entry, origin, directory));
    const names = Object.keys(given);
    if (names.length === 1 && (names[0] === 'env' || names[0] === 'file')) return this.#readSecret(path, given, origin, directory);
    return Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, this.#readStructure(`${path}.${name}`, value, origin, directory)]),
    );
  }

  #readSecret(path: string, given: unknown, origin: string, directory: string): Secret | undefined {
    if (typeof given === 'string' && given !== '') return new Secret(given);
    const reference = typeof given === 'object' && given !== null ? Object.entries(given) : [];
    const [kind, name] = reference.length === 1 ? reference[0] : [];
    if ((kind !== 'env' && kind !== 'file') || typeof name !== 'string' || name === '') {
      this.#problems.reject(path, origin, 'must be a text, {env: NAME} or {file: path}');
      return undefined;
    }
    const text = kind === 'env' ? this.#secretVariable(path, name, origin) : this.#secretFile(path, resolve(directory, name), origin);
    return text === undefined ? undefined : new Secret(text);
  }

  #secretVariable(path: string, name: string, origin: string): string | undefined {
    this.secretVariables.add(name);
    const value = this.#environment[name];
    if (value !== undefined && value !== '') return value;
    this.#problems.reject(path, origin, `the environment variable ${name} is not set`);
    return undefined;
  }

  #secretFile(path: string, file: string, origin: string): string | undefined {
    try {
      const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
      if (text !== '') return text;
      this.#problems.reject(path, origin, `the file "${file}" is empty`);
    } catch (thrown) {
      this.#problems.reject(path, origin, `the file "${file}" cannot be read: ${(thrown as Error).message}`);
    }
    return undefined;
  }
}

function quoted(given: unknown): string {
  return typeof given === 'string' ? `"${given}"` : isSeq(given) || typeof given === 'object' ? 'a list or map' : String(given);
}
