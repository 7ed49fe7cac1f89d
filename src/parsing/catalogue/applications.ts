/** Logs of applications' loggers, of systems and containers. */
import { CriParser, KlogParser } from '../formats/containers.ts';
import { JavaParser } from '../formats/java.ts';
import { HpcParser, ProxifierParser } from '../formats/research-logs.ts';
import { GoParser, PythonParser, RailsParser } from '../formats/scripting.ts';
import { SyslogTextParser } from '../formats/syslog-text.ts';
import { digits, letters } from './entry.ts';
import type { CatalogueEntry } from './entry.ts';

export const cri: CatalogueEntry = {
  name: 'cri',
  aliases: ['containerd', 'cri-o'],
  meaning: 'the container runtime interface of Kubernetes; the line in it is recognised in turn',
  example: '2025-07-15T10:23:45.669794202Z stdout F {"level":"warn","msg":"low on disk","free":7}',
  fields: { message: 'low on disk', level: 'WARN', timestamp: '2025-07-15T10:23:45.669794202Z', stream: 'stdout', free: 7 },
  leads: digits,
  create: (kit) => new CriParser(kit),
};

export const syslog: CatalogueEntry = {
  name: 'syslog',
  aliases: ['rfc3164', 'rfc5424'],
  meaning: 'lines of syslog in files, of RFC 3164, RFC 5424 and rsyslog; the text in them is recognised in turn',
  example: '<34>1 2025-07-15T10:23:45.003Z web-1 su 77 ID47 [origin@32473 ip="203.0.113.9"] authentication failed for root',
  fields: {
    message: 'authentication failed for root',
    level: 'FATAL',
    timestamp: '2025-07-15T10:23:45.003Z',
    service: 'su',
    host: 'web-1',
    'syslog.facility': 'auth',
    'syslog.procid': '77',
    'syslog.msgid': 'ID47',
    'origin@32473.ip': '203.0.113.9',
  },
  leads: `${digits}${letters}<`,
  create: (kit) => new SyslogTextParser(kit),
};

export const klog: CatalogueEntry = {
  name: 'klog',
  aliases: ['glog'],
  meaning: "klog and glog, as Kubernetes' own components write",
  example: 'E0715 10:23:45.123456    1234 kubelet.go:1882] "Failed to start" err="no runtime" pod="default/web-1"',
  fields: { message: 'Failed to start', level: 'ERROR', pid: 1234, caller: 'kubelet.go:1882', err: 'no runtime', pod: 'default/web-1' },
  leads: 'IWEF',
  create: (kit) => new KlogParser(kit),
};

export const java: CatalogueEntry = {
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
};

export const python: CatalogueEntry = {
  name: 'python',
  aliases: ['gunicorn', 'uvicorn', 'celery', 'airflow', 'django'],
  meaning: "Python's logging in its usual formats, gunicorn, uvicorn, Celery, Airflow",
  example: '2025-07-15 10:23:45,123 - shop.payment - WARNING - card declined',
  fields: { message: 'card declined', level: 'WARN', timestamp: '2025-07-15T10:23:45.123Z', logger: 'shop.payment' },
  leads: `${digits}A-Z[`,
  create: (kit) => new PythonParser(kit),
};

export const go: CatalogueEntry = {
  name: 'go',
  aliases: ['slog', 'zap-console'],
  meaning: "Go's log package, log/slog's text, zap's console",
  example: '2025/07/15 10:23:45 server.go:23: listening on :8080',
  fields: { message: 'listening on :8080', timestamp: '2025-07-15T10:23:45.000Z', caller: 'server.go:23' },
  leads: digits,
  create: (kit) => new GoParser(kit),
};

export const rails: CatalogueEntry = {
  name: 'rails',
  aliases: ['ruby'],
  meaning: "Ruby's Logger and Rails",
  example: 'I, [2025-07-15T10:23:45.978123 #1234]  INFO -- : Started GET "/cart" for 203.0.113.9 at 2025-07-15 10:23:45 +0000',
  fields: {
    message: 'Started GET "/cart" for 203.0.113.9 at 2025-07-15 10:23:45 +0000',
    level: 'INFO',
    timestamp: '2025-07-15T10:23:45.978123Z',
    pid: 1234,
    method: 'GET',
    path: '/cart',
    client_ip: '203.0.113.9',
  },
  leads: 'DIWEFA',
  create: (kit) => new RailsParser(kit),
};

export const hpc: CatalogueEntry = {
  name: 'hpc',
  meaning: "computing clusters' events: number, node, component, state, time, flag",
  example: '134681 node-246 unix.hw state_change.unavailable 1752575025 1 Component State Change: Component is unavailable',
  fields: {
    message: 'Component State Change: Component is unavailable',
    timestamp: '2025-07-15T10:23:45.000Z',
    host: 'node-246',
    log_id: 134681,
    component: 'unix.hw',
    state: 'state_change.unavailable',
    flag: 1,
  },
  leads: digits,
  create: (kit) => new HpcParser(kit),
};

export const proxifier: CatalogueEntry = {
  name: 'proxifier',
  meaning: 'Proxifier',
  example: '[10.30 16:49:06] chrome.exe - proxy.example.com:5070 open through proxy proxy.example.com:5070 HTTPS',
  fields: { message: 'proxy.example.com:5070 open through proxy proxy.example.com:5070 HTTPS', program: 'chrome.exe' },
  leads: '[',
  create: (kit) => new ProxifierParser(kit),
};
