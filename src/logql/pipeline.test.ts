import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { aLogExpression } from './expressions.fake.ts';
import { LineLabels } from './line-labels.ts';
import { parseLogExpression } from './parser.ts';
import { compileStages } from './pipeline.ts';

const stream = new Map([
  ['app', 'shop'],
  ['env', 'prod'],
]);
const metadata = new Map([
  ['trace_id', 't1'],
  ['app', 'inner'],
  ['status', '200'],
]);
const base = 'app=shop env=prod trace_id=t1 app_extracted=inner status=200';
const tsNs = 1_750_000_000_123_456_789n;

function run(stages: string, line: string): { readonly line: string; readonly labels: string } | undefined {
  const entry = { tsNs, line, labels: new LineLabels(stream, metadata) };
  const { stages: parsed } = parseLogExpression(`{app="shop"} ${stages}`);
  if (!compileStages(parsed, { nowNs: tsNs })(entry)) return undefined;
  return { line: entry.line, labels: [...entry.labels.entries()].map(([name, value]) => `${name}=${value}`).join(' ') };
}

const json =
  '{"msg":"hi","status":200,"took":"15ms","user":{"id":12345678901234567890,"tags":["a"],"x.y":null},"ok":true,"app":"z","1st":""}';

/** Stages, the line, and the labels that they add to the line's own; undefined where the line is dropped. */
const labelCases: readonly (readonly [string, string, string | undefined])[] = [
  ['', 'any', base],
  // 200 is known as metadata already, so it moves; the empty value of a member is no label
  ['| json', json, `${base.replace('inner', 'z')} msg=hi took=15ms user_id=12345678901234567890 ok=true`],
  ['| json id="user.id", tag="user.tags[0]", u="user.tags", none="x"', json, `${base} id=12345678901234567890 tag=a u=["a"]`],
  ['| json', 'no json', `${base} __error__=JSONParserErr __error_details__=unexpected character "n" at 0`],
  ['| json', '[1]', `${base} __error__=JSONParserErr __error_details__=expected an object`],
  ['| logfmt', 'level=info msg="a \\"b\\"" flag a.b=1 status=404 =x', `${base} level=info msg=a "b" a_b=1 status_extracted=404`],
  ['| logfmt --keep-empty', 'flag a=""', base],
  ['| logfmt --strict', 'a=b c="d', `${base} __error__=LogfmtParserErr`],
  ['| logfmt lvl="level", msg', 'level=info msg=x other=y', `${base} lvl=info msg=x`],
  ['| pattern "<ip> - <_> \\"<method> <path>\\""', '1.2.3.4 - me "GET /x"', `${base} ip=1.2.3.4 method=GET path=/x`],
  ['| pattern "a=<a> b=<b>"', 'a=1 c=2', `${base} a=1 c=2`],
  ['| pattern "x<a>"', 'y', base],
  ['| regexp "(?P<method>\\\\w+) (?P<path>/\\\\S*)(\\\\s)?"', 'GET /a b', `${base} method=GET path=/a`],
  ['| regexp "(?i)(?P<verb>get)"', 'GeT', `${base} verb=GeT`],
  ['| unpack', '{"pod":"p1","n":1,"_entry":"the line"}', `${base} pod=p1`],
  ['| unpack', 'plain', `${base} __error__=JSONParserErr`],
  ['| label_format a=app, b="{{.env}}-{{.app}}"', '', 'env=prod trace_id=t1 app_extracted=inner status=200 a=shop b=prod-'],
  ['| label_format app="new"', '', 'app=new env=prod trace_id=t1 app_extracted=inner status=200'],
  ['| drop app_extracted, env="dev", status=~"2.."', '', 'app=shop env=prod trace_id=t1'],
  ['| keep env, app=~"x.*"', '', 'env=prod'],
  ['| json | drop __error__, __error_details__', 'x', base],
];

for (const [stages, line, expected] of labelCases) {
  test(`${stages || 'no stage'} on ${line}`, () => {
    const labels = run(stages, line)?.labels.replace(/ __error_details__=(?:logfmt|expecting).*$/, '');
    assert.deepEqual(labels?.split(' ').sort(), expected?.split(' ').sort());
  });
}

const lineCases: readonly (readonly [string, string, string | undefined])[] = [
  ['|= "b"', 'abc', 'abc'],
  ['|= "B"', 'abc', undefined],
  ['!= "b"', 'abc', undefined],
  ['|= "x" or "b"', 'abc', 'abc'],
  ['!= "x" or "b"', 'abc', undefined],
  ['|~ "^a.c$"', 'abc', 'abc'],
  ['|~ "a.c"', 'a\nc', undefined],
  ['|~ "(?s)a.c"', 'a\nc', 'a\nc'],
  ['|~ "(?i)ABC"', 'abc', 'abc'],
  ['|~ "(?m)^c$"', 'a\nc', 'a\nc'],
  ['!~ "a|z"', 'abc', undefined],
  ['|~ "[^\\\\x00-\\\\x7f]"', 'grün 🚀', 'grün 🚀'],
  ['|~ "^\\\\pL+$"', 'grün', 'grün'],
  ['|> "<_> error <_>"', 'an error here', 'an error here'],
  ['|> "<_> error"', 'an error here', undefined],
  ['!> "<_> error <_>"', 'fine', 'fine'],
  ['|= ip("10.0.0.0/8")', 'from 10.1.2.3:80 to 192.168.0.1', 'from 10.1.2.3:80 to 192.168.0.1'],
  ['|= ip("192.168.0.1-192.168.0.9")', 'to 192.168.0.10', undefined],
  ['!= ip("::1")', 'from ::1', undefined],
  ['| decolorize', '\u001b[31mred\u001b[0m', 'red'],
  ['| unpack', '{"pod":"p1","_entry":"the line"}', 'the line'],
  ['| line_format "{{.app}}: {{__line__}}"', 'x', 'shop: x'],
  ['| line_format "{{.nosuch}}|"', 'x', '|'],
  ['| line_format "{{ add .status 5 }} {{ .status | int | mul 2 }}"', 'x', '205 400'],
  ['| line_format "{{ index .status 7 }}"', 'x', 'x'],
];

for (const [stages, line, expected] of lineCases) {
  test(`${stages} makes ${JSON.stringify(line)} ${JSON.stringify(expected)}`, () => assert.equal(run(stages, line)?.line, expected));
}

const filterCases: readonly (readonly [string, boolean])[] = [
  ['app="shop"', true],
  ['app="shop" and env="dev"', false],
  ['app="shop" or env="dev"', true],
  ['app!="x", env=~"p.*" nosuch=""', true],
  ['nosuch!="x"', true],
  ['nosuch > 5', false],
  ['status >= 200 and status < 300', true],
  ['status == 200', true],
  ['status != 200', false],
  ['took > 10ms', true],
  ['took > 1s', false],
  ['size > 5KB', true],
  ['size == 10kB', true],
  ['ip = ip("10.0.0.0/8")', true],
  ['ip != ip("10.1.0.0/16")', false],
  // what is no number stays, with an error
  ['app > 5', true],
  ['app > 5 | __error__=""', false],
];

for (const [filter, passes] of filterCases) {
  test(`| ${filter} ${passes ? 'keeps' : 'drops'}`, () => {
    const kept = run(`| logfmt | ${filter}`, 'took=15ms size=10kB ip=10.1.2.3');
    assert.equal(kept !== undefined, passes);
  });
}

test('a parsed value of a name that the line has already is told apart unless it is the same', () => {
  const entry = { tsNs, line: '{"status":200,"trace_id":"t2","env":"x"}', labels: new LineLabels(stream, metadata) };
  compileStages(parseLogExpression('{a="b"} | json').stages, { nowNs: 0n })(entry);
  assert.deepEqual(
    [...entry.labels.entries()].map(([name, value, kind]) => [name, value, kind]).filter(([, , kind]) => kind === 'parsed'),
    [
      ['status', '200', 'parsed'],
      ['trace_id_extracted', 't2', 'parsed'],
      ['env_extracted', 'x', 'parsed'],
    ],
  );
});

test('no line makes a pipeline throw', () => {
  fc.assert(
    fc.property(aLogExpression, fc.string({ unit: 'binary' }), ({ stages }, line) => {
      compileStages(stages, { nowNs: 0n })({ tsNs, line, labels: new LineLabels(stream, metadata) });
    }),
    { numRuns: 2000 },
  );
});
