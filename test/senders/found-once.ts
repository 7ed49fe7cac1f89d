/** What all tests of real senders ask in the end: is every line there, once, with the fields that it was sent with? */
import assert from 'node:assert/strict';
import { eventually } from '../support/product.ts';
import type { Product, SearchPage } from '../support/product.ts';

/** A hit with all the fields that these tests look at. */
export type Found = SearchPage['hits'][number] & {
  readonly timestamp: string;
  readonly level: string;
  readonly host: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly environment?: string;
  readonly resource?: Readonly<Record<string, string>>;
};

/**
 * As findOnce, for senders that send a request again whose answer was lost, in a protocol without ids: a line may be there
 * several times, but none is lost.
 */
export async function findAtLeastOnce(product: Product, service: string, expectedLines: number): Promise<void> {
  await eventually(
    () => missingLines(product, service, expectedLines),
    (missing) => missing.length === 0,
  );
}

/** Waits for a first line of the service: cheap, so that its sender is not done before. */
export async function findAny(product: Product, service: string): Promise<void> {
  await eventually(
    () => product.search({ filters: { service, time_range: { last: '1h' } }, limit: 1 }),
    ({ hits }) => hits.length > 0,
  );
}

/** The numbers below `expectedLines` that no line of the service has. */
export async function missingLines(product: Product, service: string, expectedLines: number): Promise<readonly number[]> {
  const numbers = new Set((await linesOf(product, service)).map(numberOf));
  return Array.from({ length: expectedLines }, (_, n) => n).filter((n) => !numbers.has(n));
}

/**
 * The service's lines by the number in `line 17`, as soon as as many as expected are found; fails where one came twice.
 * Some senders wrap the message in JSON, so the number is looked for anywhere in it.
 */
export async function findOnce(product: Product, service: string, expectedLines: number): Promise<Map<number, Found>> {
  const hits = await eventually(
    () => linesOf(product, service),
    (found) => found.length >= expectedLines,
  );
  const byNumber = new Map(hits.map((hit) => [numberOf(hit), hit]));
  assert.equal(byNumber.size, hits.length, `every line of ${service} is there once`);
  assert.deepEqual(
    [...byNumber.keys()].sort((a, b) => a - b),
    Array.from({ length: expectedLines }, (_, n) => n),
  );
  return byNumber;
}

const numberOf = ({ message }: Found): number => Number(/line (\d+)/.exec(message)?.[1]);

/** All lines of a service in the last hour. */
export async function linesOf(product: Product, service: string): Promise<readonly Found[]> {
  return (await product.searchAll({ filters: { service, time_range: { last: '1h' } } })) as Found[];
}
