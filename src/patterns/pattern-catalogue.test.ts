import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSqlitePatternTemplates } from '#metadata/sqlite.ts';
import type { PatternTemplates } from '#metadata/pattern-templates.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLogger } from '#platform/logger.ts';
import { parseQuery } from '#language/parser.ts';
import { withAllIds } from './all-ids.ts';
import { PatternCatalogue } from './pattern-catalogue.ts';
import type { LearntTemplate } from './pattern-miner.ts';

const learnt = (id: string, text: string, service = 'sshd', tenant = 'acme'): LearntTemplate => {
  const tokens = text.split(' ');
  const pieces = tokens.flatMap((token, i) => [i === 0 ? '' : ' ', token]).concat('');
  return { tenant, service, id: id.padStart(16, '0'), pieces, kinds: '0'.repeat(tokens.length) };
};

const idOf = (id: string): string => id.padStart(16, '0');

/** Outlives the catalogue that closes it. */
async function durableTemplates(): Promise<PatternTemplates> {
  const templates = await openSqlitePatternTemplates(':memory:');
  return { ...templates, close: async () => undefined };
}

const open = (templates: PatternTemplates, maxTemplates = 100): Promise<PatternCatalogue> =>
  PatternCatalogue.open({ templates, maxTemplates, clock: systemClock, logger: silentLogger });

test('a template only becomes more general, whoever tells of it', async () => {
  const catalogue = await open(await durableTemplates());
  catalogue.learn([learnt('1', 'user root left')]);
  catalogue.learn([learnt('1', 'user <*> left')]);
  catalogue.learn([learnt('1', 'user root left', 'cron')]);
  const found = catalogue.find('acme', idOf('1'));
  assert.deepEqual([found?.text, found?.services], ['user <*> left', ['sshd', 'cron']]);
  assert.equal(catalogue.find('other', idOf('1')), undefined);
});

test('templates that come to have the same text are one, under the older id', async () => {
  const templates = await durableTemplates();
  const catalogue = await open(templates);
  catalogue.learn([learnt('1', 'user root left'), learnt('2', 'user news left'), learnt('3', 'user root left', 'sshd', 'other')]);
  assert.equal(catalogue.aliasesOf('acme').size, 0);
  catalogue.learn([learnt('2', 'user <*> left')]);
  catalogue.learn([learnt('1', 'user <*> left')]);
  const check = (now: PatternCatalogue): void => {
    assert.deepEqual([...now.aliasesOf('acme')], [[idOf('2'), idOf('1')]]);
    assert.equal(now.find('acme', idOf('2'))?.id, idOf('1'));
    assert.deepEqual(now.idsOf(idOf('2')), [idOf('1'), idOf('2')]);
    assert.deepEqual(now.idsOf(idOf('9')), [idOf('9')]);
    assert.deepEqual(
      now.forMiners().map(({ id }) => id),
      [idOf('1'), idOf('3')],
    );
  };
  check(catalogue);
  await catalogue.close();
  const restarted = await open(templates);
  check(restarted);
  // what stands for others may become more general still
  restarted.learn([learnt('2', 'user <*> <*>')]);
  assert.equal(restarted.find('acme', idOf('1'))?.text, 'user <*> <*>');
  check(restarted);
});

test('a query for a pattern asks for all its ids, and leaves other values alone', async () => {
  const catalogue = await open(await durableTemplates());
  catalogue.learn([learnt('1', 'user <*> left'), learnt('2', 'user <*> left')]);
  const node = withAllIds(parseQuery(`NOT (pattern:${idOf('2')} OR pattern:any) service:${idOf('2')}`), catalogue);
  const text = JSON.stringify(node);
  assert.ok(text.includes(`"values":["${idOf('1')}","${idOf('2')}"]`), text);
  assert.ok(text.includes('"any"') && text.includes(`"field":"service","values":["${idOf('2')}"]`), text);
});

test('bound: further templates are counted, those that are known go on', async () => {
  const catalogue = await open(await durableTemplates(), 1);
  catalogue.learn([learnt('1', 'alpha one'), learnt('2', 'beta two'), learnt('1', 'alpha <*>')]);
  assert.deepEqual([catalogue.size, catalogue.overflowing, catalogue.find('acme', idOf('1'))?.text], [1, 1, 'alpha <*>']);
});

test('a write that fails is tried again with the next', async () => {
  const templates = await durableTemplates();
  let fails = true;
  const failing = {
    ...templates,
    put: (rows: Parameters<typeof templates.put>[0]) => (fails ? Promise.reject(new Error('disk is full')) : templates.put(rows)),
  };
  const catalogue = await open(failing);
  catalogue.learn([learnt('1', 'alpha one')]);
  await new Promise((resolve) => setImmediate(resolve));
  fails = false;
  await catalogue.close();
  assert.equal((await templates.all()).length, 1);
});
