// How many samples prometheus_remote_write receives: the conversion alone, and whole programs, the agent beside a current
// Prometheus with its own receiver, both given the same requests. Per second of CPU time, so that what else runs on the machine
// counts little. Run: node bench/remote-write-receiver.ts [--requests 600]; Prometheus is what install-peers.sh built.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { snappyCompress, snappyUncompress } from '../pipeline/transport/snappy.ts';
import {
  CONTENT_TYPE,
  METRIC_TYPE,
  type RemoteWriteMessage,
  V1_MESSAGE,
  V2_MESSAGE,
} from '../proto/prometheus/remote-write/fields.ts';
import { ANY_SIZE, conversion, request, type SeriesSpec } from '../test/receivers/prometheus_remote_write/requests.ts';
import { freePorts } from '../test/support/agent.ts';
import { currentPrometheus } from '../test/support/peers.ts';
import { ourContender, startContender } from './pipeline/contender.ts';
import { usageOf } from './pipeline/process-tree.ts';

const { values: options } = parseArgs({ options: { requests: { type: 'string', default: '600' } } });
const REQUESTS = Number(options.requests);
const SERIES = 1_000;
const CONNECTIONS = 4;
const ROUNDS = 5;
const BOUNDS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1.0', '2.5', '5.0', '10.0', '+Inf'];

const labelsOf = (name: string, index: number): Record<string, string> => ({
  __name__: name,
  cluster: 'demo',
  instance: `host-${index % 10}.example.org:9100`,
  job: 'shop/api',
  method: index % 2 ? 'GET' : 'POST',
  path: `/api/v1/items/${Math.floor(index / 10)}`,
});

interface Workload {
  readonly name: string;
  /** Samples or native histograms of a request. */
  readonly samples: number;
  series(ms: number, round: number): SeriesSpec[];
}

const WORKLOADS: readonly Workload[] = [
  {
    name: 'counters and gauges',
    samples: SERIES,
    series: (ms, round) =>
      Array.from({ length: SERIES }, (_, index) => ({
        labels: labelsOf(`http_metric_${index % 20}`, index),
        samples: [{ value: round * 10 + index + 0.5, ms }],
        type: index % 2 ? METRIC_TYPE.counter : METRIC_TYPE.gauge,
        help: 'Something that is counted.',
      })),
  },
  {
    name: 'classic histograms of 12 buckets',
    samples: 70 * (BOUNDS.length + 2),
    series: (ms, round) =>
      Array.from({ length: 70 }, (_, index) => {
        const one = (suffix: string, value: number, le?: string): SeriesSpec => ({
          labels: { ...labelsOf(`http_seconds${suffix}`, index), ...(le === undefined ? {} : { le }) },
          samples: [{ value, ms }],
          type: METRIC_TYPE.histogram,
          help: 'How long it took.',
        });
        const buckets = BOUNDS.map((le, bucket) => one('_bucket', (bucket + 1) * round, le));
        return [...buckets, one('_sum', round * 1.5), one('_count', BOUNDS.length * round)];
      }).flat(),
  },
  {
    name: 'native histograms of 40 buckets',
    samples: 200,
    series: (ms, round) =>
      Array.from({ length: 200 }, (_, index) => ({
        labels: labelsOf('http_native_seconds', index),
        histograms: [
          {
            count_int: 40 * round,
            sum: round * 1.5,
            schema: 3,
            positive_spans: [{ offset: -20, length: 40 }],
            positive_deltas: [round, ...Array.from({ length: 39 }, () => 0)],
            timestamp: ms,
          },
        ],
        type: METRIC_TYPE.histogram,
      })),
  },
];

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const inThousands = (rate: number): string => `${Math.round(rate / 1000)}k`;

/** Decompression and conversion. */
function alone(workload: Workload, message: RemoteWriteMessage): string {
  const bodies = Array.from({ length: 20 }, (_, round) =>
    snappyCompress(request(message, workload.series(1_700_000_000_000 + round, round + 1))),
  );
  const converting = conversion();
  const rates: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const until = Date.now() + 500;
    const before = process.cpuUsage();
    let samples = 0;
    while (Date.now() < until) {
      for (const body of bodies) {
        converting.convert(snappyUncompress(body, 64 << 20), message === V2_MESSAGE, ANY_SIZE);
        samples += workload.samples;
      }
    }
    const { user, system } = process.cpuUsage(before);
    // The first round is for the compiler.
    if (round > 0) rates.push(samples / ((user + system) / 1e6));
  }
  return inThousands(median(rates));
}

/** Samples per second of CPU time of a program that takes them all; the first third is for its compiler. */
async function taken(pid: number, port: number, workload: Workload, message: RemoteWriteMessage): Promise<number> {
  const begin = Date.now() - REQUESTS;
  const bodies = Array.from({ length: REQUESTS }, (_, round) =>
    snappyCompress(request(message, workload.series(begin + round, round + 1))),
  );
  const connections = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const warm = Math.floor(REQUESTS / 3);
  // In order: Prometheus takes no sample that is older than the last.
  for (const body of bodies.slice(0, warm)) await post(connections, port, body, message);
  const before = usageOf(pid).cpuSeconds;
  for (const body of bodies.slice(warm)) await post(connections, port, body, message);
  connections.destroy();
  return ((REQUESTS - warm) * workload.samples) / (usageOf(pid).cpuSeconds - before);
}

function post(agent: http.Agent, port: number, body: Uint8Array, message: RemoteWriteMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': CONTENT_TYPE[message],
      'content-encoding': 'snappy',
      'content-length': body.length,
    };
    const sent = http.request(
      { agent, port, host: '127.0.0.1', path: '/api/v1/write', method: 'POST', headers },
      (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () =>
          response.statusCode === 204 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function inAgent(workload: Workload, message: RemoteWriteMessage): Promise<number> {
  const [port = 0] = await freePorts(1);
  await using agent = await startContender(ourContender('source'), {
    receivers: { prometheus_remote_write: { endpoint: `127.0.0.1:${port}` } },
    exporters: { nop: {} },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { metrics: { receivers: ['prometheus_remote_write'], exporters: ['nop'] } },
    },
  });
  return await taken(agent.pid, port, workload, message);
}

async function inPrometheus(workload: Workload, message: RemoteWriteMessage): Promise<number | undefined> {
  const { program, skip } = currentPrometheus();
  if (skip !== false) return undefined;
  const [port = 0] = await freePorts(1);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-remote-write-'));
  const file = path.join(folder, 'prometheus.yml');
  writeFileSync(file, 'global: {scrape_interval: 1h}\n');
  const flags = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${path.join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
  ];
  const child = spawn(program, flags, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  try {
    for (let attempt = 0; attempt < 100; attempt++) {
      const ready = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined);
      if (ready?.ok === true) break;
      await sleep(100);
    }
    return await taken(child.pid ?? 0, port, workload, message);
  } finally {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true });
  }
}

console.log(
  '| series | alone, 1.0 | alone, 2.0 | whole agent, 2.0 | Prometheus, 2.0 | ratio |\n|---|---|---|---|---|---|',
);
for (const workload of WORKLOADS) {
  const ours = await inAgent(workload, V2_MESSAGE);
  const theirs = await inPrometheus(workload, V2_MESSAGE);
  const ratio = theirs === undefined ? '' : (ours / theirs).toFixed(2);
  const cells = [alone(workload, V1_MESSAGE), alone(workload, V2_MESSAGE), inThousands(ours)];
  console.log(
    `| ${workload.name} | ${cells.join(' | ')} | ${theirs === undefined ? '' : inThousands(theirs)} | ${ratio} |`,
  );
}
