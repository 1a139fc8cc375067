import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Admission } from '../../../pipeline/admission.ts';
import { AgentError } from '../../../pipeline/errors.ts';
import { SharedListenerPool } from '../../../pipeline/listener-pool.ts';
import { OwnTelemetry } from '../../../pipeline/own-telemetry/own-telemetry.ts';
import { ownResource, type OwnTelemetrySettings } from '../../../pipeline/own-telemetry/settings.ts';
import { GrpcServer } from '../../../pipeline/transport/grpc-server.ts';
import { REQUEST_TYPES } from '../../proto/reference.ts';

function decode(signal: 'metrics' | 'logs' | 'traces', bytes: Uint8Array) {
  const type = REQUEST_TYPES[signal];
  return JSON.parse(JSON.stringify(type.toObject(type.decode(bytes), { longs: String, enums: String, bytes: String })));
}

interface Sent {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

/** A destination that keeps what it gets; it answers with the statuses given, then 200. */
async function destination(...statuses: number[]) {
  const got: Sent[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      got.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) });
      response.writeHead(statuses.shift() ?? 200).end('so it is');
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert(address && typeof address === 'object');
  return { got, endpoint: `http://127.0.0.1:${address.port}` };
}

async function start(settings: OwnTelemetrySettings): Promise<OwnTelemetry> {
  const telemetry = new OwnTelemetry({
    settings: { metrics: { readers: [] }, ...settings, logs: { output_paths: [], ...settings.logs } },
    resource: ownResource({ version: '0.1.0', instanceId: 'one' }, { 'service.name': 'mine' }),
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    sampleTraceIds: () => [],
  });
  await telemetry.start(new SharedListenerPool());
  return telemetry;
}

const stop = (telemetry: OwnTelemetry): Promise<void> => telemetry.stop(AbortSignal.timeout(2_000));
const TIME = '1767323045678000000';

void test('metrics leave as OTLP with their values, kinds and the resource; the last ones at the stop', async () => {
  const { got, endpoint } = await destination();
  const headers = [{ name: 'Authorization', value: 'Bearer x' }];
  const otlp = {
    protocol: 'http/protobuf',
    endpoint,
    compression: 'gzip',
    headers,
    headers_list: 'a=b%20c,authorization=y',
  };
  const telemetry = await start({ metrics: { readers: [{ periodic: { exporter: { otlp } } }] } });
  const metrics = telemetry.metricsFor('processor', 'batch');
  metrics.counter({ name: 'c', help: 'C.', unit: '{span}', labels: { transport: 'grpc' } }).add(7);
  metrics.gauge({ name: 'g', help: 'G.' }, () => 1.5);
  const histogram = metrics.histogram({ name: 'h', help: 'H.', buckets: [1, 2] });
  for (const value of [1, 2, 3]) histogram.record(value);
  await stop(telemetry);
  const [sent, ...more] = got;
  assert(sent);
  assert.deepEqual([more.length, sent.url, sent.headers['content-type']], [0, '/v1/metrics', 'application/x-protobuf']);
  assert.deepEqual([sent.headers.authorization, sent.headers['a']], ['Bearer x', 'b c']);
  const [{ resource, scopeMetrics }] = decode('metrics', gunzipSync(sent.body)).resourceMetrics;
  assert.deepEqual(resource.attributes[0], { key: 'service.name', value: { stringValue: 'mine' } });
  const scopes = new Map<string, { name: string }[]>(
    scopeMetrics.map((one: { scope: { name: string }; metrics: { name: string }[] }) => [one.scope.name, one.metrics]),
  );
  const byName = new Map(scopes.get('genesis-agent')?.map((metric) => [metric.name, metric]));
  const times = { startTimeUnixNano: TIME, timeUnixNano: TIME };
  const processor = { key: 'processor', value: { stringValue: 'batch' } };
  assert.deepEqual(byName.get('c'), {
    name: 'c',
    description: 'C.',
    unit: '{span}',
    sum: {
      aggregationTemporality: 'AGGREGATION_TEMPORALITY_CUMULATIVE',
      isMonotonic: true,
      dataPoints: [
        { ...times, asDouble: 7, attributes: [processor, { key: 'transport', value: { stringValue: 'grpc' } }] },
      ],
    },
  });
  assert.deepEqual(byName.get('g'), {
    name: 'g',
    description: 'G.',
    gauge: { dataPoints: [{ ...times, asDouble: 1.5, attributes: [processor] }] },
  });
  assert.deepEqual(byName.get('h'), {
    name: 'h',
    description: 'H.',
    histogram: {
      aggregationTemporality: 'AGGREGATION_TEMPORALITY_CUMULATIVE',
      dataPoints: [
        {
          ...times,
          count: '3',
          sum: 6,
          bucketCounts: ['1', '1', '1'],
          explicitBounds: [1, 2],
          attributes: [processor],
        },
      ],
    },
  });
  const ofService = scopes.get('go.opentelemetry.io/collector/service')?.map(({ name }) => name);
  assert(ofService?.includes('otelcol_process_uptime'));
});

void test('log lines leave as OTLP log records, in batches', async () => {
  const { got, endpoint } = await destination();
  const otlp = { protocol: 'http/protobuf', endpoint: `${endpoint}/custom` };
  const telemetry = await start({
    logs: { processors: [{ batch: { exporter: { otlp }, max_export_batch_size: 2 } }] },
  });
  const log = telemetry.loggerFor({ kind: 'receiver', id: 'otlp' });
  log.warn({ error: new Error('refused'), attempt: 2, list: [1] }, 'Failed');
  log.info({}, 'second');
  log.error({}, 'third');
  await stop(telemetry);
  assert.deepEqual(
    got.map(({ url }) => url),
    ['/custom', '/custom'],
  );
  const records = got.flatMap(({ body }) => decode('logs', body).resourceLogs[0].scopeLogs[0].logRecords);
  assert.deepEqual(
    records.map((one: { severityText: string; severityNumber: string }) => [one.severityText, one.severityNumber]),
    [
      ['warn', 'SEVERITY_NUMBER_WARN'],
      ['info', 'SEVERITY_NUMBER_INFO'],
      ['error', 'SEVERITY_NUMBER_ERROR'],
    ],
  );
  assert.deepEqual([records[0].timeUnixNano, records[0].body], [TIME, { stringValue: 'Failed' }]);
  assert.deepEqual(
    records[0].attributes.map(({ key, value }: { key: string; value: object }) => [key, Object.values(value)[0]]),
    [
      ['otelcol.component.id', 'otlp'],
      ['otelcol.component.kind', 'receiver'],
      ['error', 'refused'],
      ['attempt', '2'],
      ['list', '[1]'],
    ],
  );
});

void test('a destination that refuses is said once in the log, and that line is not sent to it', async () => {
  const { got, endpoint } = await destination(503);
  const otlp = { protocol: 'http/protobuf', endpoint };
  const telemetry = await start({ logs: { processors: [{ batch: { exporter: { otlp } } }] } });
  telemetry.logs.root.info({}, 'lost');
  await stop(telemetry);
  assert.equal(got.length, 1);
  const [error, ...more] = telemetry.logs.recentErrors();
  assert.equal(error?.message, `The agent's own log could not be exported. ${endpoint} answered 503: so it is`);
  assert.deepEqual(more, []);
});

void test('over gRPC as well', async () => {
  const got: Uint8Array[] = [];
  const server = new GrpcServer({
    methods: new Map([
      [
        '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
        async (message) => {
          got.push(message);
          return new Uint8Array();
        },
      ],
    ]),
    maxMessageBytes: 1 << 20,
    maxConcurrentStreams: 10,
    admission: new Admission(1 << 20),
    includeMetadata: false,
    keepalive: { maxConnectionIdleMs: 0, maxConnectionAgeMs: 0, maxConnectionAgeGraceMs: 0, timeMs: 0, timeoutMs: 0 },
    retryDetails: () => new Uint8Array(),
  });
  const address = { endpoint: '127.0.0.1:0', transport: 'tcp' } as const;
  const listening = await new SharedListenerPool().claim('test', address, (socket) => server.accept(socket));
  const otlp = { protocol: 'grpc', endpoint: listening.bound[0] ?? '', insecure: true, compression: 'gzip' };
  const telemetry = await start({ metrics: { readers: [{ periodic: { exporter: { otlp } } }] } });
  await stop(telemetry);
  assert.equal(got.length, 1);
  const [{ scopeMetrics }] = decode('metrics', got[0] ?? new Uint8Array()).resourceMetrics;
  assert.equal(scopeMetrics[0].metrics[0].name, 'otelcol_process_cpu_seconds');
  await listening.release();
  await server.stop(AbortSignal.abort());
});

void test('a destination that hangs does not hold up the stop past its deadline', async () => {
  const server = createServer(() => undefined);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert(address && typeof address === 'object');
  const otlp = { protocol: 'http/protobuf', endpoint: `http://127.0.0.1:${address.port}`, timeout: 500 };
  const telemetry = await start({ metrics: { readers: [{ periodic: { exporter: { otlp } } }] } });
  await telemetry.stop(AbortSignal.timeout(50));
  server.closeAllConnections();
});

void test('what can not work is refused at start', async () => {
  const cases: readonly [OwnTelemetrySettings, RegExp][] = [
    [{ metrics: { readers: [{ periodic: { exporter: {} } }] } }, /found none/],
    [{ logs: { processors: [{}] } }, /found none/],
    [{ metrics: { readers: [{ periodic: { exporter: { otlp: { protocol: 'smoke', endpoint: 'x' } } } }] } }, /"smoke"/],
    [
      {
        metrics: {
          readers: [{ periodic: { exporter: { otlp: { protocol: 'http/protobuf', endpoint: 'http://' } } } }],
        },
      },
      /not an endpoint/,
    ],
    [
      {
        metrics: {
          readers: [{ periodic: { exporter: { otlp: { protocol: 'grpc', endpoint: 'x:1', compression: 'zip' } } } }],
        },
      },
      /"zip"/,
    ],
  ];
  for (const [settings, message] of cases) {
    await assert.rejects(start(settings), (error) => {
      assert(error instanceof AgentError);
      assert.equal(error.code, 'TELEMETRY_EXPORT');
      assert.match(error.message, message);
      return true;
    });
  }
});

void test('spans leave as OTLP, each under the scope of its component', async () => {
  const { got, endpoint } = await destination();
  const telemetry = await start({
    traces: { processors: [{ batch: { exporter: { otlp: { protocol: 'http/protobuf', endpoint } } } }] },
  });
  const remote = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1, traceState: 'a=1', isRemote: true };
  const one = telemetry.spansFor('exporter', 'one')?.source({ name: 'scope' });
  const other = telemetry.spansFor('exporter', 'other')?.source({ name: 'scope' });
  assert(one && other);
  const span = one.start('work', { kind: 'server', parent: remote, attributes: { n: 1, yes: true } });
  other.start('below', { parent: span.context, links: [remote] }).end();
  span.event('half', { of: 'it' });
  span.end('broken');
  await stop(telemetry);
  assert.deepEqual(
    got.map(({ url }) => url),
    ['/v1/traces'],
  );
  const { resourceSpans } = decode('traces', got[0]?.body ?? new Uint8Array());
  assert.deepEqual(
    resourceSpans.map(
      (of: { scopeSpans: { scope: { attributes: object[] } }[] }) => of.scopeSpans[0]?.scope.attributes[0],
    ),
    ['other', 'one'].map((id) => ({ key: 'otelcol.component.id', value: { stringValue: id } })),
  );
  const [below] = resourceSpans[0].scopeSpans[0].spans;
  const [work] = resourceSpans[1].scopeSpans[0].spans;
  const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
  assert.deepEqual(
    [work.name, work.kind, work.traceId, work.parentSpanId, work.traceState],
    ['work', 'SPAN_KIND_SERVER', base64(remote.traceId), base64(remote.spanId), 'a=1'],
  );
  assert.deepEqual(work.status, { message: 'broken', code: 'STATUS_CODE_ERROR' });
  // The clock stands still but for its fractions.
  assert.deepEqual(
    [work.startTimeUnixNano, work.endTimeUnixNano].map((time) => time.slice(0, 12)),
    [TIME.slice(0, 12), TIME.slice(0, 12)],
  );
  assert.deepEqual(
    work.attributes.map(({ key }: { key: string }) => key),
    ['n', 'yes'],
  );
  assert.deepEqual(work.events[0].name, 'half');
  assert.deepEqual([below.parentSpanId, below.links[0].spanId], [work.spanId, base64(remote.spanId)]);
});

void test('spans that find no room or no destination are counted and said', async () => {
  const { endpoint } = await destination(500);
  const telemetry = await start({
    traces: {
      processors: [
        {
          batch: {
            max_queue_size: 2,
            max_export_batch_size: 10,
            exporter: { otlp: { protocol: 'http/protobuf', endpoint } },
          },
        },
      ],
    },
  });
  const source = telemetry.spansFor('receiver', 'otlp')?.source({ name: 'otlp' });
  for (let index = 0; index < 5; index += 1) source?.start('work').end();
  await stop(telemetry);
  const lost = telemetry.figures().find(({ name }) => name === 'genesis_own_spans_lost');
  assert.equal(lost?.value, 5);
  assert.match(telemetry.logs.recentErrors()[0]?.message ?? '', /own spans could not be exported/);
});

void test('no spans are recorded at level none, and where nobody takes them', async () => {
  const { endpoint } = await destination();
  const simple = { exporter: { otlp: { protocol: 'http/protobuf', endpoint } } };
  for (const traces of [{ level: 'none' as const, processors: [{ simple }] }, { processors: [] }, {}]) {
    const telemetry = await start({ traces });
    assert.equal(telemetry.spansFor('receiver', 'otlp'), undefined);
    await stop(telemetry);
  }
});

void test('a tracer that can not work is refused at start', async () => {
  const simple = (exporter: object) => [{ simple: { exporter } }];
  for (const traces of [
    { processors: simple({ zipkin: { endpoint: 'http://x' } }) },
    { processors: [{}] },
    { processors: simple({ console: {} }), sampler: {} },
    { processors: simple({ console: {} }), propagators: ['jaeger'] },
  ]) {
    await assert.rejects(
      start({ traces }),
      (error) => error instanceof AgentError && error.code === 'TELEMETRY_EXPORT',
      JSON.stringify(traces),
    );
  }
});
