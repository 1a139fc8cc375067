// How many points prometheus_remote_write makes requests of: the conversion alone (series, message, snappy), and in a whole
// agent beside the collector's. Per second of CPU time, so that what else runs on the machine counts little.
// Run: node bench/remote-write.ts [--seconds 3]; the collector is the one OTELCOL names or bench/otelcol/build.sh built.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { config } from '../exporters/prometheus_remote_write/config.ts';
import { Conversion } from '../exporters/prometheus_remote_write/conversion.ts';
import { batchOf } from '../pipeline/batch.ts';
import { type RemoteWriteMessage, V1_MESSAGE, V2_MESSAGE } from '../proto/prometheus/remote-write/fields.ts';
import { encode } from '../test/proto/reference.ts';
import { freePorts } from '../test/support/agent.ts';
import { attributes } from '../test/support/processor.ts';
import { type Contender, ourContender, peerContender, startContender } from './pipeline/contender.ts';
import { usageOf } from './pipeline/process-tree.ts';
import { httpLoad } from './pipeline/http-load.ts';

const { values: options } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } });
const SECONDS = Number(options.seconds);
const ROUNDS = 5;
const CONNECTIONS = 4;
const BOUNDS = [5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
const START = 1_700_000_000_000n;

interface Workload {
  readonly name: string;
  readonly points: number;
  /** Samples or native histograms of remote write that one request becomes, without target_info. */
  readonly samples: number;
  request(index: number): object;
}

const point = (index: number, at: bigint, more: object): object => ({
  attributes: attributes({
    'http.request.method': index % 2 ? 'GET' : 'POST',
    'http.route': `/api/v1/items/${index % 50}`,
    'http.response.status_code': 200 + (index % 5),
    'server.address': `host-${index}.example.org`,
  }),
  startTimeUnixNano: `${START}000000`,
  timeUnixNano: `${at}000000`,
  ...more,
});

const many = (count: number, make: (index: number) => object): object[] =>
  Array.from({ length: count }, (_, index) => make(index));

function request(metrics: readonly object[]): object {
  const resource = attributes({ 'service.name': 'shop', 'service.instance.id': 'one', 'host.name': 'a', zone: 'b' });
  return {
    resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ scope: { name: 'm' }, metrics }] }],
  };
}

const WORKLOADS: readonly Workload[] = [
  {
    name: 'counters and gauges, 1,000 a request',
    points: 1_000,
    samples: 1_000,
    request: (round) =>
      request(
        many(20, (metric) => {
          const dataPoints = many(50, (index) =>
            point(index, START + BigInt(round * 1000), { asDouble: round * 10 + index + 0.5 }),
          );
          const data =
            metric % 2
              ? { gauge: { dataPoints } }
              : { sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints } };
          return { name: `http.server.metric.${metric}`, unit: 's', ...data };
        }),
      ),
  },
  {
    name: 'histograms of 15 buckets, 500 a request',
    points: 500,
    samples: 8_500,
    request: (round) =>
      request(
        many(10, (metric) => {
          const dataPoints = many(50, (index) =>
            point(index, START + BigInt(round * 1000), {
              count: String(15 * (round + index)),
              sum: 1e4 * round,
              explicitBounds: BOUNDS,
              bucketCounts: many(15, () => ({})).map(() => String(round + index)),
            }),
          );
          return { name: `duration.${metric}`, unit: 'ms', histogram: { aggregationTemporality: 2, dataPoints } };
        }),
      ),
  },
  {
    name: 'exponential histograms of 40 buckets, 500 a request',
    points: 500,
    samples: 500,
    request: (round) =>
      request(
        many(10, (metric) => {
          const dataPoints = many(50, (index) =>
            point(index, START + BigInt(round * 1000), {
              count: String(40 * (round + index)),
              sum: 1e4 * round,
              scale: 5,
              positive: { offset: 100, bucketCounts: many(40, () => ({})).map(() => String(round + index)) },
            }),
          );
          return {
            name: `size.${metric}`,
            unit: 'By',
            exponentialHistogram: { aggregationTemporality: 2, dataPoints },
          };
        }),
      ),
  },
];

/** Different times and values, so that nothing is the same twice by chance. */
const DISTINCT = 20;
const bodiesOf = (workload: Workload): Uint8Array[] =>
  Array.from({ length: DISTINCT }, (_, round) => encode('metrics', workload.request(round + 1)));

function alone(workload: Workload, protocol: RemoteWriteMessage): string {
  const conversion = new Conversion(config.parse({ endpoint: 'http://localhost/', protobuf_message: protocol }));
  const batches = bodiesOf(workload).map((body) => batchOf('metrics', body, workload.points));
  const rates: number[] = [];
  let bytes = 0;
  let requests = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const until = Date.now() + (SECONDS * 1000) / ROUNDS;
    const before = process.cpuUsage();
    let points = 0;
    while (Date.now() < until) {
      for (const batch of batches) {
        for (const { body } of conversion.convert(batch, protocol, 0).requests) bytes += body.length;
        points += workload.points;
        requests += 1;
      }
    }
    const { user, system } = process.cpuUsage(before);
    // The first round is for the compiler.
    if (round > 0) rates.push(points / ((user + system) / 1e6));
  }
  const rate = median(rates);
  const samples = (rate * workload.samples) / workload.points;
  return `${inThousands(rate)} points, ${inThousands(samples)} samples (${Math.round(bytes / requests)} B a request sent)`;
}

interface Sink {
  readonly port: number;
  requests: number;
  bytes: number;
  close(): void;
}

/** Takes everything and says so in the words of 2.0. */
async function startSink(): Promise<Sink> {
  const written = {
    'x-prometheus-remote-write-samples-written': '1000000',
    'x-prometheus-remote-write-histograms-written': '1000000',
  };
  const server = http.createServer((incoming, response) => {
    incoming.on('data', (part: Buffer) => (sink.bytes += part.length));
    incoming.on('end', () => {
      sink.requests += 1;
      response.writeHead(204, written).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Safe: the address of a TCP server.
  const { port } = server.address() as AddressInfo;
  const sink: Sink = { port, requests: 0, bytes: 0, close: () => server.closeAllConnections() };
  return sink;
}

/** Points per second of CPU time of a whole agent that does nothing else. */
async function inAgent(contender: Contender, workload: Workload, protocol: RemoteWriteMessage): Promise<number> {
  const [port = 0] = await freePorts(1);
  const sink = await startSink();
  const bodies = bodiesOf(workload);
  await using agent = await startContender(
    contender.name === 'otelcol'
      ? { ...contender, args: ['--feature-gates=exporter.prometheusremotewritexporter.enableSendingRW2'] }
      : contender,
    {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      exporters: {
        prometheus_remote_write: {
          endpoint: `http://127.0.0.1:${sink.port}/api/v1/write`,
          protobuf_message: protocol,
          // Senders wait for the destination, so that what is accepted is what was sent.
          remote_write_queue: { enabled: false },
        },
      },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { metrics: { receivers: ['otlp'], exporters: ['prometheus_remote_write'] } },
      },
    },
  );
  const load = httpLoad({ port, path: '/v1/metrics' }, bodies, CONNECTIONS);
  try {
    await load.send(SECONDS / 2);
    const before = usageOf(agent.pid).cpuSeconds;
    const sent = await load.send(SECONDS);
    if (sink.requests === 0) throw new Error('nothing arrived at the sink');
    return (sent * workload.points) / (usageOf(agent.pid).cpuSeconds - before);
  } finally {
    load.close();
    sink.close();
  }
}

/** A collector that can do it. */
function peer(): Contender | undefined {
  const contender = peerContender();
  if (!contender) return undefined;
  const { stdout } = spawnSync(contender.command, ['components'], { encoding: 'utf8' });
  return stdout.includes('prometheus_remote_write') ? contender : undefined;
}

async function beside(
  workload: Workload,
  protocol: RemoteWriteMessage,
  theirs: Contender | undefined,
): Promise<string> {
  const ours: number[] = [];
  const others: number[] = [];
  // In turn, so that both meet the same neighbours.
  for (let round = 0; round < 3; round++) {
    ours.push(await inAgent(ourContender('source'), workload, protocol));
    if (theirs) others.push(await inAgent(theirs, workload, protocol));
  }
  const own = `genesis-agent ${inThousands(median(ours))}`;
  if (!theirs) return own;
  return `${own}, otelcol ${inThousands(median(others))}, ratio ${(median(ours) / median(others)).toFixed(2)}`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function inThousands(value: number): string {
  return value >= 1e6 ? `${(value / 1e6).toFixed(2)}M` : `${Math.round(value / 1000)}k`;
}

console.log(`node ${process.version}; per second of CPU time`);
console.log('\nThe conversion alone:');
for (const workload of WORKLOADS) {
  for (const protocol of [V1_MESSAGE, V2_MESSAGE] as const) {
    console.log(`  ${workload.name}, ${protocol}: ${alone(workload, protocol)}`);
  }
}
const theirs = peer();
console.log('\nA whole agent, OTLP/HTTP in, remote write out, points:');
if (!theirs)
  console.log('  no collector with prometheus_remote_write: OTELCOL is not set and bench/otelcol/build.sh has not run');
for (const workload of WORKLOADS) {
  for (const protocol of [V1_MESSAGE, V2_MESSAGE] as const) {
    console.log(`  ${workload.name}, ${protocol}: ${await beside(workload, protocol, theirs)}`);
  }
}
process.exit(0);
