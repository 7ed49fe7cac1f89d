/**
 * systemd-journal-upload 252 (Debian 12). It exits at every refusal, and is started again as its service does it
 * (`Restart=on-failure`), from the cursor of the last upload that was answered.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { eventually, temporaryDirectory } from '../support/product.ts';
import { findAny, findOnce } from './found-once.ts';
import { environmentFor, program } from './programs.ts';
import { Site } from './site.ts';

interface Uploader {
  /** Makes a journal of so many numbered entries; returns its directory. */
  readonly journalOf: (entries: number) => Promise<string>;
  /** Uploads the journal until it is done; returns how often it had to be started. */
  readonly upload: (url: string, journal: string) => Promise<number>;
}

const journalRemote = program('systemd-journal-remote');
const { skip } = journalRemote;

async function uploaderFor(): Promise<Uploader> {
  const scratch = await temporaryDirectory('journal');
  const env = environmentFor(journalRemote);
  const pathOf = (name: string): string => join(journalRemote.directory, 'lib/systemd', name);
  return {
    async journalOf(entries) {
      const exported = join(scratch, 'exported');
      const journal = join(scratch, 'journal');
      await Promise.all([mkdir(journal), writeFile(exported, exportOf(entries))]);
      // it begins another file beside this one when the first has become large
      await promisify(execFile)(pathOf('systemd-journal-remote'), ['-o', join(journal, 'remote.journal'), exported], { env });
      return journal;
    },
    async upload(url, journal) {
      const flags = ['--url', url, '--directory', journal, '--follow=no', `--save-state=${join(scratch, 'state')}`];
      for (let starts = 1; starts <= 200; starts++) {
        const child = spawn(pathOf('systemd-journal-upload'), flags, { env, stdio: 'ignore' });
        const [code] = (await once(child, 'exit')) as [number | null];
        if (code === 0) return starts;
        await sleep(100);
      }
      throw new Error('the upload did not come to an end');
    },
  };
}

/** Every tenth message has two lines. No priority is DEBUG's: of so many lines a second it is sampled. */
function exportOf(entries: number): Buffer {
  const startMicros = BigInt(Date.now() - 60_000) * 1000n;
  const parts: Buffer[] = [];
  for (let n = 0; n < entries; n++) {
    const micros = startMicros + BigInt(n);
    const fields = `__REALTIME_TIMESTAMP=${micros}\n__MONOTONIC_TIMESTAMP=${n}\n_BOOT_ID=0123456789abcdef0123456789abcdef\n_HOSTNAME=web-1\nPRIORITY=${n % 7}\nSYSLOG_IDENTIFIER=shop\n_PID=${n}\n`;
    const message = `line ${n}${n % 10 === 0 ? '\nand more' : ''}`;
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(message.length));
    parts.push(Buffer.from(fields), Buffer.from('MESSAGE\n'), length, Buffer.from(`${message}\n\n`));
  }
  return Buffer.concat(parts);
}

test('systemd-journal-upload', { timeout: 420_000, skip }, async (t) => {
  const uploader = await uploaderFor();
  const site = await Site.start(t, 'journal-upload');
  assert.equal(await uploader.upload(site.url, await uploader.journalOf(6000)), 1);
  const found = await findOnce(site.product, 'shop', 6000);
  const levels = ['FATAL', 'FATAL', 'FATAL', 'ERROR', 'WARN', 'INFO', 'INFO'];
  for (const n of [0, 1, 2, 3, 4, 5, 6, 7, 5999]) {
    const { level, host, message, metadata } = found.get(n)!;
    assert.deepEqual([level, host, metadata._PID, metadata.SYSLOG_IDENTIFIER], [levels[n % 7], 'web-1', String(n), 'shop']);
    assert.equal(message, n % 10 === 0 ? `line ${n}\nand more` : `line ${n}`);
  }
});

test('systemd-journal-upload, while the server is killed: what was written is recognised when it comes again', {
  timeout: 420_000,
  skip,
}, async (t) => {
  const uploader = await uploaderFor();
  const site = await Site.start(t, 'journal-upload');
  const entries = 200_000;
  const journal = await uploader.journalOf(entries);
  const uploaded = uploader.upload(site.url, journal);
  const request = { filters: { service: 'shop', time_range: { last: '1h' } }, limit: 1 };
  const total = async (): Promise<number> => (await site.product.search(request)).total;
  await findAny(site.product, 'shop');
  await site.restart('kill');
  assert.ok((await uploaded) > 1, 'the kill was felt');
  assert.equal(await eventually(total, (lines) => lines >= entries), entries);
  // counts reach the status a moment after the lines
  const ledger = async () => (await site.product.status()).ledger.default as { accepted: number; duplicate: number };
  const { accepted, duplicate } = await eventually(ledger, (counts) => counts.accepted >= entries);
  assert.equal(accepted, entries);
  assert.ok(duplicate > 0, 'what was written before came again');
});
