/** The engine down for a minute under load. */
import test from 'node:test';
import { engineOutage } from './engine-outage.ts';

test('a minute without the engine costs no line', { timeout: 400_000 }, (t) => engineOutage(t, 60_000));
