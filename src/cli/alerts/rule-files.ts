/** Alert rules in YAML files, each with its place. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, Node } from 'yaml';
import { AppError } from '#base/errors.ts';

export interface RuleInFile {
  readonly rule: unknown;
  /** `alerts.yaml:12` */
  readonly place: string;
}

/** Rules of files, of the YAML files of directories, and of the standard input for `-`, in their order. @throws AppError */
export async function readRuleFiles(paths: readonly string[], readInput: () => Promise<string>): Promise<RuleInFile[]> {
  const found: RuleInFile[] = [];
  for (const path of paths) {
    if (path === '-') found.push(...rulesOfText(await readInput(), 'the standard input'));
    else for (const file of await filesOf(path)) found.push(...rulesOfText(await textOf(file), file));
  }
  return found;
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new AppError('not_found', `there is no file or directory ${path}`, { cause });
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort();
  return names.map((name) => join(path, name));
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AppError('not_found', `${file} cannot be read`, { cause });
  });
}

/** @throws AppError where it is no YAML, or something else than rules */
export function rulesOfText(text: string, file: string): RuleInFile[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, merge: true });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document: Document) => {
    const [error] = document.errors;
    if (error !== undefined)
      throw new AppError('bad_request', `${file}:${lines.linePos(error.pos[0]).line}: ${error.message.split('\n', 1)[0]}`);
    const placeOf = (node: Node | null | undefined): string => `${file}:${lines.linePos(node?.range?.[0] ?? 0).line}`;
    return ruleNodes(document).map((node) => {
      if (!isMap(node)) throw new AppError('bad_request', `${placeOf(node)}: a rule has members such as "name" and "condition"`);
      return { rule: node.toJS(document) as unknown, place: placeOf(node) };
    });
  });
}

function ruleNodes({ contents }: Document): readonly (Node | null)[] {
  if (contents === null) return [];
  if (isSeq(contents)) return contents.items as Node[];
  const inner = isMap(contents) ? contents.get('rules', true) : undefined;
  if (isSeq(inner)) return inner.items as Node[];
  return isMap(contents) && contents.has('rules') ? [] : [contents as Node];
}
