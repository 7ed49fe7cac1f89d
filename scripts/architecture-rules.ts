/** Judges the sources by the table in boundaries.ts. Each rule returns its violations as sentences; none means kept. */
import { basename } from 'node:path';
import type { BannedCall } from './boundaries.ts';
import {
  bannedCalls,
  bannedFileNames,
  browserFolders,
  compositionRoot,
  extraEdges,
  folderOrder,
  forbiddenEdges,
  maxSourceLines,
  maxTestLines,
  oversizedFiles,
  packageOwners,
  plugInFolders,
  testPackages,
} from './boundaries.ts';
import type { SourceFile } from './imports.ts';
import { packageOf, targetOf } from './imports.ts';

type Rule = (file: SourceFile) => string[];

const levelOf = (folder: string): number => (folderOrder as readonly string[]).indexOf(folder);

function edgeAllowed(from: string, to: string): boolean {
  const same = (edge: { from: string; to: string }): boolean => edge.from === from && edge.to === to;
  if (forbiddenEdges.some(same)) return false;
  return levelOf(to) < levelOf(from) || extraEdges.some(same);
}

/** Folders are known ones, and import only those above them. */
const folderEdges: Rule = (file) => {
  if (levelOf(file.folder) < 0) return [`src/${file.path}: folder "${file.folder}" is not in scripts/boundaries.ts`];
  if (file.isTest) return [];
  return file.imports.flatMap(({ specifier }) => {
    const to = targetOf(file, specifier)?.split('/')[0];
    if (to === undefined || to === file.folder || edgeAllowed(file.folder, to)) return [];
    return [`src/${file.path}: "${file.folder}" may not import "${to}" ('${specifier}')`];
  });
};

/** Crossings are written `#folder/file.ts`; inside a folder paths are relative, or a subfolder names its folder's face so. */
const crossingForm: Rule = (file) =>
  file.imports.flatMap(({ specifier }) => {
    const target = targetOf(file, specifier);
    if (target === undefined) return [];
    if (target.startsWith('..')) return file.isTest ? [] : [`src/${file.path}: '${specifier}' leaves src/`];
    const crosses = target.split('/')[0] !== file.folder;
    if (crosses && !specifier.startsWith('#')) return [`src/${file.path}: '${specifier}' crosses folders; write '#${target}'`];
    const toOwnFace = file.path.split('/').length > 2 && target.split('/').length === 2;
    if (!crosses && specifier.startsWith('#') && !toOwnFace && !file.isTest)
      return [`src/${file.path}: '${specifier}' stays in its folder; write a relative path`];
    return [];
  });

/** Subfolders are private; a plug-in's top-level files are open to the composition root, and to tests. */
const privateSubfolders: Rule = (file) =>
  file.imports.flatMap(({ specifier }) => {
    const parts = targetOf(file, specifier)?.split('/') ?? [];
    if (parts.length <= 2 || parts[0] === '..') return [];
    const [folder, plugIn] = parts;
    if (folder === file.folder) {
      const own = file.path.split('/');
      const betweenPlugIns = plugInFolders.some((name) => name === folder) && own.length > 2 && own[1] !== plugIn;
      return betweenPlugIns && !file.isTest
        ? [`src/${file.path}: plug-in "${own[1]}" may not import plug-in "${plugIn}" ('${specifier}')`]
        : [];
    }
    const isPlugInEntry = plugInFolders.some((name) => name === folder) && parts.length === 3;
    if (isPlugInEntry && (file.folder === compositionRoot || file.isTest)) return [];
    return [`src/${file.path}: '${specifier}' is private to "${folder}"`];
  });

/** Every package has its owners; folders for the browser use no `node:*`. */
const packages: Rule = (file) =>
  file.imports.flatMap(({ specifier }) => {
    if (targetOf(file, specifier) !== undefined || specifier.startsWith('/')) return [];
    if (specifier.startsWith('node:')) {
      const inBrowser = browserFolders.some((folder) => folder === file.folder) && !file.isTest;
      return inBrowser ? [`src/${file.path}: "${file.folder}" runs in a browser and may not import '${specifier}'`] : [];
    }
    const name = packageOf(specifier);
    if (file.isTest && (name in packageOwners || testPackages.includes(name))) return [];
    const owners = packageOwners[name];
    if (owners === undefined) return [`src/${file.path}: package "${name}" has no owner in scripts/boundaries.ts`];
    return owners.some((owner) => owner === file.folder) ? [] : [`src/${file.path}: package "${name}" belongs to ${owners.join(', ')}`];
  });

/** `import { type X }` loads the file for nothing. */
const typeImports: Rule = (file) =>
  file.imports
    .filter(({ onlyInlineTypes, kind }) => onlyInlineTypes && kind === 'value')
    .map(({ specifier }) => `src/${file.path}: imports only types of '${specifier}'; write 'import type'`);

function callViolations(file: SourceFile, { pattern, what, instead, allowed }: BannedCall): string[] {
  if (file.isTest || allowed.some((place) => (place.endsWith('/') ? file.path.startsWith(place) : file.path === place))) return [];
  return file.code
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`src/${file.path}:${index + 1}: ${what} is not used here; instead: ${instead}`] : []));
}

const calls: Rule = (file) => bannedCalls.flatMap((banned) => callViolations(file, banned));

const names: Rule = (file) => {
  const stem = basename(file.path).split('.')[0];
  const nameless = bannedFileNames.includes(stem) ? [`src/${file.path}: "${stem}" says nothing; name the file by its thing`] : [];
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem) ? [] : [`src/${file.path}: file names are kebab-case`];
  return [...nameless, ...kebab];
};

const size: Rule = (file) => {
  const bound = file.isTest ? maxTestLines : maxSourceLines;
  const allowance = oversizedFiles[file.path];
  if (allowance !== undefined && file.lineCount < allowance) {
    return [`src/${file.path}: shrank to ${file.lineCount} lines; lower or remove its entry in oversizedFiles`];
  }
  return file.lineCount > (allowance ?? bound) ? [`src/${file.path}: ${file.lineCount} lines, at most ${allowance ?? bound}`] : [];
};

/** Rules that judge one file, by name. */
export const fileRules: Readonly<Record<string, Rule>> = {
  'folders import only what stands above them': folderEdges,
  'crossings are written with #': crossingForm,
  'subfolders are private': privateSubfolders,
  'packages belong to their owners': packages,
  'types are imported as types': typeImports,
  'calls stay in their place': calls,
  'file names say what is inside': names,
  'files stay small': size,
};

/** Rings of files that load each other by value imports, each as the list of its paths. */
export function importCycles(files: readonly SourceFile[]): string[][] {
  const edges = new Map(files.map((file) => [file.path, valueTargets(file)]));
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[][] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(path)), path]);
      return;
    }
    state.set(path, 'open');
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    state.set(path, 'done');
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}

function valueTargets(file: SourceFile): string[] {
  return file.imports.filter(({ kind }) => kind === 'value').flatMap(({ specifier }) => targetOf(file, specifier) ?? []);
}

/** Folder → folders that its production code imports now, in table order. */
export function actualEdges(files: readonly SourceFile[]): Map<string, string[]> {
  const edges = new Map<string, Set<string>>();
  for (const file of files) {
    if (file.isTest) continue;
    const targets = edges.get(file.folder) ?? new Set<string>();
    edges.set(file.folder, targets);
    for (const { specifier } of file.imports) {
      const to = targetOf(file, specifier)?.split('/')[0];
      if (to !== undefined && to !== file.folder) targets.add(to);
    }
  }
  return new Map(
    folderOrder.filter((folder) => edges.has(folder)).map((folder) => [folder, folderOrder.filter((to) => edges.get(folder)?.has(to))]),
  );
}
