import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TailDelivery, TailLine } from '#consumers/live-tail.ts';
import type { LogLine } from '#model/log-line.ts';
import { renderTailFrame, TailFrames } from './tail-websocket.ts';

function lineOf(message: string): TailLine {
  const line: LogLine = {
    id: message,
    tsNs: 0n,
    receivedMs: 0,
    skewed: false,
    tenant: 'default',
    service: 's',
    host: 'h',
    environment: '',
    level: 9,
    traceId: '',
    spanId: '',
    message,
    attributes: { names: [], values: [], kinds: '' },
    resource: {},
    tags: [],
    raw: '',
    sampleRate: 1,
    patternId: 0n,
  };
  return { line, cursor: () => `behind ${message}` };
}

const [one, two, three] = ['one', 'two', 'three'].map(lineOf);
const delivery = (lines: readonly TailLine[], more: Partial<TailDelivery> = {}): TailDelivery => ({
  lines,
  cursor: 'c1',
  dropped: 0,
  skipped: 0,
  missedBatches: 0,
  ...more,
});

test('readers who get the same share the bytes of one frame', () => {
  const frames = new TailFrames();
  const made = frames.of(delivery([one, two], { dropped: 1 }));
  assert.equal(made.toString(), renderTailFrame(delivery([one, two], { dropped: 1 })));
  assert.equal(frames.of(delivery([one, two], { dropped: 1 })), made);
});

for (const [what, other] of [
  ['fewer lines', delivery([one])],
  ['other lines', delivery([one, three])],
  ['more lines', delivery([one, two, three])],
  ['lines lost', delivery([one, two], { dropped: 1 })],
  ['lines passed over', delivery([one, two], { dropped: 1, skipped: 1 })],
  ['batches missed', delivery([one, two], { missedBatches: 1 })],
  ['another cursor', delivery([one, two], { cursor: 'c2' })],
  ['losses without lines', delivery([], { dropped: 3 })],
] as const) {
  test(`a reader with ${what} gets a frame of its own`, () => {
    const frames = new TailFrames();
    frames.of(delivery([one, two]));
    assert.equal(frames.of(other).toString(), renderTailFrame(other));
  });
}
