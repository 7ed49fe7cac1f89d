/**
 * Reads the imports of the sources. A scanner by regular expressions is enough here: the formatter keeps one form of
 * import, and comments are taken out first. (TypeScript 7 has no JavaScript API to ask instead.)
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const rootDirectory = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

export interface ImportStatement {
  readonly specifier: string;
  /** `value` loads the file, `type` is erased, `lazy` is a dynamic import or a worker's URL. */
  readonly kind: 'value' | 'type' | 'lazy';
  /** Braces hold only `type` names: loads the file for nothing. */
  readonly onlyInlineTypes: boolean;
}

export interface SourceFile {
  /** Path under src/, such as `log/wal/writer.ts`. */
  readonly path: string;
  readonly folder: string;
  readonly isTest: boolean;
  readonly lineCount: number;
  /** Text with comments blanked out; line numbers are kept. */
  readonly code: string;
  readonly imports: readonly ImportStatement[];
}

/** Tests, benches, contract suites and fakes: not part of what runs in production. */
const testFile = /\.(test|test-support|bench|contract|fuzz|fake)\.ts$|(^|\/)test-[^/]*\.ts$/;

/** The code with comments replaced by blanks, strings and templates kept. */
export function withoutComments(source: string): string {
  const pattern = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|\/\*[\s\S]*?\*\/|(?<=^|[\s;,{}()])\/\/[^\n]*/g;
  return source.replace(pattern, (match) => (match.startsWith('/') ? match.replace(/[^\n]/g, ' ') : match));
}

/** Import and re-export statements of a source text without comments. */
export function readImports(code: string): ImportStatement[] {
  const found: ImportStatement[] = [];
  for (const [, typeOnly, clause, specifier] of code.matchAll(
    /^(?:import|export)\s+(type\s+)?((?:[\w$*\s,]|\{[^}]*\})*?)\s*from\s*'([^'\n]+)'/gm,
  )) {
    const names =
      /^\s*\{([^}]*)\}\s*$/
        .exec(clause)?.[1]
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean) ?? [];
    const onlyInlineTypes = names.length > 0 && names.every((name) => name.startsWith('type '));
    found.push({ specifier, kind: typeOnly === undefined ? 'value' : 'type', onlyInlineTypes });
  }
  for (const [, specifier] of code.matchAll(/^import\s*'([^'\n]+)'/gm)) found.push({ specifier, kind: 'value', onlyInlineTypes: false });
  const lazy = /\bimport\(\s*'([^'\n]+)'|\bnew URL\(\s*'([^'\n]+\.ts)'\s*,\s*import\.meta\.url|\brequire\(\s*'([^'\n]+)'/g;
  for (const [, dynamic, worker, required] of code.matchAll(lazy)) {
    found.push({ specifier: dynamic ?? worker ?? required, kind: 'lazy', onlyInlineTypes: false });
  }
  return found;
}

export function readSource(path: string, source: string): SourceFile {
  const code = withoutComments(source);
  return {
    path,
    folder: path.split('/')[0],
    isTest: testFile.test(path),
    lineCount: source.split('\n').length - (source.endsWith('\n') ? 1 : 0),
    code,
    imports: readImports(code),
  };
}

/** All TypeScript files under src/, by path. */
export function readSources(): SourceFile[] {
  const sourceRoot = join(rootDirectory, 'src');
  return readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => readSource(path, readFileSync(join(sourceRoot, path), 'utf8')));
}

/** Path under src/ that an import of ours leads to; undefined for packages and `node:`. */
export function targetOf(file: SourceFile, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (!specifier.startsWith('.')) return undefined;
  const base = '/src';
  return relative(base, resolve(base, dirname(file.path), specifier));
}

/** `@scope/name` or `name` of a bare specifier. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
