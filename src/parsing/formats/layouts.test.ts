/** Lines as real programs write them, in all layouts that a parser knows, and lines that it must leave alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { parsingDefaults } from '../parsing-defaults.test-support.ts';
import { testParser } from '../test-parser.ts';

const clock = { ...systemClock, nowMs: () => Date.parse('2026-01-15T12:00:00Z') };

type Expected = Readonly<Record<string, string | number | boolean | undefined>>;

/** Lines, the parser that recognises them, and what it finds: message, level, timestamp and fields. */
const taken: readonly (readonly [parser: string, line: string, expected: Expected])[] = [
  // java: orders of time, level, thread, logger
  [
    'java',
    '2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:FastLeaderElection@774] - Notification',
    {
      message: 'Notification',
      level: 'INFO',
      timestamp: '2015-07-29T17:41:44.747Z',
      thread: 'QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181',
      logger: 'FastLeaderElection',
      line: 774,
    },
  ],
  [
    'java',
    '17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal handlers',
    {
      message: 'Registered signal handlers',
      level: 'INFO',
      timestamp: '2017-06-09T20:10:40.000Z',
      logger: 'executor.CoarseGrainedExecutorBackend',
    },
  ],
  [
    'java',
    '081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1',
    {
      message: 'PacketResponder 1',
      level: 'INFO',
      timestamp: '2008-11-09T20:36:15.000Z',
      logger: 'dfs.DataNode$PacketResponder',
      pid: 148,
    },
  ],
  [
    'java',
    '14:06:17.123 [main] INFO  com.example.Main - started',
    { message: 'started', level: 'INFO', timestamp: '2026-01-14T14:06:17.123Z', thread: 'main', logger: 'com.example.Main' },
  ],
  [
    'java',
    '2019-03-05 10:57:51.112  INFO 45469 --- [           main] org.apache.catalina.core.StandardEngine  : Starting',
    {
      message: 'Starting',
      level: 'INFO',
      timestamp: '2019-03-05T10:57:51.112Z',
      thread: 'main',
      logger: 'org.apache.catalina.core.StandardEngine',
      pid: 45469,
    },
  ],
  [
    'java',
    '2024-03-05T10:57:51.112+01:00  WARN 7 --- [shop] [nio-8080-exec-1] o.s.w.s.DispatcherServlet : slow',
    {
      message: 'slow',
      level: 'WARN',
      timestamp: '2024-03-05T09:57:51.112Z',
      thread: 'nio-8080-exec-1',
      logger: 'o.s.w.s.DispatcherServlet',
      pid: 7,
    },
  ],
  [
    'java',
    '18-Oct-2015 18:01:47.978 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in 123 ms',
    {
      message: 'Server startup in 123 ms',
      level: 'INFO',
      timestamp: '2015-10-18T18:01:47.978Z',
      thread: 'main',
      logger: 'org.apache.catalina.startup.Catalina.start',
    },
  ],
  [
    'java',
    'INFO  [main] 2019-01-01 10:00:00,000 YamlConfigurationLoader.java:89 - Configuration location',
    {
      message: 'Configuration location',
      level: 'INFO',
      timestamp: '2019-01-01T10:00:00.000Z',
      thread: 'main',
      logger: 'YamlConfigurationLoader.java:89',
    },
  ],
  [
    'java',
    '10:00:00,123 INFO  [org.jboss.as] (MSC service thread 1-1) WFLYSRV0049: starting',
    {
      message: '(MSC service thread 1-1) WFLYSRV0049: starting',
      level: 'INFO',
      timestamp: '2026-01-15T10:00:00.123Z',
      thread: 'org.jboss.as',
    },
  ],
  [
    'java',
    '[2019-01-01T10:00:00,000][INFO ][o.e.n.Node               ] [node-1] started',
    { message: 'started', level: 'INFO', timestamp: '2019-01-01T10:00:00.000Z', logger: 'o.e.n.Node', thread: 'node-1' },
  ],
  [
    'java',
    '2015-10-18 18:01:47,978 [4] WARN  Shop.Cart - item gone',
    { message: 'item gone', level: 'WARN', timestamp: '2015-10-18T18:01:47.978Z', thread: '4', logger: 'Shop.Cart' },
  ],
  [
    'java',
    '[2019-01-01T10:00:00Z ERROR crate::db] no route',
    { message: 'no route', level: 'ERROR', timestamp: '2019-01-01T10:00:00.000Z', logger: 'crate::db' },
  ],
  [
    'java',
    '2023-01-01T00:00:00.000000Z  INFO crate::net: listening',
    { message: 'listening', level: 'INFO', timestamp: '2023-01-01T00:00:00.000Z', logger: 'crate::net' },
  ],
  [
    'java',
    '2023-01-01 10:00:00.000 +01:00 [ERR] Unhandled: x',
    { message: 'Unhandled: x', level: 'ERROR', timestamp: '2023-01-01T09:00:00.000Z' },
  ],
  [
    'java',
    '2015-10-18 18:01:47,978 ERROR ERROR IN CONTACTING RM',
    { message: 'ERROR IN CONTACTING RM', level: 'ERROR', timestamp: '2015-10-18T18:01:47.978Z' },
  ],
  [
    'java',
    '2015-10-18 18:01:47,978 INFO [main] [req-1] order placed: 7',
    { message: '[req-1] order placed: 7', level: 'INFO', timestamp: '2015-10-18T18:01:47.978Z', thread: 'main' },
  ],
  [
    'java',
    '2015-10-18 18:01:47,978 WARN 3 retries: giving up',
    { message: '3 retries: giving up', level: 'WARN', timestamp: '2015-10-18T18:01:47.978Z' },
  ],
  ['java', '2015-10-18 18:01:47,978 INFO [main] a.B:', { message: '', level: 'INFO', thread: 'main', logger: 'a.B' }],
  [
    'java',
    '2015-10-18 18:01:47,978 ERROR [x] c.D: failed\njava.lang.Error: e\n\tat a.b(C.java:1)',
    { message: 'failed\njava.lang.Error: e\n\tat a.b(C.java:1)', level: 'ERROR', thread: 'x', logger: 'c.D' },
  ],
  // python
  ['python', 'WARNING:root:look out: x', { message: 'look out: x', level: 'WARN', logger: 'root' }],
  ['python', 'INFO:     127.0.0.1:5000 - "GET / HTTP/1.1" 200 OK', { message: '127.0.0.1:5000 - "GET / HTTP/1.1" 200 OK', level: 'INFO' }],
  [
    'python',
    '[2015-10-18 18:01:47 +0000] [123] [INFO] Booting worker',
    { message: 'Booting worker', level: 'INFO', timestamp: '2015-10-18T18:01:47.000Z', pid: 123 },
  ],
  [
    'python',
    '[2012-10-01 10:00:00,000: WARNING/MainProcess] celery@x ready',
    { message: 'celery@x ready', level: 'WARN', timestamp: '2012-10-01T10:00:00.000Z', process: 'MainProcess' },
  ],
  [
    'python',
    '[2015-10-18 18:01:47,978] {taskinstance.py:655} INFO - Dependencies met',
    { message: 'Dependencies met', level: 'INFO', timestamp: '2015-10-18T18:01:47.978Z', caller: 'taskinstance.py:655' },
  ],
  // go
  ['go', '2009/11/10 23:00:00.123456 no such host', { message: 'no such host', timestamp: '2009-11-10T23:00:00.123456Z' }],
  ['java', '2009/11/10 23:00:00.123456 ERROR: no such host', { message: 'no such host', level: 'ERROR' }],
  ['java', '2025-07-15 10:23:45 | WARN | jobs | late', { message: 'jobs | late', level: 'WARN' }],
  ['java', '[15/Jul/2025:10:23:45 +0000] error: no such thing', { message: 'no such thing', level: 'ERROR' }],
  [
    'go',
    '2023-01-01T00:00:00.000Z\tINFO\tapi\tserver/http.go:12\tlistening\t{"port": 80}',
    {
      message: 'listening\t{"port": 80}',
      level: 'INFO',
      timestamp: '2023-01-01T00:00:00.000Z',
      logger: 'api',
      caller: 'server/http.go:12',
    },
  ],
  [
    'logfmt',
    'time=2023-01-01T00:00:00.000Z level=DEBUG msg=hello user.id=7',
    { message: 'hello', level: 'DEBUG', timestamp: '2023-01-01T00:00:00.000Z', 'user.id': 7 },
  ],
  // rails
  [
    'rails',
    'E, [2015-10-18T18:01:47.978123 #1234] ERROR -- app: boom',
    { message: 'boom', level: 'ERROR', timestamp: '2015-10-18T18:01:47.978123Z', pid: 1234, program: 'app' },
  ],
  [
    'rails',
    'I, [2015-10-18T18:01:47.978123 #1234]  INFO -- : [6bd4b1e9-3c68-4cd9-9ef0-0a8e2a4cf0a5] Completed 200 OK in 12ms (Views: 3ms)',
    { message: 'Completed 200 OK in 12ms (Views: 3ms)', request_id: '6bd4b1e9-3c68-4cd9-9ef0-0a8e2a4cf0a5', status: 200, duration_ms: 12 },
  ],
  // access logs
  [
    'access',
    '::1 - - [15/Jul/2025:12:23:45 +0200] "GET / HTTP/1.1" 304 -',
    { message: 'GET / HTTP/1.1', client_ip: '::1', status: 304, bytes: undefined, user: undefined },
  ],
  [
    'access',
    'shop.example:443 203.0.113.9 - - [15/Jul/2025:12:23:45 +0200] "GET / HTTP/2.0" 200 5 "-" "x" 0.005 "a, b"',
    { message: 'GET / HTTP/2.0', virtual_host: 'shop.example:443', client_ip: '203.0.113.9', extra: '0.005 "a, b"', referer: undefined },
  ],
  [
    'access',
    '203.0.113.9 - John Smith [15/Jul/2025:12:23:45 +0200] "\\x16\\x03" 400 0',
    { message: '\\x16\\x03', user: 'John Smith', status: 400, method: undefined },
  ],
  [
    'access',
    '203.0.113.9 - - [15/Jul/2025:12:23:45 +0200] "GET /a b c HTTP/1.1" 404 0 "-" "say \\"hi\\""',
    { message: 'GET /a b c HTTP/1.1', path: '/a b c', protocol: 'HTTP/1.1', user_agent: 'say \\"hi\\"' },
  ],
  // servers
  [
    'nginx-error',
    '2015/10/18 18:01:47 [warn] 1#1: conflicting server name "x"',
    { message: 'conflicting server name "x"', level: 'WARN', pid: 1, tid: 1, client_ip: undefined },
  ],
  [
    'apache-error',
    '[Wed Oct 11 14:32:52 2000] [error] [client 127.0.0.1] client denied',
    { message: 'client denied', level: 'ERROR', timestamp: '2000-10-11T14:32:52.000Z', client_ip: '127.0.0.1' },
  ],
  [
    'apache-error',
    '[Wed Oct 11 14:32:52.1 2000] [proxy:trace6] [pid 5] [client ::1] x',
    { message: 'x', level: 'TRACE', module: 'proxy', pid: 5, client_ip: '::1' },
  ],
  [
    'postgresql',
    '2015-10-18 18:01:47 UTC:10.0.0.1(5432):app@shop:[77]:ERROR:  relation "x" does not exist at character 15',
    {
      message: 'relation "x" does not exist at character 15',
      level: 'ERROR',
      client_ip: '10.0.0.1',
      user: 'app',
      database: 'shop',
      pid: 77,
    },
  ],
  ['postgresql', '2015-10-18 18:01:47.978 UTC [1234] STATEMENT:  SELECT 1', { message: 'SELECT 1', report_part: 'STATEMENT', pid: 1234 }],
  ['mysql', '151018 18:01:47 [ERROR] Aborting', { message: 'Aborting', level: 'ERROR', timestamp: '2015-10-18T18:01:47.000Z' }],
  ['mysql', '2015-10-18 18:01:47 140 [Note] InnoDB: ready', { message: 'InnoDB: ready', level: 'INFO', thread: 140 }],
  [
    'mysql',
    '# Time: 2015-10-18T18:01:47.978123Z\n# User@Host: root[root] @ localhost []  Id: 1\n# Query_time: 2.5  Lock_time: 0.1 Rows_sent: 1  Rows_examined: 1000\nSELECT 1;',
    {
      message: 'SELECT 1;',
      timestamp: '2015-10-18T18:01:47.978123Z',
      user: 'root',
      client: 'localhost',
      id: 1,
      query_time: 2.5,
      lock_time: 0.1,
      rows_sent: 1,
      rows_examined: 1000,
    },
  ],
  ['redis', '[1234] 18 Oct 18:01:47.978 * Server started', { message: 'Server started', pid: 1234, level: 'INFO' }],
  [
    'aws-alb',
    '2015-05-13T23:39:43.945958Z web 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
    { message: 'GET http://www.example.com:80/ HTTP/1.1', elb: 'web', status: 200, client_ip: '192.168.131.39', ssl_cipher: undefined },
  ],
  // systems and containers
  [
    'syslog',
    'Jul 15 10:23:45 web-1 sshd[77]: Failed password for root',
    { message: 'Failed password for root', host: 'web-1', service: 'sshd', 'syslog.procid': '77' },
  ],
  ['syslog', '<13>Oct 11 22:14:15 mymachine su: ok', { message: 'ok', level: 'INFO', service: 'su', 'syslog.facility': 'user' }],
  [
    'syslog',
    '2025-07-15T10:23:45.123456+02:00 web-1 cron[5]: (root) CMD (x)',
    { message: '(root) CMD (x)', timestamp: '2025-07-15T08:23:45.123456Z', host: 'web-1', service: 'cron' },
  ],
  [
    'syslog',
    'Oct 18 2015 18:01:47: %ASA-6-302013: Built connection',
    { message: '%ASA-6-302013: Built connection', timestamp: '2015-10-18T18:01:47.000Z' },
  ],
  [
    'syslog',
    '<34>1 2003-10-11T22:14:15.003Z host app - - - \ufeffstarted',
    { message: 'started', service: 'app', 'syslog.procid': undefined },
  ],
  [
    'syslog',
    '<165>1 2003-10-11T22:14:15.003Z h a p m [x@1 a="1" b="q\\"]"][y] text',
    { message: 'text', 'x@1.a': '1', 'x@1.b': 'q"]', y: true },
  ],
  [
    'syslog',
    'Jul 15 10:23:45 h app: 2025-07-15 10:23:44,500 ERROR [main] a.b.C: boom',
    { message: 'boom', level: 'ERROR', timestamp: '2025-07-15T10:23:44.500Z', logger: 'a.b.C', service: 'app' },
  ],
  [
    'klog',
    'I0102 15:04:05.678901    1234 file.go:123] started',
    { message: 'started', level: 'INFO', timestamp: '2026-01-02T15:04:05.678901Z', pid: 1234, caller: 'file.go:123' },
  ],
  [
    'cri',
    '2016-10-06T00:17:09.669794202Z stderr P panic: x',
    { message: 'panic: x', timestamp: '2016-10-06T00:17:09.669794202Z', stream: 'stderr' },
  ],
  ['cri', '2016-10-06T00:17:09.669794202+02:00 stdout F', { message: '', stream: 'stdout' }],
  [
    'docker-json',
    '{"log":"2015-10-18 18:01:47,978 INFO [m] a.B: up\\n","stream":"stdout","time":"2015-10-18T18:01:48Z"}',
    { message: 'up', timestamp: '2015-10-18T18:01:47.978Z', logger: 'a.B', stream: 'stdout' },
  ],
  [
    'windows-event-json',
    '{"TimeCreated":"/Date(1752575025123)/","Level":2,"EventID":7031,"MachineName":"dc","Message":"gone"}',
    { message: 'gone', level: 'ERROR', timestamp: '2025-07-15T10:23:45.123Z', host: 'dc', EventID: 7031 },
  ],
  // json
  [
    'json',
    '{"level":30,"time":1531171074631,"pid":657,"msg":"hello"}',
    { message: 'hello', level: 'INFO', timestamp: '2018-07-09T21:17:54.631Z', pid: 657 },
  ],
  ['json', '{"time":12,"msg":"took"}', { message: 'took', timestamp: undefined, time: 12 }],
  [
    'json',
    '{"a":{"b":[1,{"c":2}],"d":{"e":null}},"x":{}}',
    { message: '{"a":{"b":[1,{"c":2}],"d":{"e":null}},"x":{}}', 'a.b': '[1,{"c":2}]', 'a.d.e': null as unknown as undefined, x: '{}' },
  ],
  [
    'json',
    '{"msg":"caf\\u00e9 \\ud83d\\ude00 \\ud800 \\n","metadata":{"k":"v"},"tags":["a","b"]}',
    { message: 'café 😀 \ufffd \n', k: 'v' },
  ],
];

for (const [parser, line, expected] of taken) {
  test(`${parser}: ${line.slice(0, 90)}`, () => {
    const [found] = testParser({ parser: 'auto' }, [line], parsingDefaults, clock);
    assert.equal(found.parser, parser);
    const all: Record<string, unknown> = { message: found.message, level: found.level, timestamp: found.timestamp, ...found.fields };
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, all[name]])), expected);
  });
}

/** Lines of no format: message whole; a time or level at the head is read. */
const plain: readonly (readonly [line: string, level: string, timestamp?: string])[] = [
  ['the quick brown fox', ''],
  ['ERROR: disk is full', 'ERROR'],
  ['[warning] look out', 'WARN'],
  ['Error handling is fun', ''],
  ['ALERT exited abnormally with [1]', 'FATAL'],
  ['information wants to be free', ''],
  ['2025-07-15 10:23:45 something happened', '', '2025-07-15T10:23:45.000Z'],
  ['15/Jul/2025:10:23:45 +0000 error no such thing', '', '2025-07-15T10:23:45.000Z'],
  ['2025-07-15 10:23:45 (error) no such thing', 'ERROR', '2025-07-15T10:23:45.000Z'],
  ['{"not":"json"', ''],
  ['{"a":1} trailing', ''],
  ['{"a":01}', ''],
  ['key=value is not logfmt', ''],
  ['a=1 b=2', ''],
  ['10.5 is a number', ''],
  ['42', ''],
  ['1700000000 is an id', ''],
  ['1700000000.5 is a time', '', '2023-11-14T22:13:20.500Z'],
  ['', ''],
  ['\t', ''],
  ['2025-02-30 10:00:00 no such day', ''],
  ['I0 is not klog', ''],
  ['203.0.113.9 - - [no time] "GET /" 200 1', ''],
];

for (const [line, level, timestamp] of plain) {
  test(`plain text: ${line}`, () => {
    const [found] = testParser({ parser: 'auto' }, [line], parsingDefaults, clock);
    assert.deepEqual([found.parser, found.message, found.level, found.timestamp, found.fields], [undefined, line, level, timestamp, {}]);
  });
}
