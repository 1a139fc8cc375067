// The agent's own spans and metrics beside the collector's: the same configuration, the same requests, and what both say
// of themselves has to have the same names, kinds, parents and attributes. The collector's path is in OTELCOL.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { freePorts, startAgent } from '../../support/agent.ts';
import { httpDestination, type Arrivals } from '../../support/destination.ts';
import { GrpcTestClient } from '../../support/grpc-client.ts';
import { httpRequest } from '../../support/http-request.ts';
import { encode } from '../../proto/reference.ts';
import { GRPC_METHODS } from '../../../proto/otlp/endpoints.ts';

const otelcol = process.env['OTELCOL'] ?? '';
const skip = existsSync(otelcol) ? false : 'OTELCOL does not name a collector';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const LOG = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'x' } }] }] }] };
const SPAN = {
  traceId: TRACE,
  spanId: PARENT,
  name: 'x',
  startTimeUnixNano: '1',
  endTimeUnixNano: '2',
};
const SPANS = { resourceSpans: [{ scopeSpans: [{ spans: [SPAN, SPAN] }] }] };

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Span {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes?: readonly Attribute[];
  readonly events?: readonly { readonly name: string; readonly attributes?: readonly Attribute[] }[];
  readonly status?: { readonly code?: number };
}

interface Scope {
  readonly name: string;
  readonly attributes?: readonly Attribute[];
}

const STATUS_ERROR = 2;

/** Their values are the program's own, or change from run to run. */
const OWN_VALUES = new Set([
  'network.peer.port',
  'server.port',
  'http.request.body.size',
  'http.response.body.size',
  'user_agent.original',
  'url.full',
  'error.type',
  'interval',
  'error',
]);

function text(attributes: readonly Attribute[] = []): string {
  return attributes
    .map(({ key, value }) => (OWN_VALUES.has(key) ? key : `${key}=${JSON.stringify(Object.values(value)[0])}`))
    .toSorted()
    .join(' ');
}

/** Every span in words, with the name of the span it belongs to. */
function describe(arrivals: Arrivals): string[] {
  const spans: { span: Span; scope: Scope }[] = [];
  for (const request of arrivals.requests('traces')) {
    // Decoded by the official proto files, whose names these are.
    const { resourceSpans } = request as {
      resourceSpans: { scopeSpans: { scope: Scope; spans: Span[] }[] }[];
    };
    for (const { scopeSpans } of resourceSpans) {
      for (const { scope, spans: those } of scopeSpans) for (const span of those) spans.push({ span, scope });
    }
  }
  const names = new Map(spans.map(({ span }) => [hex(span.spanId), span.name]));
  return spans
    .map(({ span, scope }) => {
      const parent = hex(span.parentSpanId ?? '');
      const above = parent === '' ? 'none' : (names.get(parent) ?? (parent === PARENT ? 'the client' : 'unknown'));
      const trace = hex(span.traceId) === TRACE ? 'given' : 'own';
      const events = (span.events ?? []).map((event) => `${event.name} ${text(event.attributes)}`);
      const failed = span.status?.code === STATUS_ERROR ? 'failed' : 'fine';
      return `${span.name} | ${span.kind} | in ${above} | trace ${trace} | ${failed} | ${text(span.attributes)} | ${scope.name} ${text(scope.attributes)} | ${events.join(', ')}`;
    })
    .toSorted();
}

function hex(id: string): string {
  return /^[\da-f]*$/.test(id) && (id.length === 16 || id.length === 32)
    ? id
    : Buffer.from(id, 'base64').toString('hex');
}

void test(
  'own spans have the names, kinds, parents, scopes and attributes of the collector',
  { skip, timeout: 60_000 },
  async () => {
    const said = async (command?: string): Promise<string[]> => {
      const [grpc, http, dead] = await freePorts(3);
      await using own = await httpDestination();
      await using back = await httpDestination();
      const config = {
        receivers: {
          otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${grpc}` }, http: { endpoint: `127.0.0.1:${http}` } } },
        },
        processors: {
          memory_limiter: { check_interval: '1s', limit_mib: 2_000 },
          attributes: { actions: [{ key: 'a', value: 'b', action: 'upsert' }] },
        },
        exporters: {
          'otlp_http/back': { endpoint: `http://127.0.0.1:${back.port}`, compression: 'none' },
          'otlp_grpc/dead': {
            endpoint: `127.0.0.1:${dead}`,
            tls: { insecure: true },
            retry_on_failure: { enabled: false },
          },
          debug: {},
        },
        service: {
          telemetry: {
            metrics: { level: 'none' },
            traces: {
              propagators: ['tracecontext', 'b3'],
              processors: [
                {
                  batch: {
                    schedule_delay: 200,
                    exporter: { otlp: { protocol: 'http/protobuf', endpoint: `http://127.0.0.1:${own.port}` } },
                  },
                },
              ],
            },
          },
          pipelines: {
            traces: {
              receivers: ['otlp'],
              processors: ['memory_limiter', 'attributes'],
              exporters: ['otlp_http/back', 'debug'],
            },
            logs: { receivers: ['otlp'], processors: ['attributes'], exporters: ['otlp_grpc/dead'] },
          },
        },
      };
      const program = await startAgent({ config, ...(command === undefined ? {} : { command }) });
      const post = (path: string, body: string, headers: Record<string, string> = {}) =>
        httpRequest(`http://127.0.0.1:${http}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body,
        });
      await post('/v1/traces', JSON.stringify(SPANS), { traceparent: `00-${TRACE}-${PARENT}-01` });
      await post('/v1/traces', JSON.stringify(SPANS), { b3: `${TRACE}-${PARENT}-1` });
      await post('/v1/traces', JSON.stringify(SPANS), { traceparent: `00-${TRACE}-${PARENT}-00` });
      await post('/v1/traces', '{"bad');
      await post('/elsewhere', '{}');
      using client = new GrpcTestClient(Number(grpc));
      await client.call({
        path: GRPC_METHODS.logs,
        body: encode('logs', LOG),
        metadata: { traceparent: `00-${TRACE}-${PARENT}-01` },
      });
      await back.arrivals.until(({ all }) => all.length >= 3);
      await own.arrivals.until((arrivals) =>
        describe(arrivals).some((line) => line.startsWith('exporter/otlp_grpc/dead')),
      );
      await program.stop();
      const headers = back.arrivals.all.map((arrival) =>
        [
          String(arrival.headers['traceparent']).slice(0, 35),
          String(arrival.headers['b3']).slice(0, 32),
          String(arrival.headers['traceparent']).slice(-2),
        ].join(' '),
      );
      return [...describe(own.arrivals), ...headers.toSorted()];
    };
    const [ours, theirs] = [await said(), await said(otelcol)];
    assert.deepEqual(ours, theirs);
    assert(
      ours.some((line) =>
        line.startsWith('exporter/otlp_grpc/dead/logs | 1 | in exporter/enqueue | trace given | failed'),
      ),
    );
    assert(ours.some((line) => line.startsWith('receiver/otlp/TraceDataReceived | 1 | in POST /v1/traces')));
  },
);

const VIEWS = [
  {
    selector: { instrument_name: 'otelcol_receiver_accepted_spans' },
    stream: { name: 'taken', description: 'What was taken.', attribute_keys: { included: ['transport'] } },
  },
  { selector: { instrument_name: 'otelcol_exporter_sent_*' }, stream: { aggregation: { drop: {} } } },
  { selector: { instrument_name: 'otelcol_exporter_queue_siz?' }, stream: { aggregation: { drop: {} } } },
  {
    selector: { instrument_name: 'otelcol_exporter_queue_capacity' },
    stream: { name: 'room', aggregation: { last_value: {} }, attribute_keys: { excluded: ['exporter', 'data_type'] } },
  },
  {
    selector: { instrument_name: 'otelcol_processor_batch_batch_send_size' },
    stream: { aggregation: { explicit_bucket_histogram: { boundaries: [1, 2, 5] } } },
  },
  {
    selector: { meter_name: 'go.opentelemetry.io/collector/processor/processorhelper' },
    stream: { aggregation: { drop: {} } },
  },
  {
    selector: { instrument_name: 'otelcol_process_*', instrument_type: 'observable_counter' },
    stream: { aggregation: { drop: {} } },
  },
  {
    selector: { instrument_name: 'otelcol_processor_batch_batch_send_size_bytes' },
    stream: { name: 'sum_of_sizes', aggregation: { sum: {} }, attribute_keys: { excluded: ['processor'] } },
  },
];

void test('metrics are shown as the same views show them in the collector', { skip, timeout: 60_000 }, async () => {
  const shown = async (command?: string): Promise<string[]> => {
    const [http, metrics] = await freePorts(2);
    await using back = await httpDestination();
    const config = {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${http}` } } } },
      processors: { batch: { timeout: '50ms' } },
      exporters: { otlp_http: { endpoint: `http://127.0.0.1:${back.port}`, compression: 'none' } },
      service: {
        telemetry: {
          metrics: {
            level: 'detailed',
            readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: Number(metrics) } } } }],
            views: VIEWS,
          },
        },
        pipelines: { traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['otlp_http'] } },
      },
    };
    const program = await startAgent({ config, ...(command === undefined ? {} : { command }) });
    await httpRequest(`http://127.0.0.1:${http}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(SPANS),
    });
    await back.arrivals.until(({ all }) => all.length >= 1);
    const answer = await httpRequest(`http://127.0.0.1:${metrics}/metrics`, { method: 'GET' });
    await program.stop();
    return answer.body
      .toString()
      .split('\n')
      .filter((line) =>
        /^(?:# HELP |# TYPE )?(?:taken|room|sum_of_sizes|otelcol_(?:receiver|exporter_(?:sent|queue)|processor|process)_)/.test(
          line,
        ),
      )
      .filter((line) => !/failed_spans|queue_batch|refused|trigger_send|metadata_cardinality|# HELP/.test(line))
      .map((line) => (/^(?:otelcol_process|sum_of_sizes)/.test(line) ? line.replace(/ .*/, '') : line))
      .toSorted();
  };
  const [ours, theirs] = [await shown(), await shown(otelcol)];
  assert.deepEqual(ours, theirs);
  assert(ours.includes('taken{transport="http"} 2'), ours.join('\n'));
});
