/** Columns → widths. Known fields have a fitting width of their own, the message takes what is left. */

const widths: Readonly<Record<string, string>> = {
  service: 'minmax(70px, 150px)',
  host: 'minmax(80px, 190px)',
  environment: '90px',
  trace_id: '250px',
  span_id: '130px',
  message: 'minmax(140px, 1fr)',
};

/** A template of a grid for time, level and the columns. Without a message the last column takes what is left. */
export function columnTemplate(columns: readonly string[], withDate: boolean): string {
  const own = columns.map((column, index) => {
    const isLast = index === columns.length - 1;
    return isLast && !columns.includes('message') ? 'minmax(120px, 1fr)' : (widths[column] ?? 'minmax(90px, 150px)');
  });
  return [withDate ? '132px' : '88px', '40px', ...own].join(' ');
}
