/**
 * Loads the configuration: defaults < YAML file < environment < flags, each value read by its unit and checked.
 *
 * Invariants: an unknown name is an error that names the nearest known one; a bad value's error names the setting, where
 * it was given (file and line, variable or flag) and what is allowed; all problems are told at once; the result is
 * frozen. Secrets come as `{env: NAME}` or `{file: path}` (or as text) and are loaded as Secret.
 *
 * Called by main.ts; reads no environment and no command line of its own.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isMap, isScalar, LineCounter, parse, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import { AppError } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import { Secret } from '#base/secret.ts';
import type { SchemaNode, Setting } from './config-settings.ts';
import { allowedText, isSection, settingsOf, variableOf } from './config-settings.ts';
import { ValueReader } from './config-values.ts';
import type { ConfigProblems } from './config-values.ts';

export interface ConfigSources {
  /** Path of the YAML file. */
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Command-line words such as `--log.max_bytes=1GB`. */
  readonly flags: readonly string[];
}

export interface ConfigRules<C> {
  /** Short name → path of the setting. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly checks: readonly ((config: C) => readonly { readonly path: string; readonly message: string }[])[];
}

export interface LoadedConfig<C> {
  readonly config: C;
  /** Path → where its value came from; settings at their default are absent. */
  readonly origins: ReadonlyMap<string, string>;
}

/** @throws AppError invalid_configuration, whose message lists all problems, one a line */
export function loadConfig<C>(schema: SchemaNode, rules: ConfigRules<C>, sources: ConfigSources): LoadedConfig<C> {
  const loader = new Loader(schema, rules.aliases, sources.environment);
  if (sources.file !== undefined) loader.readFile(sources.file);
  loader.readEnvironment();
  loader.readFlags(sources.flags);
  const config = loader.finish() as C;
  for (const check of loader.problems.length === 0 ? rules.checks : []) {
    for (const { path, message } of check(config)) loader.reject(path, loader.originOf(path), message);
  }
  if (loader.problems.length > 0) {
    const [first, ...others] = loader.problems;
    const message = others.length === 0 ? first : `${loader.problems.length} settings are wrong:\n  ${loader.problems.join('\n  ')}`;
    throw new AppError('invalid_configuration', message, { details: { problems: loader.problems } });
  }
  return { config: deepFreeze(config), origins: loader.origins };
}

/** Variables that Kubernetes sets for a service called "millrace"; they are no settings. */
const serviceLink = /^MILLRACE_(SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP)(_\w+)?)$/;

class Loader implements ConfigProblems {
  readonly problems: string[] = [];
  readonly origins = new Map<string, string>();
  readonly #schema: SchemaNode;
  readonly #settings: ReadonlyMap<string, Setting>;
  readonly #aliases: Readonly<Record<string, string>>;
  readonly #environment: ConfigSources['environment'];
  readonly #values = new Map<string, unknown>();
  readonly #reader: ValueReader;

  constructor(schema: SchemaNode, aliases: Readonly<Record<string, string>>, environment: ConfigSources['environment']) {
    this.#schema = schema;
    this.#settings = new Map(settingsOf(schema).map((setting) => [setting.path, setting]));
    this.#aliases = aliases;
    this.#environment = environment;
    this.#reader = new ValueReader(environment, this);
  }

  reject(path: string, origin: string, message: string): void {
    this.problems.push(`${path}${origin === '' ? '' : ` (${origin})`}: ${message}`);
  }

  /** Where a setting, or the list it is part of, was given. */
  originOf(path: string): string {
    return this.origins.get(path) ?? this.origins.get(path.replace(/\[.*$/, '')) ?? '';
  }

  readFile(file: string): void {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (thrown) {
      this.problems.push(`the configuration file "${file}" cannot be read: ${(thrown as Error).message}`);
      return;
    }
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const originAt = (node: Node | null | undefined): string => `${file}:${lines.linePos(node?.range?.[0] ?? 0).line}`;
    for (const error of document.errors) this.problems.push(`${file}:${lines.linePos(error.pos[0]).line}: ${error.message}`);
    if (document.errors.length === 0 && document.contents !== null) {
      this.#readMap(document, document.contents, this.#schema, '', originAt, dirname(file));
    }
  }

  #readMap(document: Document, node: Node, schema: SchemaNode, prefix: string, originAt: (node: Node) => string, directory: string): void {
    if (isScalar(node) && node.value === null) return;
    if (!isMap(node)) {
      this.reject(prefix === '' ? 'the configuration' : prefix, originAt(node), 'must hold settings by name');
      return;
    }
    for (const { key, value } of node.items) {
      const name = String(isScalar(key) ? key.value : key);
      const path = prefix === '' ? name : `${prefix}.${name}`;
      const child = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined;
      const origin = originAt(key as Node);
      if (child === undefined) this.rejectUnknown(path, origin);
      else if (value === null) continue;
      else if (isSection(child)) this.#readMap(document, value as Node, child, path, originAt, directory);
      else if (isScalar(value) && value.value === null) continue;
      else this.#assign(path, child, (value as Node).toJS(document), origin, directory);
    }
  }

  readEnvironment(): void {
    const byVariable = new Map([...this.#settings.values()].map((setting) => [setting.variable, setting.path]));
    for (const [alias, path] of Object.entries(this.#aliases)) byVariable.set(variableOf(alias), path);
    for (const [variable, value] of Object.entries(this.#environment)) {
      if (!variable.startsWith('MILLRACE_') || variable === 'MILLRACE_CONFIG' || value === undefined) continue;
      const path = byVariable.get(variable);
      if (path !== undefined) {
        const isServiceLink = variable === 'MILLRACE_PORT' && value.startsWith('tcp://');
        if (isServiceLink)
          this.reject(path, variable, `"${value}" comes from Kubernetes; set enableServiceLinks: false, or call the service otherwise`);
        else this.#assignText(path, value, variable);
      } else if (!serviceLink.test(variable) && !this.#reader.secretVariables.has(variable)) {
        const nearest = nearestName(variable, byVariable.keys());
        this.problems.push(
          `the environment variable ${variable} is no setting${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
        );
      }
    }
  }

  readFlags(words: readonly string[]): void {
    const names = [...this.#settings.keys(), ...Object.keys(this.#aliases)];
    for (let at = 0; at < words.length; at++) {
      const match = /^--([^=]+)(?:=([\s\S]*))?$/.exec(words[at]);
      if (match === null) {
        this.problems.push(`"${words[at]}" is no option; settings are written --section.name=value`);
        continue;
      }
      const name = match[1].replaceAll('-', '_');
      const setting = this.#settings.get(Object.hasOwn(this.#aliases, name) ? this.#aliases[name] : name);
      const next = words[at + 1];
      const takesNext = match[2] === undefined && next !== undefined && !next.startsWith('--');
      if (takesNext) at++;
      if (setting === undefined) {
        const nearest = nearestName(name, names);
        this.problems.push(
          `--${match[1]} is no setting${nearest === undefined ? '; `millrace config docs` lists them' : `; did you mean --${nearest}?`}`,
        );
        continue;
      }
      const value = match[2] ?? (takesNext ? next : undefined);
      if (value !== undefined) this.#assignText(setting.path, value, `--${match[1]}`);
      else if (setting.schema.unit === 'boolean') this.#assignText(setting.path, 'true', `--${match[1]}`);
      else this.reject(setting.path, `--${match[1]}`, `needs a value: ${allowedText(setting.schema)}`);
    }
  }

  #assignText(path: string, text: string, origin: string): void {
    const schema = this.#settings.get(path)?.schema as SchemaNode;
    let given: unknown = text;
    if (schema.unit === 'list') {
      try {
        given = parse(text);
      } catch (thrown) {
        this.reject(path, origin, `is no YAML list: ${(thrown as Error).message.split('\n')[0]}`);
        return;
      }
    }
    this.#assign(path, schema, given, origin, '.');
  }

  #assign(path: string, schema: SchemaNode, given: unknown, origin: string, directory: string): void {
    const value = this.#reader.read(path, schema, given, origin, directory);
    this.origins.set(path, origin);
    if (value !== undefined) this.#values.set(path, value);
  }

  rejectUnknown(path: string, origin: string, known: Iterable<string> = this.#knownNames()): void {
    const nearest = nearestName(path, known) ?? this.#settingCalled(path.split('.').at(-1) ?? '');
    this.reject(
      path,
      origin,
      `there is no such setting${nearest === undefined ? '; `millrace config docs` lists them' : `; did you mean "${nearest}"?`}`,
    );
  }

  *#knownNames(): Iterable<string> {
    yield* this.#settings.keys();
    yield* Object.keys(this.#schema.properties ?? {});
  }

  /** A setting of that name in another section, for one that was put into the wrong place. */
  #settingCalled(name: string): string | undefined {
    return this.#aliases[name] ?? [...this.#settings.keys()].find((path) => path.endsWith(`.${name}`));
  }

  /** The nested object of all values, defaults where nothing was given. */
  finish(): Record<string, unknown> {
    const config: Record<string, unknown> = {};
    for (const { path, schema } of this.#settings.values()) {
      const value = this.#values.get(path) ?? schema.default;
      const names = path.split('.');
      const last = names.pop() as string;
      let place = config;
      for (const name of names) place = (place[name] ??= {}) as Record<string, unknown>;
      if (value !== undefined) place[last] = structuredCloneOfPlain(value);
    }
    return config;
  }
}

/** A default list belongs to the schema and must not be frozen or shared. */
function structuredCloneOfPlain(value: unknown): unknown {
  return Array.isArray(value) ? value.slice() : value;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Secret || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
