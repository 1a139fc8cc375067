"""Sends spans, metrics and logs with the official Python SDK, and prints the spans' ids.

Arguments: grpc or http, and the endpoint. The compression comes from OTEL_EXPORTER_OTLP_COMPRESSION, as users set it.
"""

import json
import logging
import sys

from opentelemetry import metrics, trace
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

protocol, endpoint = sys.argv[1:3]
if protocol == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    spans = OTLPSpanExporter(endpoint=endpoint, insecure=True)
    points = OTLPMetricExporter(endpoint=endpoint, insecure=True)
    records = OTLPLogExporter(endpoint=endpoint, insecure=True)
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    spans = OTLPSpanExporter(endpoint=endpoint + "/v1/traces")
    points = OTLPMetricExporter(endpoint=endpoint + "/v1/metrics")
    records = OTLPLogExporter(endpoint=endpoint + "/v1/logs")

resource = Resource.create({"service.name": "python-shop"})
tracing = TracerProvider(resource=resource)
tracing.add_span_processor(BatchSpanProcessor(spans))
metering = MeterProvider(resource=resource, metric_readers=[PeriodicExportingMetricReader(points)])
logging_provider = LoggerProvider(resource=resource)
logging_provider.add_log_record_processor(BatchLogRecordProcessor(records))
trace.set_tracer_provider(tracing)
metrics.set_meter_provider(metering)
logger = logging.getLogger("shop")
logger.setLevel(logging.INFO)
logger.addHandler(LoggingHandler(logger_provider=logging_provider))

tracer = trace.get_tracer("shop")
orders = metrics.get_meter("shop").create_counter("shop.orders")
done = []
for number in range(100):
    with tracer.start_as_current_span("order", attributes={"number": number, "names": ["a", "b"]}) as outer:
        with tracer.start_as_current_span("pay") as inner:
            inner.add_event("paid", {"amount": 1.5})
        orders.add(1, {"kind": "book"})
        logger.info("order %d", number)
    for span in (outer, inner):
        context = span.get_span_context()
        done.append({"spanId": format(context.span_id, "016x"), "traceId": format(context.trace_id, "032x")})

tracing.shutdown()
metering.shutdown()
logging_provider.shutdown()
print(json.dumps(done))
