/** The engine down for a minute under load; a disk that fills again and again (as `FAULT_SECONDS` allows), so that merges are met by it. */
import test from 'node:test';
import { engineOutage } from './engine-outage.ts';
import { fullDisk } from './full-disk.ts';

test('a minute without the engine costs no line', { timeout: 400_000 }, (t) => engineOutage(t, 60_000));

const seconds = Number(process.env['FAULT_SECONDS'] ?? 600);
const fills = Math.max(2, Math.round(seconds / 75));

test(`a disk that fills ${fills} times costs no line`, { timeout: seconds * 1000 + 300_000 }, (t) => fullDisk(t, fills));
