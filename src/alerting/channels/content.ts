/**
 * What a message shows, the same for all channels: the notification with secrets masked as the channel wants, every text made
 * safe to look at, and no longer than there is room. Channels only lay it out and escape it for where it goes.
 */
import { shownInstant, shownSpan } from '#base/shown-times.ts';
import { maskSecrets } from '../redaction.ts';
import type { Redact } from '../channel-settings.ts';
import type { Notification, NotifiedIncident } from '../notification.ts';
import type { Severity } from '../alert-rule.ts';
import { shortened, shownLine, shownText, webLink } from './shown-text.ts';

export interface Content {
  readonly kind: Notification['kind'];
  /** FIRING, RESOLVED, … */
  readonly state: string;
  readonly severity: Severity;
  readonly at: string;
  /** One line. */
  readonly title: string;
  /** May have several lines. */
  readonly text: string;
  readonly incidents: readonly ContentIncident[];
  readonly moreIncidents: number;
}

export interface ContentIncident {
  readonly title: string;
  readonly state: string;
  readonly severity: Severity;
  /** Group, times, value: name and text, one line each. */
  readonly facts: readonly (readonly [name: string, text: string])[];
  readonly samples: readonly ContentSample[];
  readonly moreSamples: number;
  /** Only such as a link may have; undefined where the product knows no address of its own. */
  readonly linesUrl: string | undefined;
  readonly incidentUrl: string | undefined;
  readonly runbookUrl: string | undefined;
}

export interface ContentSample {
  /** Time, level, service and host. */
  readonly origin: string;
  readonly level: string;
  /** May have several lines. */
  readonly message: string;
  /** Pattern and trace, as far as it has them. */
  readonly marks: string;
}

/** How much of a notification a message has room for. */
export interface Room {
  readonly incidents: number;
  readonly samples: number;
  readonly messageLength: number;
  readonly textLength: number;
  readonly titleLength: number;
  readonly factLength: number;
}

/** From all to almost nothing; the last fits everywhere: under 2,000 characters, whatever is logged. */
const rooms: readonly Room[] = [
  { incidents: 20, samples: 20, messageLength: 4000, textLength: 8000, titleLength: 300, factLength: 500 },
  { incidents: 20, samples: 5, messageLength: 1000, textLength: 4000, titleLength: 300, factLength: 300 },
  { incidents: 10, samples: 5, messageLength: 500, textLength: 2000, titleLength: 200, factLength: 200 },
  { incidents: 10, samples: 2, messageLength: 300, textLength: 1500, titleLength: 200, factLength: 120 },
  { incidents: 5, samples: 2, messageLength: 200, textLength: 1000, titleLength: 150, factLength: 100 },
  { incidents: 3, samples: 1, messageLength: 200, textLength: 800, titleLength: 120, factLength: 60 },
  { incidents: 1, samples: 1, messageLength: 120, textLength: 500, titleLength: 120, factLength: 40 },
  { incidents: 1, samples: 0, messageLength: 0, textLength: 200, titleLength: 100, factLength: 20 },
];

/** The richest message that fits. `fits` must hold for the last room. */
export function fitted<T>(notification: Notification, redact: Redact, build: (content: Content) => T, fits: (built: T) => boolean): T {
  const masked = redacted(notification, redact);
  for (const room of rooms.slice(0, -1)) {
    const built = build(contentOf(masked, room));
    if (fits(built)) return built;
  }
  return build(contentOf(masked, rooms[rooms.length - 1]));
}

/** No text of a line is looked at beyond this: what a message can show of it is far less. */
const maxTextLength = 32_768;

/** The notification as a channel may see it: samples left out, secrets masked, or as it is. */
export function redacted(notification: Notification, redact: Redact): Notification {
  const text = (value: string): string => {
    // a secret that the cut goes through would no longer look like one
    const bounded = value.length > maxTextLength ? value.slice(0, maxTextLength + 512) : value;
    const safe = redact === 'none' ? bounded : maskSecrets(bounded);
    return value.length > maxTextLength ? shortened(safe, maxTextLength) : safe;
  };
  const texts = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, text(value)]));
  const incidents = notification.incidents.map(({ incident, ...rest }) => ({
    ...rest,
    title: text(rest.title),
    incident: {
      ...incident,
      group: texts(incident.group),
      labels: texts(incident.labels),
      detail: incident.detail === undefined ? undefined : text(incident.detail),
      samples:
        redact === 'no_samples'
          ? []
          : incident.samples.map((sample) => ({
              ...sample,
              message: text(sample.message),
              service: text(sample.service),
              host: text(sample.host),
            })),
    },
  }));
  return { ...notification, title: text(notification.title), text: text(notification.text), incidents };
}

const stateNames: Readonly<Record<Notification['kind'], string>> = {
  fired: 'FIRING',
  repeated: 'STILL FIRING',
  escalated: 'ESCALATED',
  acknowledged: 'ACKNOWLEDGED',
  resolved: 'RESOLVED',
  test: 'TEST',
};

function contentOf(notification: Notification, room: Room): Content {
  const shownIncidents = notification.incidents.slice(0, room.incidents);
  return {
    kind: notification.kind,
    state: stateNames[notification.kind],
    severity: notification.severity,
    at: shownInstant(notification.atMs),
    title: shortened(shownLine(notification.title), room.titleLength) || 'Alert',
    text: shortened(shownText(notification.text).trim(), room.textLength),
    incidents: shownIncidents.map((incident) => incidentContent(incident, room)),
    moreIncidents: notification.moreIncidents + notification.incidents.length - shownIncidents.length,
  };
}

const incidentStates: Readonly<Record<NotifiedIncident['incident']['state'], string>> = {
  ok: 'resolved',
  pending: 'pending',
  firing: 'firing',
  no_data: 'no data',
  late_data: 'late data',
  failed: 'failed',
};

function incidentContent({ incident, title, ...urls }: NotifiedIncident, room: Room): ContentIncident {
  const samples = incident.samples.slice(0, room.samples);
  return {
    title: shortened(shownLine(title), room.titleLength) || incident.id,
    state: incident.acknowledgedMs === undefined || incident.state === 'ok' ? incidentStates[incident.state] : 'acknowledged',
    severity: incident.severity,
    facts: factsOf(incident).map(([name, text]) => [shortened(shownLine(name), 60), shortened(shownLine(text), room.factLength)]),
    samples: samples.map((sample) => ({
      origin: shortened(shownLine([sample.timestamp, sample.level, sample.service, sample.host].filter(Boolean).join(' · ')), 200),
      level: shortened(shownLine(sample.level), 20),
      message: shortened(shownText(sample.message).trimEnd(), room.messageLength),
      marks: shortened(
        shownLine(
          [sample.patternId && `pattern ${sample.patternId}`, sample.traceId && `trace ${sample.traceId}`].filter(Boolean).join(' · '),
        ),
        120,
      ),
    })),
    moreSamples: incident.samples.length - samples.length,
    linesUrl: webLink(urls.linesUrl),
    incidentUrl: webLink(urls.incidentUrl),
    runbookUrl: webLink(urls.runbookUrl),
  };
}

/** Fields of a group that a message names; a rule can have ten. */
const maxGroupFacts = 10;

function factsOf(incident: NotifiedIncident['incident']): [string, string][] {
  const facts: [string, string][] = Object.entries(incident.group).slice(0, maxGroupFacts);
  if (incident.firedMs === undefined) facts.push(['since', shownInstant(incident.beganMs)]);
  else facts.push(['fired', shownInstant(incident.firedMs)]);
  if (incident.resolvedMs !== undefined) {
    facts.push([
      'resolved',
      `${shownInstant(incident.resolvedMs)}, after ${shownSpan(incident.resolvedMs - (incident.firedMs ?? incident.beganMs))}`,
    ]);
  }
  if (incident.acknowledgedMs !== undefined) {
    facts.push([
      'acknowledged',
      `${shownInstant(incident.acknowledgedMs)}${incident.acknowledgedBy ? ` by ${incident.acknowledgedBy}` : ''}`,
    ]);
  }
  if (incident.value !== undefined) facts.push(['value', shownNumber(incident.value)]);
  if (incident.detail) facts.push(['detail', incident.detail]);
  if (incident.lateMs > 0) facts.push(['late', `evaluated ${shownSpan(incident.lateMs)} behind`]);
  return facts;
}

/** At most six significant digits. */
export function shownNumber(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en-GB') : String(Number(value.toPrecision(6)));
}
