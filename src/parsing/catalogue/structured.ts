/** Formats whose lines consist of named values. */
import { DockerJsonParser, JsonParser, WindowsEventParser } from '../formats/json.ts';
import { LogfmtParser } from '../formats/logfmt.ts';
import { letters } from './entry.ts';
import type { CatalogueEntry } from './entry.ts';

export const dockerJson: CatalogueEntry = {
  name: 'docker-json',
  meaning: "Docker's json-file driver; the line in it is recognised in turn",
  example: '{"log":"level=warn msg=\\"disk is full\\"\\n","stream":"stderr","time":"2025-07-15T10:23:45.123456789Z"}',
  fields: { message: 'disk is full', level: 'WARN', timestamp: '2025-07-15T10:23:45.123456789Z', stream: 'stderr' },
  leads: '{',
  create: (kit) => new DockerJsonParser(kit),
};

export const windowsEvent: CatalogueEntry = {
  name: 'windows-event-json',
  meaning: 'events of Windows as JSON: NXLog, Get-WinEvent, or the XML of an event',
  example:
    '{"EventTime":"2025-07-15 10:23:45","Hostname":"dc01","Severity":"INFO","EventID":4624,"Channel":"Security","Message":"An account was successfully logged on."}',
  fields: {
    message: 'An account was successfully logged on.',
    level: 'INFO',
    timestamp: '2025-07-15T10:23:45.000Z',
    host: 'dc01',
    EventID: 4624,
    Channel: 'Security',
  },
  leads: '{',
  create: (kit) => new WindowsEventParser(kit),
};

export const json: CatalogueEntry = {
  name: 'json',
  aliases: ['ndjson', 'pino', 'bunyan', 'winston', 'zap', 'ecs', 'logstash'],
  meaning: 'a JSON object; nested ones become dotted names, known spellings become fields',
  example: '{"ts":"2025-07-15T10:23:45.123Z","level":"error","msg":"charge failed","order":{"id":"ord-456","total":19.9}}',
  fields: {
    message: 'charge failed',
    level: 'ERROR',
    timestamp: '2025-07-15T10:23:45.123Z',
    'order.id': 'ord-456',
    'order.total': 19.9,
  },
  leads: '{',
  create: (kit) => new JsonParser(kit),
};

export const logfmt: CatalogueEntry = {
  name: 'logfmt',
  meaning: 'a line of name=value pairs',
  example: 'time=2025-07-15T10:23:45.123Z level=info msg="request done" status=200 took=12ms cached=true',
  fields: {
    message: 'request done',
    level: 'INFO',
    timestamp: '2025-07-15T10:23:45.123Z',
    status: 200,
    took: '12ms',
    cached: true,
  },
  leads: `${letters}_`,
  create: (kit) => new LogfmtParser(kit, false),
  createStrict: (kit) => new LogfmtParser(kit, true),
};
