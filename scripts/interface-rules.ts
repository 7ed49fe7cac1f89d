/** Judges the sources of the web interface by the table in boundaries.ts; rules as in architecture-rules.ts. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { bannedFileNames, browserFolders, interfacePackages, maxSourceLines, maxTestLines } from './boundaries.ts';
import { packageOf, readSource, rootDirectory } from './imports.ts';
import type { SourceFile } from './imports.ts';

type Rule = (file: SourceFile) => string[];

/** All TypeScript files under web/src/, by path. */
export function readInterfaceSources(): SourceFile[] {
  const sourceRoot = join(rootDirectory, 'web', 'src');
  return readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .sort()
    .map((path) => readSource(path, readFileSync(join(sourceRoot, path), 'utf8')));
}

const packages: Rule = (file) =>
  file.imports.flatMap(({ specifier }) => {
    if (specifier.startsWith('.') || (file.isTest && specifier.startsWith('node:'))) return [];
    if (specifier.startsWith('#')) return fromServer(file, specifier);
    if (specifier.startsWith('node:')) return [`web/src/${file.path}: runs in a browser and may not import '${specifier}'`];
    const name = packageOf(specifier);
    const owners = interfacePackages[name];
    if (file.isTest && owners === undefined) return [];
    if (owners === undefined) return [`web/src/${file.path}: package "${name}" has no owner in scripts/boundaries.ts`];
    const isOwner = owners.some((owner) => owner === '*' || owner === file.folder);
    return isOwner ? [] : [`web/src/${file.path}: package "${name}" belongs to ${owners.join(', ')}`];
  });

/** Of the server only what runs in a browser too, by the public face of its folders. */
function fromServer(file: SourceFile, specifier: string): string[] {
  const [folder, ...rest] = specifier.slice(1).split('/');
  if (!browserFolders.some((one) => one === folder)) return [`web/src/${file.path}: "${folder}" of src/ does not run in a browser`];
  return rest.length === 1 ? [] : [`web/src/${file.path}: '${specifier}' is private to "${folder}"`];
}

/** A page is nobody's part: others know its address (`…-view.ts`), and the table of pages loads it. */
const pagesStandAlone: Rule = (file) =>
  file.imports.flatMap(({ specifier, kind }) => {
    const target = targetOf(file, specifier)?.split('/');
    if (target?.[0] !== 'pages' || kind === 'lazy') return [];
    const isOwn = file.path.startsWith(`pages/${target[1]}/`);
    return isOwn || target[2].endsWith('-view.ts') ? [] : [`web/src/${file.path}: '${specifier}' is inside the page "${target[1]}"`];
  });

/** Relative imports stay in web/src; the server is reached by `#` only. */
const insideOnly: Rule = (file) =>
  file.imports
    .filter(({ specifier }) => targetOf(file, specifier)?.startsWith('..') === true)
    .map(({ specifier }) => `web/src/${file.path}: '${specifier}' leaves web/src/`);

function targetOf(file: SourceFile, specifier: string): string | undefined {
  return specifier.startsWith('.') ? relative('/web', resolve('/web', dirname(file.path), specifier)) : undefined;
}

const neverHtml = /dangerouslySetInnerHTML|\.innerHTML\b|\.outerHTML\b|insertAdjacentHTML|document\.write/;

/** What a line says is text, whatever stands in it. */
const textOnly: Rule = (file) => (neverHtml.test(file.code) ? [`web/src/${file.path}: makes HTML of text`] : []);

const names: Rule = ({ path }) => {
  const stem = basename(path).split('.')[0];
  const isNameless = bannedFileNames.includes(stem);
  return isNameless || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem) ? [`web/src/${path}: file names say what is inside, in kebab-case`] : [];
};

const size: Rule = ({ path, isTest, lineCount }) => {
  if (path === 'api/operations.ts') return [];
  const bound = isTest ? maxTestLines : maxSourceLines;
  return lineCount > bound ? [`web/src/${path}: ${lineCount} lines, at most ${bound}`] : [];
};

export const interfaceRules: Readonly<Record<string, Rule>> = {
  'packages belong to their owners': packages,
  'pages stand alone': pagesStandAlone,
  'imports stay inside': insideOnly,
  'text is never HTML': textOnly,
  'file names say what is inside': names,
  'files stay small': size,
};
