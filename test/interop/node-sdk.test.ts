// The official OpenTelemetry SDK for Node sends traces, metrics and logs of an instrumented service through the agent,
// by each of its three protocols.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePorts, startAgent } from '../support/agent.ts';
import { grpcDestination, httpDestination, type Arrivals, type Destination } from '../support/destination.ts';
import { flatSpans } from '../support/otlp-objects.ts';

const SERVICE = fileURLToPath(new URL('instrumented-service.ts', import.meta.url));
const exec = promisify(execFile);

/** What the service prints. */
interface Done {
  readonly calls: number;
  readonly spans: readonly { readonly spanId: string; readonly traceId: string; readonly name: string }[];
}

function pipelines(destination: Destination, exporter: 'otlp_grpc' | 'otlp_http', grpc: number, http: number): object {
  const settings =
    exporter === 'otlp_grpc'
      ? { endpoint: `127.0.0.1:${destination.port}`, tls: { insecure: true } }
      : { endpoint: `http://127.0.0.1:${destination.port}` };
  const pipeline = { receivers: ['otlp'], exporters: [exporter] };
  return {
    receivers: {
      otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${grpc}` }, http: { endpoint: `127.0.0.1:${http}` } } },
    },
    exporters: { [exporter]: settings },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
    },
  };
}

async function runService(protocol: string, endpoint: string): Promise<Done> {
  const { stdout } = await exec(process.execPath, [SERVICE], {
    env: {
      ...process.env,
      OTEL_SERVICE_NAME: 'shop',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_COMPRESSION: protocol === 'http/json' ? 'none' : 'gzip',
    },
    timeout: 30_000,
  });
  // Safe: the service prints nothing else.
  return JSON.parse(stdout) as Done;
}

function checkArrivals(arrivals: Arrivals, done: Done): void {
  const spans = flatSpans(arrivals.requests('traces'));
  const seen = spans.map(({ span: { spanId, traceId, name } }) => ({ spanId, traceId, name }));
  assert.deepEqual(
    seen,
    done.spans.toSorted((a, b) => a.spanId.localeCompare(b.spanId)),
  );
  assert.match(JSON.stringify(spans[0]?.resource), /"service.name","value":\{"stringValue":"shop"\}/);

  const order = spans.find(({ span }) => span['name'] === 'place order' && 'status' in span && span['status']);
  assert.ok(order);
  const text = JSON.stringify(order.span);
  for (const part of [
    '"key":"order.gift","value":{"boolValue":false}',
    '"key":"order.items","value":{"arrayValue":{"values":[{"stringValue":"apple"},{"stringValue":"pear"}]}}',
    '"key":"order.note","value":{"stringValue":"größer als ein Byte ✓"}',
    '"key":"order.number","value":{"intValue":"3"}',
    '"key":"order.price","value":{"doubleValue":12.5}',
    '"name":"stock checked"',
    '"status":{"code":2,"message":"out of stock"}',
  ]) {
    assert.ok(text.includes(part), `${part} is missing in ${text}`);
  }

  const metricText = JSON.stringify(arrivals.requests('metrics'));
  assert.match(metricText, /"name":"shop.orders"/);
  assert.match(metricText, /"name":"shop.weight"/);
  assert.match(metricText, /"name":"http.server.(?:request.)?duration"/);
  const bodies = [...JSON.stringify(arrivals.requests('logs')).matchAll(/"stringValue":"(order \d)"/g)];
  assert.deepEqual(
    bodies.map(([, body]) => body),
    ['order 1', 'order 2', 'order 3', 'order 4', 'order 5'],
  );
}

for (const protocol of ['grpc', 'http/protobuf', 'http/json'] as const) {
  for (const exporter of ['otlp_grpc', 'otlp_http'] as const) {
    void test(`${protocol} from the SDK, ${exporter} to the destination`, async () => {
      await using destination = await (exporter === 'otlp_grpc' ? grpcDestination() : httpDestination());
      const [grpc = 0, http = 0] = await freePorts(2);
      await using agent = await startAgent({ config: pipelines(destination, exporter, grpc, http) });
      const done = await runService(protocol, `http://127.0.0.1:${protocol === 'grpc' ? grpc : http}`);
      assert.equal(done.spans.length, done.calls * 3);
      const { code, stderr } = await agent.stop();
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /\t(?:warn|error)\t/);
      checkArrivals(destination.arrivals, done);
    });
  }
}
