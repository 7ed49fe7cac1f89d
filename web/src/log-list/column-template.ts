/** Columns → widths. Known fields have a fitting width of their own, the message takes what is left. */

const widths: Readonly<Record<string, string>> = {
  service: '150px',
  host: '190px',
  environment: '90px',
  trace_id: '250px',
  span_id: '130px',
  message: 'minmax(240px, 1fr)',
};

/** A template of a grid for time, level and the columns. Without a message the last column takes what is left. */
export function columnTemplate(columns: readonly string[], withDate: boolean): string {
  const own = columns.map((column, index) => {
    const isLast = index === columns.length - 1;
    return isLast && !columns.includes('message') ? 'minmax(120px, 1fr)' : (widths[column] ?? 'minmax(90px, 150px)');
  });
  return [withDate ? '132px' : '88px', '40px', ...own].join(' ');
}
