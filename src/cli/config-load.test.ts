import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bytes, decimal, duration, flag, integer, list, secret, section, text } from '#base/config-schema.ts';
import { AppError } from '#base/errors.ts';
import { Secret } from '#base/secret.ts';
import { describeSettings, printConfig } from './config-docs.ts';
import type { ConfigSources, LoadedConfig } from './config-load.ts';
import { loadConfig } from './config-load.ts';

const schema = section('All.', {
  data: text('./data', 'Where.'),
  gateway: section('Gateway.', { port: integer(4880, 'Port.', { minimum: 0, maximum: 65_535 }), host: text('127.0.0.1', 'Host.') }),
  log: section('Log.', {
    max_bytes: bytes('10GB', 'Size.', { minimum: 65_536 }),
    keep: duration('1h', 'Time.'),
    ratio: decimal(0.5, 'Ratio.', { minimum: 0, maximum: 1 }),
    compression: text('none', 'Compression.', ['none', 'zstd']),
    sync: flag(true, 'Sync.'),
  }),
  access: section('Access.', {
    keys: list(
      'Keys.',
      section('Key.', { name: text('', 'Name.'), key: secret('Key.'), may_read: flag(true, 'Read.'), quota: bytes('1MiB', 'Quota.') }),
    ),
  }),
});

interface TestConfig {
  readonly data: string;
  readonly gateway: { readonly port: number; readonly host: string };
  readonly log: {
    readonly max_bytes: number;
    readonly keep: number;
    readonly ratio: number;
    readonly compression: string;
    readonly sync: boolean;
  };
  readonly access: {
    readonly keys: readonly { readonly name: string; readonly key?: Secret; readonly may_read: boolean; readonly quota: number }[];
  };
}

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-config-'));
  await writeFile(join(directory, 'key'), 'from-file\n');
  await writeFile(join(directory, 'empty'), '');
});
after(() => rm(directory, { recursive: true, force: true }));

async function load(sources: { yaml?: string } & Partial<ConfigSources>): Promise<LoadedConfig<TestConfig>> {
  const file = join(directory, 'millrace.yaml');
  if (sources.yaml !== undefined) await writeFile(file, sources.yaml);
  const rules = {
    aliases: { port: 'gateway.port' },
    checks: [(config: TestConfig) => (config.log.keep > 86_400_000 ? [{ path: 'log.keep', message: 'too long' }] : [])],
  };
  return loadConfig<TestConfig>(schema, rules, {
    file: sources.yaml === undefined ? undefined : file,
    environment: sources.environment ?? {},
    flags: sources.flags ?? [],
  });
}

async function problem(sources: { yaml?: string } & Partial<ConfigSources>): Promise<string> {
  try {
    await load(sources);
    return '';
  } catch (thrown) {
    assert.ok(thrown instanceof AppError && thrown.code === 'invalid_configuration', String(thrown));
    return thrown.message.replaceAll(`${directory}/`, '');
  }
}

test('defaults', async () => {
  const { config, origins } = await load({});
  assert.deepEqual(config, {
    data: './data',
    gateway: { port: 4880, host: '127.0.0.1' },
    log: { max_bytes: 10e9, keep: 3_600_000, ratio: 0.5, compression: 'none', sync: true },
    access: { keys: [] },
  });
  assert.equal(origins.size, 0);
});

test('flags win over environment over file over defaults', async () => {
  const yaml = 'gateway: {port: 1, host: a}\nlog:\n  max_bytes: 1MiB\n  keep: 5s\n';
  const { config, origins } = await load({
    yaml,
    environment: { MILLRACE_PORT: '2', MILLRACE_LOG_MAX_BYTES: '2MiB' },
    flags: ['--port=3'],
  });
  assert.deepEqual([config.gateway.port, config.gateway.host, config.log.max_bytes, config.log.keep], [3, 'a', 2 ** 21, 5000]);
  assert.equal(origins.get('gateway.port'), '--port');
  assert.equal(origins.get('log.max_bytes'), 'MILLRACE_LOG_MAX_BYTES');
  assert.match(origins.get('log.keep') ?? '', /millrace\.yaml:4$/);
});

test('the result is frozen, and the schema unharmed', async () => {
  const { config } = await load({});
  assert.throws(() => Object.assign(config.log, { keep: 1 }), TypeError);
  assert.throws(() => (config.access.keys as unknown[]).push(1), TypeError);
  assert.deepEqual((await load({ yaml: 'access: {keys: [{name: a}]}' })).config.access.keys.length, 1);
  assert.deepEqual((await load({})).config.access.keys, []);
});

describe('values that are taken', () => {
  const table: [
    name: string,
    sources: { yaml?: string } & Partial<ConfigSources>,
    read: (config: TestConfig) => unknown,
    expected: unknown,
  ][] = [
    ['a plain number of bytes', { yaml: 'log: {max_bytes: 70000}' }, (c) => c.log.max_bytes, 70_000],
    ['a span of several units', { flags: ['--log.keep=1h30m'] }, (c) => c.log.keep, 5_400_000],
    ['a flag with a separate value', { flags: ['--log.keep', '5s', '--data', 'x'] }, (c) => [c.log.keep, c.data], [5000, 'x']],
    ['a flag with = in its value', { flags: ['--data=a=b'] }, (c) => c.data, 'a=b'],
    ['a flag with dashes', { flags: ['--log.max-bytes=1MiB'] }, (c) => c.log.max_bytes, 2 ** 20],
    ['a switch on', { yaml: 'log: {sync: false}', flags: ['--log.sync'] }, (c) => c.log.sync, true],
    ['a switch off', { environment: { MILLRACE_LOG_SYNC: 'off' } }, (c) => c.log.sync, false],
    ['a number as text', { yaml: 'data: 42' }, (c) => c.data, '42'],
    ['an empty section', { yaml: 'log:\n' }, (c) => c.log.ratio, 0.5],
    ['an empty value', { yaml: 'log:\n  ratio:\n' }, (c) => c.log.ratio, 0.5],
    ['an empty file', { yaml: '' }, (c) => c.data, './data'],
    ['an anchor', { yaml: 'data: &d x\ngateway: {host: *d}' }, (c) => c.gateway.host, 'x'],
    ['the bounds themselves', { flags: ['--log.ratio=1', '--log.max_bytes=64KiB'] }, (c) => [c.log.ratio, c.log.max_bytes], [1, 65_536]],
    [
      'a list with defaults',
      { yaml: 'access: {keys: [{name: a, quota: 2MiB}]}' },
      (c) => c.access.keys,
      [{ name: 'a', may_read: true, quota: 2 ** 21 }],
    ],
    [
      'a list from the environment',
      { environment: { MILLRACE_ACCESS_KEYS: '[{name: a, may_read: no}]' } },
      (c) => c.access.keys[0].may_read,
      false,
    ],
    [
      'variables of others and of Kubernetes',
      { environment: { PATH: 'x', MILLRACE_CONFIG: 'x', MILLRACE_SERVICE_HOST: 'x', MILLRACE_PORT_4880_TCP_ADDR: 'x' } },
      (c) => c.data,
      './data',
    ],
  ];
  for (const [name, sources, read, expected] of table) {
    test(name, async () => assert.deepEqual(read((await load(sources)).config), expected));
  }
});

describe('what is refused, and how it is said', () => {
  const table: [name: string, sources: { yaml?: string } & Partial<ConfigSources>, message: string | RegExp][] = [
    [
      'an unknown key',
      { yaml: 'log:\n  max_byte: 1' },
      'log.max_byte (millrace.yaml:2): there is no such setting; did you mean "log.max_bytes"?',
    ],
    ['an unknown section', { yaml: 'logs: {}' }, 'logs (millrace.yaml:1): there is no such setting; did you mean "log"?'],
    [
      'a key in the wrong section',
      { yaml: 'gateway: {max_bytes: 1}' },
      'gateway.max_bytes (millrace.yaml:1): there is no such setting; did you mean "log.max_bytes"?',
    ],
    ['an alias in the file', { yaml: 'port: 1' }, /did you mean "gateway\.port"/],
    ['a name of Object', { yaml: 'constructor: 1' }, /constructor \(millrace.yaml:1\): there is no such setting/],
    [
      'an unknown variable',
      { environment: { MILLRACE_LOG_MAXBYTES: '1' } },
      'the environment variable MILLRACE_LOG_MAXBYTES is no setting; did you mean MILLRACE_LOG_MAX_BYTES?',
    ],
    ['an unknown flag', { flags: ['--prot=1'] }, '--prot is no setting; did you mean --port?'],
    ['an unknown flag with a separate value', { flags: ['--prot', '1'] }, '--prot is no setting; did you mean --port?'],
    ['a flag near to nothing', { flags: ['--xyzzy=1'] }, '--xyzzy is no setting; `millrace config docs` lists them'],
    ['a word', { flags: ['port'] }, '"port" is no option; settings are written --section.name=value'],
    ['a flag without value', { flags: ['--port'] }, 'gateway.port (--port): needs a value: a whole number from 0 to 65535'],
    [
      'a text for a number',
      { yaml: 'gateway:\n  port: high' },
      'gateway.port (millrace.yaml:2): "high" is not allowed; it must be a whole number from 0 to 65535',
    ],
    [
      'over the maximum',
      { flags: ['--port=65536'] },
      'gateway.port (--port): "65536" is not allowed; it must be a whole number from 0 to 65535',
    ],
    ['a broken number', { flags: ['--port=1.5'] }, /"1\.5" is not allowed/],
    ['nothing for a number', { environment: { MILLRACE_PORT: '' } }, /gateway\.port \(MILLRACE_PORT\): "" is not allowed/],
    [
      'under the minimum',
      { environment: { MILLRACE_LOG_MAX_BYTES: '1KiB' } },
      'log.max_bytes (MILLRACE_LOG_MAX_BYTES): "1KiB" is not allowed; it must be a size such as 64MiB or 10GB, at least 64KiB',
    ],
    ['no size', { flags: ['--log.max_bytes=lots'] }, /"lots" is not allowed/],
    ['a negative span', { flags: ['--log.keep=-5s'] }, /"-5s" is not allowed/],
    [
      'not one of the set',
      { flags: ['--log.compression=lz4'] },
      'log.compression (--log.compression): "lz4" is not allowed; it must be one of none, zstd',
    ],
    ['no switch', { yaml: 'log: {sync: maybe}' }, /"maybe" is not allowed; it must be true or false/],
    ['a switch for a number', { yaml: 'gateway: {port: true}' }, /true is not allowed/],
    ['a map for a value', { yaml: 'data: {a: b}' }, 'data (millrace.yaml:1): a list or map is not allowed; it must be a text'],
    ['a value for a section', { yaml: 'log: 5' }, 'log (millrace.yaml:1): must hold settings by name'],
    ['a list as configuration', { yaml: '- a' }, /the configuration \(millrace\.yaml:1\): must hold settings by name/],
    ['broken YAML', { yaml: 'a: [1,\nb: }' }, /^(\d+ settings are wrong:\n {2})?millrace\.yaml:\d+: /],
    ['the same key twice', { yaml: 'data: a\ndata: b' }, /millrace\.yaml:2: .*unique/],
    ['a check across settings', { flags: ['--log.keep=2d'] }, 'log.keep (--log.keep): too long'],
    ['no list', { yaml: 'access: {keys: 5}' }, 'access.keys (millrace.yaml:1): must be a list'],
    [
      'a list of texts',
      { yaml: 'access: {keys: [a]}' },
      'access.keys[0] (millrace.yaml:1): must hold settings by name: name, key, may_read, quota',
    ],
    [
      'an unknown key in a list',
      { yaml: 'access: {keys: [{nam: a}]}' },
      'access.keys[0].nam (millrace.yaml:1): there is no such setting; did you mean "access.keys[0].name"?',
    ],
    [
      'a bad value in a list',
      { yaml: 'access: {keys: [{quota: x}]}' },
      /access\.keys\[0\]\.quota \(millrace\.yaml:1\): "x" is not allowed/,
    ],
    ['a service link', { environment: { MILLRACE_PORT: 'tcp://10.0.0.1:4880' } }, /comes from Kubernetes; set enableServiceLinks: false/],
    ['several at once', { flags: ['--port=x', '--log.keep=y'] }, /^2 settings are wrong:\n {2}gateway\.port.*\n {2}log\.keep/],
  ];
  for (const [name, sources, message] of table) {
    test(name, async () => {
      const said = await problem(sources);
      if (typeof message === 'string') assert.equal(said, message);
      else assert.match(said, message);
    });
  }
  test('a file that is not there', () => {
    assert.throws(
      () => loadConfig(schema, { aliases: {}, checks: [] }, { file: '/no/such.yaml', environment: {}, flags: [] }),
      /"\/no\/such\.yaml" cannot be read/,
    );
  });
});

describe('secrets', () => {
  const yamlOf = (reference: string): string => `access:\n  keys:\n    - name: a\n      key: ${reference}\n`;
  const taken: [reference: string, expected: string][] = [
    ['plain-text', 'plain-text'],
    ['{env: SHOP_KEY}', 'from-environment'],
    ['{env: MILLRACE_SHOP_KEY}', 'ours'],
    ['{file: key}', 'from-file'],
  ];
  for (const [reference, expected] of taken) {
    test(`${reference} is read`, async () => {
      const environment = { SHOP_KEY: 'from-environment', ...(reference.includes('MILLRACE') ? { MILLRACE_SHOP_KEY: 'ours' } : {}) };
      const { config, origins } = await load({ yaml: yamlOf(reference), environment });
      const { key } = config.access.keys[0];
      assert.ok(key instanceof Secret);
      assert.equal(key.reveal(), expected);
      assert.ok(!printConfig(schema, config, origins).includes(expected), 'print hides it');
    });
  }
  const refused: [reference: string, message: RegExp][] = [
    ['{env: NO_SUCH}', /access\.keys\[0\]\.key \(millrace\.yaml:2\): the environment variable NO_SUCH is not set/],
    ['{file: no-such}', /the file ".*no-such" cannot be read/],
    ['{file: empty}', /the file ".*empty" is empty/],
    ['{vault: x}', /must be a text, \{env: NAME\} or \{file: path\}/],
    ['{env: A, file: b}', /must be a text/],
    ['""', /must be a text/],
  ];
  for (const [reference, message] of refused) {
    test(`${reference} is refused`, async () => assert.match(await problem({ yaml: yamlOf(reference) }), message));
  }
});

test('print shows every setting, and where it came from; what it prints loads again to the same', async () => {
  const { config, origins } = await load({ flags: ['--log.max_bytes=20GB', '--data=with: colon # and hash'] });
  const printed = printConfig(schema, config, origins);
  assert.match(printed, /^ {2}max_bytes: 20GB {2}# --log\.max_bytes$/m);
  assert.match(printed, /^ {2}keep: 1h$/m);
  assert.deepEqual((await load({ yaml: printed })).config, config);
});

test('the reference page has every setting with its three names', () => {
  const page = describeSettings(schema);
  assert.match(
    page,
    /\| `log\.max_bytes` \| `MILLRACE_LOG_MAX_BYTES` \| `10GB` \| a size such as 64MiB or 10GB, at least 64KiB \| Size\. \|/,
  );
  assert.match(page, /\| `access\.keys\[\]\.key` \|/);
  assert.match(page, /\| `data` \| `MILLRACE_DATA` \|/);
});
