/** The engine down for a minute under load; a disk that fills again and again, so that merges are met by it. */
import test from 'node:test';
import { engineOutage } from './engine-outage.ts';
import { fullDisk } from './full-disk.ts';

test('a minute without the engine costs no line', { timeout: 400_000 }, (t) => engineOutage(t, 60_000));

test('a disk that fills eight times costs no line', { timeout: 900_000 }, (t) => fullDisk(t, 8));
