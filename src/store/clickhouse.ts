/** The store over ClickHouse, as the composition root sees it. */
export { ClickHouseStore } from './clickhouse/clickhouse-store.ts';
export type { ClickHouseStoreOptions } from './clickhouse/clickhouse-store.ts';
