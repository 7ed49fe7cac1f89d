/** Answers of the engine to the question for series, as it would write them. */
export interface MinuteCount {
  readonly service: string;
  readonly environment: string;
  readonly level: number;
  readonly minute: number;
  readonly lines: number;
  readonly weight: number;
}

/** Rows of `seriesColumns` in RowBinary, of counts that may name a minute more than once. */
export function encodeSeries(counts: readonly MinuteCount[]): Buffer {
  const bySeries = Map.groupBy(counts, ({ service, environment, level }) => JSON.stringify([service, environment, level]));
  return Buffer.concat([...bySeries.values()].flatMap((ofSeries) => [nameBytes(ofSeries[0]), minuteBytes(ofSeries)]));
}

const nameBytes = ({ service, environment, level }: MinuteCount): Buffer =>
  Buffer.concat([textBytes(service), textBytes(environment), Buffer.from([level])]);

function minuteBytes(counts: readonly MinuteCount[]): Buffer {
  const byMinute = [...Map.groupBy(counts, ({ minute }) => minute)].sort(([a], [b]) => a - b);
  const cells = byMinute.map(([minute, ofMinute]) => {
    const cell = Buffer.alloc(16);
    cell.writeUInt32LE(minute, 0);
    cell.writeUInt32LE(
      ofMinute.reduce((sum, { lines }) => sum + lines, 0),
      4,
    );
    cell.writeDoubleLE(
      ofMinute.reduce((sum, { weight }) => sum + weight, 0),
      8,
    );
    return cell;
  });
  return Buffer.concat([varint(byMinute.length), ...cells]);
}

const textBytes = (text: string): Buffer => Buffer.concat([varint(Buffer.byteLength(text)), Buffer.from(text)]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
}
