/** The examples of docs/alerting-channels.md check what the webhook signs: run as they stand there, in Node and in Python. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { createChannel } from '#alerting/channel-kinds.ts';
import { repositoryRoot, temporaryDirectory } from '../support/product.ts';
import { sampleNotification } from './sample-notifications.ts';
import { attempt, parts, startService } from './service-server.ts';

const sentSeconds = 1_763_767_079;
const clock = { ...parts.clock, nowMs: () => sentSeconds * 1000 + 400 };

let examples: Readonly<Record<'js' | 'python', string>>;
before(async () => {
  const page = await readFile(join(repositoryRoot, 'docs', 'alerting-channels.md'), 'utf8');
  const block = (language: string): string =>
    new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)?.[1] ?? assert.fail(`no example in ${language}`);
  examples = { js: block('js'), python: block('python') };
});

interface Case {
  readonly name: string;
  readonly body: string;
  readonly header: string;
  readonly key: string;
  readonly nowSeconds: number;
  readonly expected: boolean;
}

async function signedCases(t: Parameters<typeof startService>[0]): Promise<Case[]> {
  const service = await startService(t, { status: 200 });
  const notification = { ...sampleNotification, title: 'Zahlungen fällen aus 👩 "quoted"' };
  for (const settings of [{ signing_key: 'key-one' }, { signing_key: 'key-two', previous_signing_key: 'key-one' }]) {
    await attempt(createChannel('webhook', { url: service.url, ...settings }, { ...parts, clock }), notification);
  }
  const [single, double] = service.requests.map(({ body, headers }) => ({ body, header: String(headers['millrace-signature']) }));
  const usual = { ...single, key: 'key-one', nowSeconds: sentSeconds + 5, expected: true };
  return [
    { ...usual, name: 'as sent' },
    { ...usual, name: 'four minutes later', nowSeconds: sentSeconds + 240 },
    { ...usual, name: 'an old message again', nowSeconds: sentSeconds + 301, expected: false },
    { ...usual, name: 'from the future', nowSeconds: sentSeconds - 301, expected: false },
    { ...usual, name: 'a body that was changed', body: `${single.body} `, expected: false },
    {
      ...usual,
      name: 'a time that was changed',
      header: single.header.replace(`t=${sentSeconds}`, `t=${sentSeconds + 1}`),
      expected: false,
    },
    { ...usual, name: 'another key', key: 'key-three', expected: false },
    { ...usual, name: 'two keys, the old one known', ...double },
    { ...usual, name: 'two keys, the new one known', ...double, key: 'key-two' },
    { ...usual, name: 'two keys, neither known', ...double, key: 'key-three', expected: false },
    ...['', 'v1=', 't=,v1=', `t=${sentSeconds}`, `t=${sentSeconds},v1=zz`, 't=nan,v1=00', 'garbage', ',,=,='].map((header) => ({
      ...usual,
      name: `header ${JSON.stringify(header)}`,
      header,
      expected: false,
    })),
  ];
}

test('the example for Node', async (t) => {
  const directory = await temporaryDirectory('signature');
  await writeFile(join(directory, 'check.mjs'), examples.js);
  const { isFromMillrace } = (await import(join(directory, 'check.mjs'))) as { isFromMillrace: (...given: unknown[]) => boolean };
  for (const { name, body, header, key, nowSeconds, expected } of await signedCases(t)) {
    assert.equal(isFromMillrace(Buffer.from(body), header, key, nowSeconds), expected, name);
  }
});

test('the example for Python', async (t) => {
  const directory = await temporaryDirectory('signature');
  const cases = await signedCases(t);
  await writeFile(join(directory, 'check.py'), examples.python);
  await writeFile(join(directory, 'cases.json'), JSON.stringify(cases));
  const program = `
import json, sys
sys.path.insert(0, ${JSON.stringify(directory)})
from check import is_from_millrace
for case in json.load(open(${JSON.stringify(join(directory, 'cases.json'))}, encoding='utf-8')):
    print(is_from_millrace(case['body'].encode(), case['header'], case['key'], case['nowSeconds']))
`;
  const { stdout } = await promisify(execFile)('python3', ['-c', program]);
  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line, place) => [cases[place].name, line]),
    cases.map(({ name, expected }) => [name, expected ? 'True' : 'False']),
  );
});
