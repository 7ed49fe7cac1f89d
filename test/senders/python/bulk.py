"""The clients of Elasticsearch and OpenSearch: `bulk.py <elasticsearch|opensearch> <url> <lines> <seconds to spread them over>`.

A chunk that fails is sent again under the same ids, as a program does that must not lose lines.
"""
import datetime
import sys
import time

library, url, lines, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
if library == 'elasticsearch':
    from elasticsearch import ApiError as RequestError, Elasticsearch as Client, TransportError, helpers

    failures = (RequestError, TransportError)
else:
    from opensearchpy import OpenSearch as Client, exceptions, helpers

    failures = (exceptions.OpenSearchException,)

client = Client(url)
print(client.info()['version']['number'])
levels = ['debug', 'info', 'warning', 'error', 'critical']


def document(n):
    return {
        '_op_type': 'create',
        '_index': 'logs-shop-default',
        '_id': f'line-{n}',
        '@timestamp': datetime.datetime.now(datetime.timezone.utc).isoformat(),
        'message': f'line {n} ünïcode',
        'log.level': levels[n % 5],
        'host': {'name': 'web-1'},
        'service': {'name': 'shop', 'environment': 'production'},
        'n': n,
    }


chunk = 500
for start in range(0, lines, chunk):
    documents = [document(n) for n in range(start, min(start + chunk, lines))]
    for attempt in range(100):
        try:
            taken, errors = helpers.bulk(client, documents)
            assert (taken, errors) == (len(documents), []), errors
            break
        except failures:
            time.sleep(0.5)
    else:
        sys.exit('the server did not come back')
    time.sleep(seconds * chunk / lines)
