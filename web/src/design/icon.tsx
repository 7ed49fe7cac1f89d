/** Icons: strokes on a grid of 16, in the colour of the text. They are decoration; the control that holds one has the name. */

const paths = {
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm4-1 3.5 3.5',
  close: 'm4 4 8 8m0-8-8 8',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  chevronDown: 'm4 6 4 4 4-4',
  chevronUp: 'm4 10 4-4 4 4',
  chevronLeft: 'm10 4-4 4 4 4',
  chevronRight: 'm6 4 4 4-4 4',
  refresh: 'M13 8a5 5 0 1 1-1.5-3.5L13 6m0-3.5V6H9.5',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-9.5V8l2.5 1.5',
  play: 'M5 3.5v9l7-4.5Z',
  pause: 'M5.5 3.5v9m5-9v9',
  stop: 'M4 4h8v8H4z',
  filter: 'M2.5 4h11M4.5 8h7M6.5 12h3',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  download: 'M8 2.5v7.5m-3-3 3 3 3-3M3 13h10',
  link: 'M6.5 9.5 9.5 6.5M7 5l1.5-1.5a2.5 2.5 0 0 1 3.8 3.6L10.8 8.7M9 11l-1.5 1.5a2.5 2.5 0 0 1-3.8-3.6l1.5-1.6',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  sun: 'M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8 1.5v1.6m0 9.8v1.6M1.5 8h1.6m9.8 0h1.6M3.4 3.4l1.1 1.1m7 7 1.1 1.1m0-9.2-1.1 1.1m-7 7-1.1 1.1',
  moon: 'M13 9.6A5.5 5.5 0 0 1 6.4 3 5.5 5.5 0 1 0 13 9.6Z',
  half: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12M10 3v10m2-8.5v7',
  help: 'M6 6a2 2 0 1 1 2.8 1.8c-.6.3-.8.6-.8 1.4m0 2.3h.01M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z',
  warning: 'M8 2.2 14.5 13.5h-13L8 2.2Zm0 4.3v3.2m0 1.8h.01',
  save: 'M3 2.5h8l2.5 2.5v8.5H3zM5 2.5v3.5h5V2.5M5 13.5V9.5h6v4',
  edit: 'm3 13 .6-2.8 7.2-7.2 2.2 2.2-7.2 7.2L3 13Z',
  trash: 'M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9',
  expand: 'M9.5 2.5h4v4m0-4-5 5m-2 6h-4v-4m0 4 5-5',
  pin: 'M9.5 2 14 6.5l-2 .6-2.4 2.4-.3 3-5.8-5.8 3-.3L9 4l.5-2ZM6.2 9.8 2.5 13.5',
  star: 'm8 2 1.9 3.8 4.2.6-3 3 .7 4.2L8 11.6l-3.8 2 .7-4.2-3-3 4.2-.6L8 2Z',
  trace: 'M2 4h6M5 8h6M9 12h5',
  context: 'M2.5 3.5h11M2.5 6h11M2.5 10h11M2.5 12.5h11M1 8h14',
  pattern: 'M2.5 4h4m3 0h4M2.5 8h7m3 0h1M2.5 12h2m3 0h6',
  wrap: 'M2.5 4h11M2.5 8h8.5a2 2 0 1 1 0 4H8m0 0 1.8-1.8M8 12l1.8 1.8M2.5 12H5',
  gauge: 'M3 12.5a6 6 0 1 1 10 0M8 9l3-3.5',
  panels: 'M2.5 2.5h5v6h-5zM8.5 2.5h5v4h-5zM8.5 7.5h5v6h-5zM2.5 9.5h5v4h-5z',
  bell: 'M8 2a4 4 0 0 0-4 4v3.2L2.8 11.5h10.4L12 9.2V6a4 4 0 0 0-4-4Zm-1.5 11.7a1.7 1.7 0 0 0 3 0',
  bellOff: 'M5 3.6A4 4 0 0 1 12 6v3.2l.6 1.2M10.5 11.5H2.8L4 9.2V6m2.5 7.7a1.7 1.7 0 0 0 3 0M2 2l12 12',
  inbox: 'M2.5 9.5 4.3 3h7.4l1.8 6.5v3.5h-11zm0 0h3.2c.3 1.2 1.2 1.8 2.3 1.8s2-.6 2.3-1.8h3.2',
  send: 'm2.5 7.6 11-5.1-3.6 11-2.3-4.6zm5.1 1.3 5.9-6.4',
  branch: 'M4 2.5v11m0-3.5c0-2 1-3 3-3h5m0 0L9.8 4.8M12 7 9.8 9.2',
  arrowUp: 'M8 13V3.5M4 7l4-4 4 4',
  arrowDown: 'M8 3v9.5M4 9l4 4 4-4',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
      focusable="false"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={paths[name]} />
    </svg>
  );
}
