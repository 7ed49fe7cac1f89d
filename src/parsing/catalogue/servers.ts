/** Logs of servers, balancers and databases. */
import { AccessLogParser } from '../formats/access-log.ts';
import { AwsAlbParser, CloudfrontParser, HaproxyParser } from '../formats/balancers.ts';
import { MysqlParser, PostgresqlParser, RedisParser } from '../formats/databases.ts';
import { KafkaParser } from '../formats/kafka.ts';
import { ApacheErrorParser, NginxErrorParser } from '../formats/server-errors.ts';
import { digits, letters } from './entry.ts';
import type { CatalogueEntry } from './entry.ts';

export const access: CatalogueEntry = {
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
  leads: `${digits}${letters}:`,
  create: (kit) => new AccessLogParser(kit),
};

export const nginxError: CatalogueEntry = {
  name: 'nginx-error',
  meaning: "nginx's error log",
  example:
    '2025/07/15 10:23:45 [error] 123#456: *789 open() "/srv/x" failed (2: No such file or directory), client: 203.0.113.9, server: example.com, request: "GET /x HTTP/1.1", host: "example.com"',
  fields: {
    message: 'open() "/srv/x" failed (2: No such file or directory)',
    level: 'ERROR',
    timestamp: '2025-07-15T10:23:45.000Z',
    pid: 123,
    tid: 456,
    connection: 789,
    client_ip: '203.0.113.9',
    server: 'example.com',
    request: 'GET /x HTTP/1.1',
    http_host: 'example.com',
  },
  leads: digits,
  create: (kit) => new NginxErrorParser(kit),
};

export const apacheError: CatalogueEntry = {
  name: 'apache-error',
  meaning: "Apache's error log, of 2.2 and 2.4",
  example: '[Tue Jul 15 10:23:45.902022 2025] [core:error] [pid 357:tid 432] [client 203.0.113.9:1234] AH00124: Request exceeded the limit',
  fields: {
    message: 'AH00124: Request exceeded the limit',
    level: 'ERROR',
    timestamp: '2025-07-15T10:23:45.902022Z',
    module: 'core',
    pid: 357,
    tid: 432,
    client_ip: '203.0.113.9',
    code: 'AH00124',
  },
  leads: '[',
  create: (kit) => new ApacheErrorParser(kit),
};

export const haproxy: CatalogueEntry = {
  name: 'haproxy',
  meaning: "HAProxy's HTTP and TCP logs, mostly behind a syslog header",
  example:
    '203.0.113.9:33317 [15/Jul/2025:10:23:45.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {example.com} {} "GET /index.html HTTP/1.1"',
  fields: {
    message: 'GET /index.html HTTP/1.1',
    timestamp: '2025-07-15T10:23:45.655Z',
    client_ip: '203.0.113.9',
    client_port: 33317,
    frontend: 'http-in',
    backend: 'static',
    server: 'srv1',
    timers: '10/0/30/69/109',
    duration_ms: 109,
    status: 200,
    bytes: 2750,
    termination_state: '----',
    connections: '1/1/1/1/0',
    queues: '0/0',
    method: 'GET',
    path: '/index.html',
    protocol: 'HTTP/1.1',
  },
  leads: `${digits}${letters}:`,
  create: (kit) => new HaproxyParser(kit),
};

export const awsAlb: CatalogueEntry = {
  name: 'aws-alb',
  aliases: ['aws-elb'],
  meaning: "Amazon's application and classic load balancers",
  example:
    'https 2025-07-15T10:23:45.186641Z app/web/50dc6c49 203.0.113.9:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://example.com:443/ HTTP/1.1" "curl/8.5.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2',
  fields: {
    message: 'GET https://example.com:443/ HTTP/1.1',
    timestamp: '2025-07-15T10:23:45.186641Z',
    type: 'https',
    elb: 'app/web/50dc6c49',
    client_ip: '203.0.113.9',
    client_port: 2817,
    target: '10.0.0.1:80',
    request_processing_time: 0.086,
    target_processing_time: 0.048,
    response_processing_time: 0.037,
    status: 200,
    target_status: 200,
    received_bytes: 0,
    bytes: 57,
    method: 'GET',
    path: 'https://example.com:443/',
    protocol: 'HTTP/1.1',
    user_agent: 'curl/8.5.0',
    ssl_cipher: 'ECDHE-RSA-AES128-GCM-SHA256',
    ssl_protocol: 'TLSv1.2',
  },
  leads: `${digits}a-z`,
  create: (kit) => new AwsAlbParser(kit),
};

export const cloudfront: CatalogueEntry = {
  name: 'cloudfront',
  meaning: "CloudFront's standard logs, fields with tabs between them; the path is the message",
  example:
    '2025-07-15\t10:23:45\tLAX1\t392\t203.0.113.9\tGET\td111.cloudfront.net\t/index.html\t200\t-\tMozilla/5.0\t-\t-\tHit\tSOX4xwn4XV6Q4rgb7XiVGOHms==\td111.cloudfront.net\thttps\t23\t0.001',
  fields: {
    message: '/index.html',
    timestamp: '2025-07-15T10:23:45.000Z',
    edge_location: 'LAX1',
    bytes: 392,
    client_ip: '203.0.113.9',
    method: 'GET',
    distribution: 'd111.cloudfront.net',
    status: 200,
    user_agent: 'Mozilla/5.0',
    edge_result_type: 'Hit',
    edge_request_id: 'SOX4xwn4XV6Q4rgb7XiVGOHms==',
    host_header: 'd111.cloudfront.net',
    request_protocol: 'https',
    received_bytes: 23,
    time_taken: 0.001,
    path: '/index.html',
  },
  leads: digits,
  create: (kit) => new CloudfrontParser(kit),
};

export const postgresql: CatalogueEntry = {
  name: 'postgresql',
  aliases: ['postgres'],
  meaning: 'PostgreSQL, with the default prefix, that of Debian or of Amazon RDS',
  example: '2025-07-15 10:23:45.123 UTC [1234] app@shop LOG:  duration: 1234.567 ms  statement: SELECT 1',
  fields: {
    message: 'duration: 1234.567 ms  statement: SELECT 1',
    level: 'INFO',
    timestamp: '2025-07-15T10:23:45.123Z',
    pid: 1234,
    user: 'app',
    database: 'shop',
    duration_ms: 1234.567,
  },
  leads: digits,
  create: (kit) => new PostgresqlParser(kit),
};

export const mysql: CatalogueEntry = {
  name: 'mysql',
  aliases: ['mariadb'],
  meaning: 'the error log of MySQL and MariaDB, and the head of their slow log',
  example: '2025-07-15T10:23:45.978123Z 8 [Warning] [MY-010055] [Server] IP address could not be resolved',
  fields: {
    message: 'IP address could not be resolved',
    level: 'WARN',
    timestamp: '2025-07-15T10:23:45.978123Z',
    thread: 8,
    code: 'MY-010055',
    subsystem: 'Server',
  },
  leads: `${digits}#`,
  create: (kit) => new MysqlParser(kit),
};

export const redis: CatalogueEntry = {
  name: 'redis',
  aliases: ['valkey'],
  meaning: 'Redis and Valkey',
  example: '1234:M 15 Jul 2025 10:23:45.123 # WARNING overcommit_memory is set to 0!',
  fields: {
    message: 'WARNING overcommit_memory is set to 0!',
    level: 'WARN',
    timestamp: '2025-07-15T10:23:45.123Z',
    pid: 1234,
    role: 'master',
  },
  leads: `${digits}[`,
  create: (kit) => new RedisParser(kit),
};

export const kafka: CatalogueEntry = {
  name: 'kafka',
  meaning: "Kafka's servers",
  example: '[2025-07-15 10:23:45,123] INFO [KafkaServer id=0] started (kafka.server.KafkaServer)',
  fields: {
    message: '[KafkaServer id=0] started',
    level: 'INFO',
    timestamp: '2025-07-15T10:23:45.123Z',
    logger: 'kafka.server.KafkaServer',
  },
  leads: '[',
  create: (kit) => new KafkaParser(kit),
};
