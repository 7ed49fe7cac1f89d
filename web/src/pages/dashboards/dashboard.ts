/** What a dashboard is, as it is saved (`/v1/dashboards/{name}`), and how what comes from there is read with care. Pure. */

export const panelKinds = ['series', 'bars', 'top', 'table', 'number', 'heat', 'patterns'] as const;
export type PanelKind = (typeof panelKinds)[number];

export const units = ['count', 'rate', 'share', 'ms', 'bytes', 'number'] as const;
export type Unit = (typeof units)[number];

export interface Panel {
  readonly id: string;
  readonly title: string;
  readonly kind: PanelKind;
  /** Query language; the dashboard's variables come besides. */
  readonly query: string;
  /** As the API takes it: `count`, `error_rate`, `p99(latency_ms)` … */
  readonly metric: string;
  readonly groupBy: readonly string[];
  readonly unit: Unit;
  /** Columns of twelve. */
  readonly width: 3 | 4 | 6 | 8 | 12;
  /** Groups that are shown. */
  readonly limit: number;
}

export interface Dashboard {
  readonly title: string;
  readonly panels: readonly Panel[];
  /** Fields that one value can be chosen of for all panels. */
  readonly variables: readonly string[];
  /** The range it opens with. */
  readonly last: string;
}

export const panelWidths = [3, 4, 6, 8, 12] as const;
const mostPanels = 60;

/** A saved view as a dashboard; undefined where it is none. What of a panel cannot be read has its default. */
export function readDashboard(view: Readonly<Record<string, unknown>>): Dashboard | undefined {
  const { title, panels, variables, last } = view;
  if (!Array.isArray(panels)) return undefined;
  return {
    title: typeof title === 'string' ? title : '',
    panels: panels.slice(0, mostPanels).flatMap((panel: unknown, index) => readPanel(panel, index) ?? []),
    variables: textList(variables),
    last: typeof last === 'string' && /^\d+[smhdw]$/.test(last) ? last : '1h',
  };
}

function readPanel(value: unknown, index: number): Panel | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, title, kind, query, metric, groupBy, unit, width, limit } = value as Readonly<Record<string, unknown>>;
  return {
    id: typeof id === 'string' && id !== '' ? id : `panel-${index}`,
    title: typeof title === 'string' ? title : '',
    kind: panelKinds.find((one) => one === kind) ?? 'series',
    query: typeof query === 'string' ? query : '',
    metric: typeof metric === 'string' && metric !== '' ? metric : 'count',
    groupBy: textList(groupBy),
    unit: units.find((one) => one === unit) ?? 'number',
    width: panelWidths.find((one) => one === width) ?? 6,
    limit: typeof limit === 'number' && limit >= 1 && limit <= 100 ? Math.round(limit) : 10,
  };
}

function textList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string' && one !== '') : [];
}

export const emptyPanel: Omit<Panel, 'id'> = {
  title: 'New panel',
  kind: 'series',
  query: '',
  metric: 'count',
  groupBy: ['service'],
  unit: 'count',
  width: 6,
  limit: 8,
};

/** An id that no panel has yet. */
export function freshId(panels: readonly Panel[]): string {
  let number = panels.length + 1;
  while (panels.some(({ id }) => id === `panel-${number}`)) number++;
  return `panel-${number}`;
}

/** The panel moved by some places. */
export function movedPanel(panels: readonly Panel[], id: string, by: -1 | 1): readonly Panel[] {
  const at = panels.findIndex((panel) => panel.id === id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= panels.length) return panels;
  const next = [...panels];
  [next[at], next[to]] = [next[to], next[at]];
  return next;
}

const measured = /^(?:(?<kind>[a-z]+[\d.]*))\((?<field>.*)\)$/;

export interface MetricParts {
  /** `count`, `rate`, `error_rate`, `distinct`, `avg`, `p99` … */
  readonly kind: string;
  /** Empty where it looks at no field. */
  readonly field: string;
}

/** `p99(latency_ms)` in its parts; a field in quotes without them. */
export function metricParts(metric: string): MetricParts {
  const { kind = metric, field = '' } = measured.exec(metric.trim())?.groups ?? {};
  return { kind, field: field.startsWith('"') && field.endsWith('"') ? field.slice(1, -1) : field };
}

export function metricText({ kind, field }: MetricParts): string {
  if (field === '') return kind;
  return `${kind}(${/[()"\s]/.test(field) ? `"${field.replaceAll('"', '')}"` : field})`;
}
