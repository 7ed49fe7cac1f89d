/** The room that lines take. */
import { readStorageUse } from '#search/storage-use.ts';
import type { StorageParts } from '#search/storage-use.ts';
import type { TextSize } from '#store/storage-reads.ts';
import { costObject } from './answer-shapes.ts';
import { parametersObject } from './query-parameters.ts';
import { createRequestReader } from './request-reader.ts';
import { jsonReply, mustHaveCaller } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';
import { storageEndpoints, storageParameters } from './storage-endpoints.ts';

const readParameters = createRequestReader(storageParameters, 'the query string');

export function storageRoutes(parts: StorageParts): ApiRoute[] {
  return [{ endpoint: storageEndpoints.storage, handle: (request) => storage(parts, request) }];
}

async function storage(parts: StorageParts, { principal, queryParameters, signal }: ApiRequest): Promise<ApiReply> {
  mustHaveCaller(principal);
  const { last } = readParameters(parametersObject(queryParameters));
  const asked = { withDisk: principal.mayActForOthers, ...(last === undefined ? {} : { timeRange: { last } }) };
  const { services, fields, bytes, sampledLines, disk, ...answer } = await readStorageUse(parts, asked, principal, signal);
  const sizeObject = ({ lineCount, bytes: own }: TextSize): object => ({
    lines: lineCount,
    bytes: own,
    share: bytes === 0 ? 0 : Math.round((own / bytes) * 10_000) / 100,
  });
  return jsonReply(
    JSON.stringify({
      sampled_lines: sampledLines,
      services: services.map((size) => ({ service: size.name, ...sizeObject(size) })),
      fields: fields.map((size) => ({ field: size.name, ...sizeObject(size) })),
      ...(disk === undefined
        ? {}
        : {
            columns: disk.columns.map(({ column, diskBytes, rawBytes }) => ({ column, disk_bytes: diskBytes, raw_bytes: rawBytes })),
            index_bytes: disk.indexBytes,
          }),
      ...costObject(answer),
    }),
  );
}
