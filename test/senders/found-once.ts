/** What all tests of real senders ask in the end: is every line there, once, with the fields that it was sent with? */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { eventually, Product, temporaryDirectory } from '../support/product.ts';
import type { SearchPage } from '../support/product.ts';

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

/** The product on a free port, stopped after the test. */
export async function startProduct(t: TestContext, name: string, flags: readonly string[] = []): Promise<Product> {
  const product = await Product.start({ dataDirectory: await temporaryDirectory(t, name), flags });
  t.after(() => product.kill());
  return product;
}

/** The service's lines by their message, as soon as as many as expected are found; fails where a message came twice. */
export async function findOnce(product: Product, service: string, expectedLines: number): Promise<Map<string, Found>> {
  const hits = await eventually(
    () => linesOf(product, service),
    (found) => found.length >= expectedLines,
  );
  const byMessage = new Map(hits.map((hit) => [hit.message, hit]));
  assert.equal(byMessage.size, hits.length, `every line of ${service} is there once`);
  assert.equal(hits.length, expectedLines);
  return byMessage;
}

/** All lines of a service in the last hour; none while a part of the answer is missing. */
export async function linesOf(product: Product, service: string): Promise<readonly Found[]> {
  const request = { filters: { service, time_range: { last: '1h' } } };
  const { complete } = await product.search({ ...request, limit: 1 });
  return complete ? ((await product.searchAll(request)) as Found[]) : [];
}
