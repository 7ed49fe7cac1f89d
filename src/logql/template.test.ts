import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { LineLabels } from './line-labels.ts';
import { parseTemplate } from './template.ts';
import { renderTemplate } from './template-run.ts';

const labels = new Map([
  ['app', 'shop'],
  ['n', '7'],
  ['took', '1.5s'],
  ['text', ' Some text '],
  ['doc', '{"a":{"b":[1,"two"]},"ok":true}'],
]);
const tsNs = 1_750_000_000_123_456_789n;

function render(template: string): string {
  const input = { tsNs, line: 'the line', labels: new LineLabels(labels, new Map()) };
  const { text, error } = renderTemplate(parseTemplate(template), input, { nowNs: tsNs });
  return error === undefined ? text : `error: ${error}`;
}

const cases: readonly (readonly [string, string])[] = [
  ['plain', 'plain'],
  ['{{.app}}-{{ .nosuch }}-{{.n}}', 'shop--7'],
  ['a {{- .app -}} b', 'a{{- .app -}} b'.replace('{{- .app -}} ', 'shop')],
  ['{{/* nothing */}}x', 'x'],
  ['{{ "quoted }}" }} {{ `raw` }}', 'quoted }} raw'],
  ['{{ .app | ToUpper | printf "%-6s|" }}', 'SHOP  |'],
  ['{{ printf "%05.1f %d %q %t %v %x" 3.14159 .n .app true 5 255 }}', '003.1 7 "shop" true 5 ff'],
  ['{{ if eq .app "shop" "x" }}yes{{ else }}no{{ end }}', 'yes'],
  ['{{ if .nosuch }}a{{ else if gt (int .n) 5 }}b{{ else }}c{{ end }}', 'b'],
  ['{{ if and .app (not .nosuch) (or .nosuch .n) }}1{{ end }}', '1'],
  ['{{ with .app }}<{{ . }}>{{ end }}{{ with .nosuch }}x{{ else }}none{{ end }}', '<shop>none'],
  ['{{ $x := .app }}{{ range $i, $e := (fromJson .doc).a.b }}{{ $i }}={{ $e }},{{ end }}{{ $x }}', '0=1,1=two,shop'],
  ['{{ range $k, $v := fromJson .doc }}{{ $k }} {{ end }}', 'a ok '],
  ['{{ $d := fromJson .doc }}{{ $d.ok }} {{ index $d.a.b 1 }} {{ len $d.a.b }}', 'true two 2'],
  ['{{ .text | trim | replace "e" "E" | trunc 6 }}', 'SomE t'],
  ['{{ TrimLeft " ab " " " }}|{{ trimAll "x" "xax" }}|{{ trimPrefix "a" "abc" }}|{{ TrimSuffix "abc" "c" }}', 'ab |a|bc|ab'],
  ['{{ Replace "aaa" "a" "b" 2 }} {{ Replace "aaa" "a" "b" -1 }}', 'bba bbb'],
  ['{{ substr 1 3 "abcd" }} {{ repeat 3 "ab" }} {{ title "two words" }}', 'bc ababab Two Words'],
  ['{{ contains "o" .app }} {{ hasPrefix "sh" .app }} {{ hasSuffix "x" .app }}', 'true true false'],
  ['{{ add 1 2 3 }} {{ sub 5 7 }} {{ mul 2 .n }} {{ div 7 2 }} {{ mod 7 4 }} {{ divf 7 2 }} {{ max 1 9 3 }}', '6 -2 14 3 3 3.5 9'],
  ['{{ div 1 0 }}', 'error: integer divide by zero'],
  ['{{ round 3.14159 2 }} {{ ceil 1.2 }} {{ floor 1.8 }} {{ float64 "2.5" }} {{ int "12" }}', '3.14 2 1 2.5 12'],
  ['{{ duration .took }} {{ bytes "2KiB" }} {{ duration "x" }}', 'error: time: invalid duration "x"'],
  ['{{ regexReplaceAll "(s)(h)" .app "$2${1}" }} {{ regexReplaceAllLiteral "o" .app "$1" }} {{ count "a" "banana" }}', 'hsop sh$1p 3'],
  [
    '{{ __timestamp__ | date "2006-01-02T15:04:05.000Z07:00" }} {{ __timestamp__ | unixEpochMillis }}',
    '2025-06-15T15:06:40.123Z 1750000000123',
  ],
  [
    '{{ toDate "2006-01-02 15:04" "2025-06-15 15:06" | unixEpoch }} {{ unixToTime "1750000000" | date "Jan _2 3PM" }}',
    '1749999960 Jun 15 3PM',
  ],
  ['{{ now | unixEpoch }} {{ __line__ | upper }}', '1750000000 THE LINE'],
  ['{{ urlencode "a b&c" }} {{ urldecode "a%20b+c" }} {{ b64enc "hi" }} {{ b64dec "aGk=" }}', 'a+b%26c a b c aGk= hi'],
  ['{{ alignLeft 6 .app }}|{{ alignRight 6 .app }}|{{ alignLeft 2 .app }}', 'shop  |  shop|sh'],
  ['{{ default "none" .nosuch }} {{ indent 2 "a\\nb" }}', 'none   a\n  b'],
  ['{{ .app.x }}', "error: can't evaluate field x in a label"],
  ['{{ lt 1 "a" }}', 'error: incompatible types for comparison: 1 and a'],
  ['{{ repeat 10000000 "x" }}', 'error: more than 100000 characters'],
];

for (const [template, expected] of cases) test(`renders ${template}`, () => assert.equal(render(template), expected));

for (const template of [
  '{{',
  '{{ .a',
  '{{ if .a }}',
  '{{ end }}',
  '{{ nosuch .a }}',
  '{{ (.a }}',
  '{{ .a | }}',
  '{{ if .a }}x{{ else }}y{{ else }}z{{ end }}',
  '{{ }}}',
])
  test(`refuses ${template}`, () =>
    assert.throws(() => parseTemplate(template), { code: 'query_syntax', message: /invalid line template/ }));

test('any text is a template or refused, and renders or fails', () => {
  const words = [
    '{{',
    '}}',
    'if',
    'else',
    'end',
    'range',
    'with',
    '.a',
    '$x',
    ':=',
    '|',
    '(',
    ')',
    '"s"',
    '1',
    'add',
    'index',
    'date',
    ' ',
    '-',
    'x',
  ];
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((parts) => parts.join(' ')),
  );
  fc.assert(
    fc.property(text, (template) => {
      try {
        render(template);
      } catch (thrown) {
        assert.ok(thrown instanceof AppError && thrown.code === 'query_syntax', String(thrown));
      }
    }),
    { numRuns: 3000 },
  );
});
