"""python-logging-loki: `loki.py <url> <lines>`."""
import logging
import sys

import logging_loki

url, lines = sys.argv[1], int(sys.argv[2])
handler = logging_loki.LokiHandler(
    url=f'{url}/loki/api/v1/push', tags={'service_name': 'shop', 'environment': 'production', 'host': 'web-1'}, version='1'
)
log = logging.getLogger('checkout')
log.setLevel(logging.DEBUG)
log.addHandler(handler)
for n in range(lines):
    log.log((n % 5 + 1) * 10, 'line %d ünïcode', n, extra={'tags': {'region': 'eu-1'}})
handler.close()
