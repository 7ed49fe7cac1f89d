import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { quoteText, readStatement } from './sql-text.ts';

test('the verb, the format and further statements are found', () => {
  const cases: [sql: string, verb: string, format: string | undefined, multiple: boolean][] = [
    ['SELECT 1', 'SELECT', undefined, false],
    ['  select 1 format JSON', 'SELECT', 'JSON', false],
    ['-- FORMAT CSV\nSELECT 1 FORMAT JSONCompact -- FORMAT TSV', 'SELECT', 'JSONCompact', false],
    ['/* ; */ SELECT 1 FORMAT Native SETTINGS max_threads = 1;', 'SELECT', 'Native', false],
    ["SELECT 'a FORMAT b; c'", 'SELECT', undefined, false],
    ["SELECT 'it''s; \\' FORMAT x'", 'SELECT', undefined, false],
    ['SELECT `format; x`, "a;b" FROM t', 'SELECT', undefined, false],
    ['SELECT $tag$ ; FORMAT x $tag$ FORMAT CSV', 'SELECT', 'CSV', false],
    ['SELECT format(1, 2)', 'SELECT', undefined, false],
    ['SELECT (SELECT 1 FORMAT CSV)', 'SELECT', undefined, false],
    ['(SELECT 1) UNION ALL (SELECT 2) FORMAT TSV', '(', 'TSV', false],
    ['WITH 1 AS x SELECT x', 'WITH', undefined, false],
    ['SELECT 1;', 'SELECT', undefined, false],
    ['SELECT 1; ; -- end', 'SELECT', undefined, false],
    ['SELECT 1; SELECT 2', 'SELECT', undefined, true],
    ['SELECT 1;\n/* x */ DROP TABLE t', 'SELECT', undefined, true],
    ['', '', undefined, false],
    ['  -- nothing', '', undefined, false],
    ["SELECT 'never closed ; DROP", 'SELECT', undefined, false],
    ['SELECT /* never closed ; DROP', 'SELECT', undefined, false],
  ];
  for (const [sql, verb, format, multiple] of cases) {
    const read = readStatement(sql);
    assert.deepEqual({ verb: read.verb, format: read.format, multiple: read.multiple }, { verb, format, multiple }, sql);
  }
});

test('the data of an INSERT is found behind its clause', () => {
  const cases: [sql: string, statement: string, data: string][] = [
    ['INSERT INTO t FORMAT Native\u0001\u0002', 'INSERT INTO t FORMAT Native', '\u0001\u0002'],
    ['INSERT INTO t (a, b) FORMAT JSONEachRow\n{"a": ";"}', 'INSERT INTO t (a, b) FORMAT JSONEachRow', '\n{"a": ";"}'],
    ['insert into db.t values (1); (2)', 'insert into db.t values', ' (1); (2)'],
    ['INSERT INTO values VALUES (1)', 'INSERT INTO values VALUES', ' (1)'],
    ['INSERT INTO `format` FORMAT CSV\n1', 'INSERT INTO `format` FORMAT CSV', '\n1'],
    ['INSERT INTO db . "format" (x) SETTINGS a = 1 FORMAT CSV\n1', 'INSERT INTO db . "format" (x) SETTINGS a = 1 FORMAT CSV', '\n1'],
    ['INSERT INTO TABLE t VALUES (1)', 'INSERT INTO TABLE t VALUES', ' (1)'],
    ["INSERT INTO FUNCTION file('x', 'CSV', 'a Int8') FORMAT CSV\n1", "INSERT INTO FUNCTION file('x', 'CSV', 'a Int8') FORMAT CSV", '\n1'],
    ['INSERT INTO {t:Identifier} FORMAT TSV\n1', 'INSERT INTO {t:Identifier} FORMAT TSV', '\n1'],
  ];
  for (const [sql, statement, data] of cases) {
    const { insert } = readStatement(sql);
    assert.ok(insert, sql);
    assert.deepEqual([sql.slice(0, insert.dataStart), sql.slice(insert.dataStart)], [statement, data]);
  }
});

test('an INSERT that reads its rows elsewhere has no data', () => {
  for (const sql of [
    'INSERT INTO t SELECT 1',
    'INSERT INTO t (a) SELECT a FROM s FORMAT Null',
    'INSERT INTO t WITH 1 AS x SELECT x',
    "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
    'INSERT INTO t',
    'INSERT',
    'INSERT INTO t FORMAT',
  ]) {
    assert.equal(readStatement(sql).insert, undefined, sql);
  }
});

test('any text is read without failing, and a quoted text is one token', () => {
  const pieces = fc.array(
    fc.oneof(fc.string(), fc.constantFrom("'", '"', '`', '--', '/*', '*/', ';', 'FORMAT ', 'INSERT ', '$a$', '\\', '(', ')')),
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      readStatement(parts.join(''));
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.string(), (value) => {
      const read = readStatement(`SELECT ${quoteText(value)}; SELECT 2`);
      assert.deepEqual([read.verb, read.format, read.multiple], ['SELECT', undefined, true]);
    }),
    { numRuns: 2000 },
  );
});
