/** Texts that would do harm, or change a query's meaning, if they became part of SQL, a pattern or a parameter's escaped form. */
export const injectionCorpus: readonly string[] = [
  "' OR '1'='1", "' OR 1=1 --", "'; DROP TABLE language.memory; --", "\\'; DROP TABLE language.memory; --", "\\\\' OR 1=1 --", "x') OR (1=1", "x'] = '' OR 1=1 --",
  '{p0:String}', '{p0:Identifier}', '{tenant:String}', '}; SELECT 1 {', '`message`', '"message"', 'message', 'tenant', 'gen', '/* */ OR 1', '-- comment', '# comment', '1; SELECT sleep(3)',
  '%', '_%_', 'a%', '[0-9]+', '(?:', '.*', '^$', '\\x00', '\0', "\0' OR 1=1", '\n\r\t', "'\n--", '\u2019 OR 1=1', '\uff07 OR 1=1', "\ud800'", 'NULL', 'nan', '0x27', 'char(39)', '${1}', '{{7*7}}', '$1', ':p0', '?', '@@version',
  "file('/etc/passwd')", "url('http://127.0.0.1/')", 'system.tables', 'a'.repeat(5000), "'".repeat(1000), '\\'.repeat(999),
];
