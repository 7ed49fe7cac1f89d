/**
 * The number of the log's life. A log that begins anew must never repeat the ids of an earlier one, whose number is
 * forgotten with its directory: so it is drawn at random.
 */
import { AppError } from '#base/errors.ts';
import { maxIncarnation } from '#base/ids.ts';
import type { Files } from '#platform/files.ts';
import type { Logger } from '#platform/logger.ts';
import { readSealedFile, writeSealedFile } from './sealed-file.ts';
import { decodeSegmentHeader, parseSegmentName, parseShardName, segmentHeaderRegion } from './segment-header.ts';

const fileName = 'incarnation';

/** Reads it, restores it from the segments, or begins a new life. Throws AppError when the segments disagree. */
export async function openIncarnation(files: Files, directory: string, logger: Logger, random: () => number): Promise<number> {
  const read = await readSealedFile(files, directory, fileName);
  if (typeof read === 'object') return (read.content as { incarnation: number }).incarnation;
  const found = await incarnationsOfSegments(files, directory);
  if (found.size > 1) {
    throw new AppError(
      'log_unavailable',
      `the log in "${directory}" has no readable incarnation file, and its segments belong to different ones (${[...found].join(', ')}); ` +
        'move the shards that do not belong here out of it, or restore the directory whole; nothing was changed',
      { details: { directory } },
    );
  }
  const [restored] = found;
  const incarnation = restored ?? 1 + Math.floor(random() * maxIncarnation);
  if (restored !== undefined)
    logger.warn({ directory, incarnation, file: read }, 'the incarnation of the log was restored from its segments');
  await writeSealedFile(files, directory, fileName, { version: 1, incarnation });
  return incarnation;
}

async function incarnationsOfSegments(files: Files, directory: string): Promise<Set<number>> {
  const found = new Set<number>();
  for (const shardName of await files.list(directory)) {
    if (parseShardName(shardName) === undefined) continue;
    for (const name of await files.list(`${directory}/${shardName}`)) {
      if (parseSegmentName(name) === undefined) continue;
      const path = `${directory}/${shardName}/${name}`;
      const file = await files.open(path, 'read');
      try {
        const region = Buffer.alloc(segmentHeaderRegion);
        const count = await file.read(region, 0);
        const header = decodeSegmentHeader(region.subarray(0, count), path);
        if (header !== undefined) found.add(header.incarnation);
      } finally {
        await file.close();
      }
    }
  }
  return found;
}
