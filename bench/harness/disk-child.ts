/** Process of its own for `disk.ts`: the engine holds one data path a process. */
import { Session } from 'chdb';
import type { DiskSizes } from './disk.ts';

const session = new Session(process.argv[2]);
const where = "active AND table = 'logs'";
const numbers = (sql: string): number[] => session.query(sql, 'TSV').trim().split('\t').map(Number);

try {
  const [rows, parts, bytes] = numbers(`SELECT sum(rows), count(), sum(bytes_on_disk) FROM system.parts WHERE ${where}`);
  const [textIndexBytes, otherIndexBytes] = numbers(`SELECT sumIf(data_compressed_bytes + marks_bytes, type = 'text'),
    sumIf(data_compressed_bytes + marks_bytes, type != 'text') FROM system.data_skipping_indices WHERE table = 'logs'`);
  const [projectionBytes] = numbers("SELECT sum(bytes_on_disk) FROM system.projection_parts WHERE active AND table = 'logs'");
  const sizes: DiskSizes = { rows, parts, bytes, textIndexBytes, otherIndexBytes, projectionBytes };
  process.send?.(sizes);
} finally {
  session.cleanup();
  process.disconnect?.();
}
