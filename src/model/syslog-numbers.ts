/** The numbers of syslog (RFC 5424, 6.2.1), which GELF and others use too. */

/** OpenTelemetry's severity numbers of syslog's 0 (emergency) to 7 (debug), in the order of model/severity.ts. */
export const syslogSeverities = [24, 22, 21, 17, 13, 10, 9, 5] as const;

/** Names of the facilities 0-23, as rsyslog and syslog-ng write them. */
export const facilityNames = [
  ...[
    'kern',
    'user',
    'mail',
    'daemon',
    'auth',
    'syslog',
    'lpr',
    'news',
    'uucp',
    'cron',
    'authpriv',
    'ftp',
    'ntp',
    'audit',
    'alert',
    'clock',
  ],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
] as const;
