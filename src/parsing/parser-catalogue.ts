/**
 * The built-in parsers as data: how each is made, where recognition tries it, and what documentation shows of it. A new
 * format is a file in formats/ and an entry here; the order is that of recognition, the most particular first.
 */
import { AccessLogParser } from './formats/access-log.ts';
import { JavaParser } from './formats/java.ts';
import { DockerJsonParser, JsonParser, WindowsEventParser } from './formats/json.ts';
import { LogfmtParser } from './formats/logfmt.ts';
import type { LineParser, ParserKit } from './line-parser.ts';

export interface CatalogueEntry {
  readonly name: string;
  /** Other names that a rule may give. */
  readonly aliases?: readonly string[];
  readonly meaning: string;
  /** A line as it comes. */
  readonly example: string;
  /** What is found in the example, the message first: as documentation shows it, and tests hold it to. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  /** First bytes of lines that recognition tries it on, ranges as `a-z`; left out where it is only used by name. */
  readonly leads?: string;
  readonly create: (kit: ParserKit) => LineParser;
  /** For recognition, where it must be surer than where it was asked for. */
  readonly createStrict?: (kit: ParserKit) => LineParser;
}

const digits = '0-9';
const letters = 'A-Za-z';

export const parserCatalogue: readonly CatalogueEntry[] = [
  {
    name: 'docker-json',
    meaning: "Docker's json-file driver; the line in it is recognised in turn",
    example: '{"log":"level=warn msg=\\"disk is full\\"\\n","stream":"stderr","time":"2025-07-15T10:23:45.123456789Z"}',
    fields: { message: 'disk is full', level: 'WARN', timestamp: '2025-07-15T10:23:45.123456789Z', stream: 'stderr' },
    leads: '{',
    create: (kit) => new DockerJsonParser(kit),
  },
  {
    name: 'windows-event-json',
    meaning: 'events of Windows as JSON: NXLog, Get-WinEvent, or the XML of an event',
    example:
      '{"EventTime":"2025-07-15 10:23:45","Hostname":"dc01","SeverityValue":2,"Severity":"INFO","EventID":4624,"Channel":"Security","Message":"An account was successfully logged on."}',
    fields: {
      message: 'An account was successfully logged on.',
      level: 'INFO',
      timestamp: '2025-07-15T10:23:45.000Z',
      host: 'dc01',
      SeverityValue: 2,
      EventID: 4624,
      Channel: 'Security',
    },
    leads: '{',
    create: (kit) => new WindowsEventParser(kit),
  },
  {
    name: 'json',
    meaning: 'a JSON object; nested ones become dotted names, known spellings become fields',
    example: '{"ts":"2025-07-15T10:23:45.123Z","level":"error","msg":"charge failed","order":{"id":"ord-456","total":19.9}}',
    fields: { message: 'charge failed', level: 'ERROR', timestamp: '2025-07-15T10:23:45.123Z', 'order.id': 'ord-456', 'order.total': 19.9 },
    leads: '{',
    create: (kit) => new JsonParser(kit),
  },
  {
    name: 'access',
    aliases: ['common', 'combined', 'nginx-access', 'apache-access'],
    meaning: 'access logs of Apache, nginx and others in the common and combined formats; the request line is the message',
    example: '203.0.113.9 - frank [15/Jul/2025:12:23:45 +0200] "GET /cart?id=7 HTTP/1.1" 200 2326 "https://example.com/" "Mozilla/5.0"',
    fields: {
      message: 'GET /cart?id=7 HTTP/1.1',
      timestamp: '2025-07-15T10:23:45.000Z',
      client_ip: '203.0.113.9',
      user: 'frank',
      method: 'GET',
      path: '/cart?id=7',
      protocol: 'HTTP/1.1',
      status: 200,
      bytes: 2326,
      referer: 'https://example.com/',
      user_agent: 'Mozilla/5.0',
    },
    leads: digits + letters,
    create: (kit) => new AccessLogParser(kit),
  },
  {
    name: 'java',
    aliases: ['log4j', 'logback', 'spring-boot', 'tomcat', 'hadoop', 'hdfs', 'zookeeper', 'spark', 'elasticsearch', 'serilog', 'rust'],
    meaning:
      'log4j, Logback, Spring Boot, Tomcat, Hadoop, HDFS, ZooKeeper, Spark, Cassandra, JBoss, Elasticsearch; log4net, Serilog, env_logger, tracing',
    example: '2025-07-15 10:23:45,123 ERROR [http-nio-8080-exec-3] com.example.PaymentService: Charge failed',
    fields: {
      message: 'Charge failed',
      level: 'ERROR',
      timestamp: '2025-07-15T10:23:45.123Z',
      thread: 'http-nio-8080-exec-3',
      logger: 'com.example.PaymentService',
    },
    leads: `${digits}${letters}[`,
    create: (kit) => new JavaParser(kit),
  },
  {
    name: 'logfmt',
    meaning: 'a line of name=value pairs',
    example: 'time=2025-07-15T10:23:45.123Z level=info msg="request done" status=200 took=12ms cached=true',
    fields: { message: 'request done', level: 'INFO', timestamp: '2025-07-15T10:23:45.123Z', status: 200, took: '12ms', cached: true },
    leads: `${letters}_`,
    create: (kit) => new LogfmtParser(kit, false),
    createStrict: (kit) => new LogfmtParser(kit, true),
  },
];
