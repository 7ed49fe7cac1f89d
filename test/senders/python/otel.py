"""OpenTelemetry's SDK for Python: `otel.py <http|grpc> <endpoint> <lines> <seconds to spread them over>`."""
import logging
import sys
import time

from opentelemetry._logs import set_logger_provider
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

protocol, endpoint, lines, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
if protocol == 'http':
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

    exporter = OTLPLogExporter(endpoint=f'{endpoint}/v1/logs', timeout=60)
else:
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter

    exporter = OTLPLogExporter(endpoint=endpoint, insecure=True, timeout=60)

resource = Resource.create({'service.name': 'shop', 'host.name': 'web-1', 'deployment.environment.name': 'production'})
provider = LoggerProvider(resource=resource)
provider.add_log_record_processor(
    BatchLogRecordProcessor(exporter, schedule_delay_millis=200, max_queue_size=100_000, max_export_batch_size=512)
)
set_logger_provider(provider)
log = logging.getLogger('checkout')
log.setLevel(logging.DEBUG)
log.addHandler(LoggingHandler(logger_provider=provider))
for n in range(lines):
    log.log((n % 5 + 1) * 10, 'line %d ünïcode', n, extra={'n': n, 'paid': n % 2 == 0, 'ratio': 0.5})
    if n % 100 == 0:
        time.sleep(seconds * 100 / lines)
provider.shutdown()
