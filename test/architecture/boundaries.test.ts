/** Holds src/ to scripts/boundaries.ts, and the reader of imports to a table of its own. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileRules, importCycles } from '../../scripts/architecture-rules.ts';
import { buildPackages, interfacePackages, packageOwners, testPackages } from '../../scripts/boundaries.ts';
import { interfaceRules, readInterfaceSources } from '../../scripts/interface-rules.ts';
import { readImports, readSource, readSources, rootDirectory, withoutComments } from '../../scripts/imports.ts';

const sources = readSources();
const firstLine = (source: string): string => source.split('\n')[0];

describe('architecture', () => {
  for (const [name, rule] of Object.entries(fileRules)) {
    test(name, () => assert.deepEqual(sources.flatMap(rule), []));
  }

  test('no files load each other in a ring', () => assert.deepEqual(importCycles(sources), []));

  test('every dependency has an owner, and every owned package is a dependency', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(rootDirectory, 'package.json'), 'utf8'));
    const owned = [...Object.keys(packageOwners), ...Object.keys(interfacePackages)];
    assert.deepEqual(
      Object.keys(dependencies)
        .filter((name) => !buildPackages.includes(name))
        .sort(),
      owned.sort(),
    );
    assert.deepEqual(
      testPackages.filter((name) => !(name in devDependencies)),
      [],
    );
  });
});

describe('architecture of the web interface', () => {
  const interfaceSources = readInterfaceSources();
  for (const [name, rule] of Object.entries(interfaceRules)) {
    test(name, () => assert.deepEqual(interfaceSources.flatMap(rule), []));
  }

  const table: [path: string, source: string, broken: string[]][] = [
    ['api/a.ts', "import { x } from '#base/errors.ts';", []],
    ['api/a.ts', "import { x } from '#search/search-service.ts';", ['packages belong to their owners']],
    ['api/a.ts', "import { x } from '#language/pipes/plan.ts';", ['packages belong to their owners']],
    ['api/a.ts', "import { x } from 'node:fs';", ['packages belong to their owners']],
    ['pages/status/a.tsx', "import uPlot from 'uplot';", ['packages belong to their owners']],
    ['design/chart.tsx', "import uPlot from 'uplot';", []],
    ['pages/status/a.tsx', "import { x } from '../explorer/list.tsx';", ['pages stand alone']],
    ['pages/status/a.tsx', "import { x } from '../explorer/explorer-view.ts';", []],
    ['app/routes.ts', "lazy(() => import('../pages/status/status-page.tsx'))", []],
    ['api/a.ts', "import { x } from '../../../src/base/errors.ts';", ['imports stay inside']],
    ['design/a.tsx', '<p dangerouslySetInnerHTML={{ __html: text }} />', ['text is never HTML']],
    ['design/helpers.tsx', '', ['file names say what is inside']],
    ['design/a.tsx', 'x;\n'.repeat(401), ['files stay small']],
  ];
  for (const [path, source, broken] of table) {
    test(`${path}: ${firstLine(source)}`, () => {
      const file = readSource(path, source);
      assert.deepEqual(
        Object.entries(interfaceRules).flatMap(([name, rule]) => (rule(file).length > 0 ? [name] : [])),
        broken,
      );
    });
  }
});

describe('the rules find what they are for', () => {
  const violations = (path: string, source: string): string[] => {
    const file = readSource(path, source);
    return Object.entries(fileRules).flatMap(([name, rule]) => (rule(file).length > 0 ? [name] : []));
  };
  const table: [path: string, source: string, broken: string[]][] = [
    ['log/a.ts', "import { x } from '#base/errors.ts';", []],
    ['base/a.ts', "import { x } from '#log/durable-log.ts';", ['folders import only what stands above them']],
    ['base/a.ts', "import type { X } from '#log/durable-log.ts';", ['folders import only what stands above them']],
    ['base/a.test.ts', "import { x } from '#log/durable-log.ts';", []],
    ['cli/a.ts', "const s = await import('#server/server.ts');", []],
    ['server/a.ts', "import { main } from '#cli/main.ts';", ['folders import only what stands above them']],
    ['nowhere/a.ts', '', ['folders import only what stands above them']],
    ['log/a.ts', "import { x } from '../base/errors.ts';", ['crossings are written with #']],
    ['log/wal/a.ts', "import { x } from '../durable-log.ts';", []],
    ['log/a.ts', "import { x } from '#log/durable-log.ts';", ['crossings are written with #']],
    ['log/wal/a.ts', "import { x } from '#log/durable-log.ts';", []],
    ['search/a.ts', "import { x } from '#store/clickhouse/schema.ts';", ['subfolders are private']],
    ['server/a.ts', "import { x } from '#store/clickhouse/schema.ts';", []],
    ['server/a.ts', "import { x } from '#store/clickhouse/sql/select.ts';", ['subfolders are private']],
    ['server/a.ts', "import { x } from '#engine/child/main.ts';", ['subfolders are private']],
    ['consumers/tail/a.ts', "import { x } from '../indexer/b.ts';", ['subfolders are private']],
    ['engine/a.ts', "import { query } from 'chdb';", []],
    ['search/a.ts', "import { query } from 'chdb';", ['packages belong to their owners']],
    ['search/a.ts', "import left from 'left-pad';", ['packages belong to their owners']],
    ['search/a.ts', "import fc from 'fast-check';", ['packages belong to their owners']],
    ['search/a.test.ts', "import fc from 'fast-check';", []],
    ['model/a.ts', "import { Buffer } from 'node:buffer';", ['packages belong to their owners']],
    ['log/a.ts', "import { type X } from './b.ts';", ['types are imported as types']],
    ['log/a.ts', "import { type X, y } from './b.ts';", []],
    ['log/a.ts', 'const now = Date.now();', ['calls stay in their place']],
    ['log/a.ts', "import { gzipSync } from 'node:zlib';", ['calls stay in their place']],
    ['log/a.ts', '// Date.now() is banned\n/* console.log() too */', []],
    ['platform/clock.ts', 'const now = Date.now();', []],
    ['log/utils.ts', '', ['file names say what is inside']],
    ['log/someThing.ts', '', ['file names say what is inside']],
    ['log/a.ts', 'x;\n'.repeat(401), ['files stay small']],
    ['log/a.test.ts', 'x;\n'.repeat(401), []],
  ];
  for (const [path, source, broken] of table) {
    test(`${path}: ${firstLine(source)}`, () => assert.deepEqual(violations(path, source), broken));
  }

  test('a ring is found, one through types is none', () => {
    const ring = [readSource('log/a.ts', "import './b.ts';"), readSource('log/b.ts', "export { x } from './a.ts';")];
    assert.deepEqual(importCycles(ring), [['log/a.ts', 'log/b.ts', 'log/a.ts']]);
    const erased = [readSource('log/a.ts', "import './b.ts';"), readSource('log/b.ts', "import type { X } from './a.ts';")];
    assert.deepEqual(importCycles(erased), []);
  });
});

describe('reading imports', () => {
  const table: [source: string, found: string[]][] = [
    ["import a from 'a';", ['value a']],
    ["import * as a from 'a';", ['value a']],
    ["import a, { b } from 'a';", ['value a']],
    ["import {\n  b,\n  type C,\n} from './b.ts';", ['value ./b.ts']],
    ["import type {\n  B,\n} from './b.ts';", ['type ./b.ts']],
    ["export * from './b.ts';", ['value ./b.ts']],
    ["export type { B } from './b.ts';", ['type ./b.ts']],
    ["import 'side';", ['value side']],
    ["const m = await import('./b.ts');", ['lazy ./b.ts']],
    ["new Worker(new URL('./w.ts', import.meta.url))", ['lazy ./w.ts']],
    ["const url = 'http://x'; // import a from 'b'", []],
    ["export const from = 'x';", []],
    ["export type { Static };\n\n/** text */\nimport { x } from './y.ts';", ['value ./y.ts']],
  ];
  for (const [source, found] of table) {
    test(firstLine(source), () => {
      assert.deepEqual(
        readImports(withoutComments(source)).map(({ kind, specifier }) => `${kind} ${specifier}`),
        found,
      );
    });
  }
});
