/** `npm run generate`: rewrites every generated file and every generated part of a document. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from './generated.ts';
import { rootDirectory } from './imports.ts';

for (const { path, text, current } of await generatedFiles()) {
  if (text === current) continue;
  mkdirSync(dirname(join(rootDirectory, path)), { recursive: true });
  writeFileSync(join(rootDirectory, path), text);
  console.log(`wrote ${path}`);
}
