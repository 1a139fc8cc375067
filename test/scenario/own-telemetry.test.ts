// The agent's own spans and views in a whole agent of several threads: they come out as from one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePorts, startAgent } from '../support/agent.ts';
import { httpDestination } from '../support/destination.ts';
import { httpRequest } from '../support/http-request.ts';
import { tracesRequest } from '../support/requests.ts';

/** Each on a connection of its own, which the kernel gives to some thread. */
const REQUESTS = 40;

void test('spans of all threads are exported, and views hold for what all threads count', async () => {
  await using own = await httpDestination();
  await using back = await httpDestination();
  const [port = 0, metrics = 0] = await freePorts(2);
  const prometheus = { host: '127.0.0.1', port: metrics };
  const otlp = { protocol: 'http/protobuf', endpoint: `http://127.0.0.1:${own.port}` };
  const views = [
    {
      selector: { instrument_name: 'otelcol_processor_internal_duration' },
      stream: { name: 'took', aggregation: { explicit_bucket_histogram: { boundaries: [1_000] } } },
    },
    { selector: { instrument_name: 'otelcol_exporter_*' }, stream: { aggregation: { drop: {} } } },
  ];
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    processors: { attributes: { actions: [{ key: 'a', value: 'b', action: 'upsert' }] } },
    exporters: {
      otlp_http: { endpoint: `http://127.0.0.1:${back.port}`, sending_queue: { enabled: false } },
      debug: { verbosity: 'normal' },
    },
    service: {
      workers: 3,
      telemetry: {
        logs: { sampling: { enabled: false } },
        metrics: { level: 'detailed', readers: [{ pull: { exporter: { prometheus } } }], views },
        traces: { propagators: ['tracecontext'], processors: [{ batch: { exporter: { otlp } } }] },
      },
      pipelines: { traces: { receivers: ['otlp'], processors: ['attributes'], exporters: ['otlp_http', 'debug'] } },
    },
  };
  const agent = await startAgent({ config });
  await Promise.all(
    Array.from({ length: REQUESTS }, () =>
      httpRequest(`http://127.0.0.1:${port}/v1/traces`, {
        headers: { 'content-type': 'application/x-protobuf', connection: 'close' },
        body: tracesRequest(2),
      }),
    ),
  );
  const page = (await httpRequest(`http://127.0.0.1:${metrics}/metrics`, { method: 'GET' })).body.toString();
  const { stderr } = await agent.stop();
  assert.match(page, new RegExp(`^took_bucket\\{.*processor="attributes",le="1000"\\} ${REQUESTS}$`, 'm'));
  assert.match(page, new RegExp(`^took_count\\{.*\\} ${REQUESTS}$`, 'm'));
  assert.doesNotMatch(page, /^otelcol_exporter_|internal_duration/m);
  assert(/"thread": "1"/.test(stderr) || /"thread": "2"/.test(stderr), 'further threads took part');
  const names = new Map<string, number>();
  for (const request of own.arrivals.requests('traces')) {
    // Decoded by the official proto files, whose names these are.
    const { resourceSpans } = request as { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] };
    for (const { name } of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans)) {
      names.set(name, (names.get(name) ?? 0) + 1);
    }
  }
  for (const name of ['POST /v1/traces', 'receiver/otlp/TraceDataReceived', 'exporter/debug/traces']) {
    assert.equal(names.get(name), REQUESTS, name);
  }
  // Every request behind the agent names a span of the agent.
  assert(back.arrivals.all.length > 0);
  for (const { headers } of back.arrivals.all)
    assert.match(String(headers['traceparent']), /^00-[\da-f]{32}-[\da-f]{16}-01$/);
});
