// Prometheus is written to by prometheus_remote_write: Debian's in remote write 1.0, a current one in 2.0 as well. Every series
// is asked for again and compared value by value; and nothing is lost when the agent is killed while Prometheus is down.
// install-peers.sh installs both.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import prometheusRemoteWrite from '../../../exporters/prometheus_remote_write/index.ts';
import { type RemoteWriteMessage, V1_MESSAGE, V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import { REQUESTS } from '../../exporters/prometheus_remote_write/cases.ts';
import { type ExpectedSeries, seriesOf } from '../../exporters/prometheus_remote_write/expected.ts';
import { sentBy } from '../../exporters/prometheus_remote_write/running.ts';
import { freePorts, startAgent } from '../../support/agent.ts';
import { SOON, testContext } from '../../support/context.ts';
import { httpRequest } from '../../support/http-request.ts';
import { currentPrometheus, type Peer, prometheus as anyPrometheus } from '../../support/peers.ts';
import { attributes, batchOfJson } from '../../support/processor.ts';

/** The time of the newest sample of the cases, in seconds. */
const NEWEST = 1_700_000_121;

interface Written {
  readonly name: string;
  readonly peer: Peer;
  readonly isCurrent: boolean;
  readonly flags: readonly string[];
}

const PROTOCOLS: readonly RemoteWriteMessage[] = [V1_MESSAGE, V2_MESSAGE];

const PEERS: readonly Written[] = [
  {
    name: "Debian's Prometheus",
    peer: anyPrometheus(),
    isCurrent: false,
    flags: ['--enable-feature=native-histograms,exemplar-storage'],
  },
  {
    name: 'a current Prometheus',
    peer: currentPrometheus(),
    isCurrent: true,
    flags: ['--enable-feature=exemplar-storage,metadata-wal-records'],
  },
];

interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

async function started({ peer, flags }: Written, folder: string, port: number): Promise<Running> {
  const file = path.join(folder, 'prometheus.yml');
  writeFileSync(file, 'global: {scrape_interval: 1h}\n');
  const child: ChildProcess = spawn(
    peer.program,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      '--storage.tsdb.retention.time=100y',
      ...flags,
    ],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 200; attempt++) {
    const ready = await httpRequest(`${url}/-/ready`, { method: 'GET' }).catch(() => undefined);
    if (ready?.status === 200) break;
    await sleep(100);
  }
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly (readonly [number, string])[];
  readonly histograms?: readonly (readonly [number, FoundHistogram])[];
}

interface FoundHistogram {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [number, string, string, string])[];
}

async function query(url: string, expression: string, time = NEWEST): Promise<readonly Found[]> {
  const answer = await httpRequest(`${url}/api/v1/query?query=${encodeURIComponent(expression)}&time=${time}`, {
    method: 'GET',
  });
  // Safe: Prometheus' documented answer to a query.
  const { data } = JSON.parse(answer.body.toString()) as { data?: { result: readonly Found[] } };
  return data?.result ?? assert.fail(answer.body.toString());
}

/** Label values that are empty are none in Prometheus. */
function keyOf(metric: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function assertSame(found: Found, expected: ExpectedSeries, where: string): void {
  const samples = (found.values ?? []).map(([time, value]) => [
    Math.round(time * 1000),
    Number(value.replace('Inf', 'Infinity')),
  ]);
  // The end of a series is no value of it.
  const wanted = expected.samples.filter(({ isStale }) => !isStale).map(({ timeMs, value }) => [timeMs, value]);
  assert.deepEqual(samples, wanted, where);
  const histograms = (found.histograms ?? []).map(([time, { count, sum, buckets = [] }]) => ({
    timeMs: Math.round(time * 1000),
    count: Number(count),
    sum: Number(sum),
    buckets: buckets.map(([, lower, upper, bucket]) => [
      rounded(Number(lower.replace('Inf', 'Infinity'))),
      rounded(Number(upper.replace('Inf', 'Infinity'))),
      Number(bucket),
    ]),
  }));
  const wantedHistograms = expected.histograms
    .filter(({ isStale }) => !isStale)
    .map(({ timeMs, count, sum, buckets }) => ({
      timeMs,
      count,
      sum,
      buckets: buckets.map(([lower, upper, bucket]) => [rounded(lower), rounded(upper), bucket]),
    }));
  assert.deepEqual(histograms, wantedHistograms, where);
}

function rounded(bound: number): number {
  return Number.isFinite(bound) ? Number(bound.toPrecision(9)) : bound;
}

for (const written of PEERS) {
  const { name, isCurrent } = written;
  const { skip } = written.peer;
  // One that knows 1.0 only is asked to take 2.0 as well, and gets 1.0.
  for (const protocol of PROTOCOLS) {
    for (const customBuckets of isCurrent ? [false, true] : [false]) {
      const title = `${name} has every series: ${protocol}${customBuckets ? ', custom buckets' : ''}`;
      void test(title, { skip }, () => hasEverySeries(written, protocol, customBuckets));
    }
  }
  void test(`${name} loses nothing when the agent is killed while it is down`, { skip }, () => losesNothing(written));
}

async function hasEverySeries(written: Written, protocol: RemoteWriteMessage, customBuckets: boolean): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'remote-write-'));
  const [port = 0] = await freePorts(1);
  const prometheus = await started(written, folder, port);
  try {
    const settings = {
      protobuf_message: protocol,
      external_labels: { cluster: 'interop' },
      send_metadata: true,
      convert_explicit_histograms_to_nhcb: customBuckets,
    };
    const batches = REQUESTS.map((request) => batchOfJson('metrics', request));
    const expected = seriesOf((await sentBy(settings, batches)).map(({ request }) => request));
    const { context, drops } = testContext({ kind: 'exporter', id: 'prometheus_remote_write', realTime: true });
    const config = prometheusRemoteWrite.config.parse({ endpoint: `${prometheus.url}/api/v1/write`, ...settings });
    const exporter = prometheusRemoteWrite.create(config, context);
    await exporter.start();
    for (const batch of batches) await exporter.consume(batch);
    await exporter.stop(SOON());
    const lost = drops().filter(({ rule }) => rule !== 'invalid_buckets');
    assert.deepEqual(lost, []);
    const found = new Map(
      (await query(prometheus.url, '{__name__=~".+"}[10m]')).map((one) => [keyOf(one.metric), one]),
    );
    let compared = 0;
    for (const series of expected) {
      const hasValue = [...series.samples, ...series.histograms].some(({ isStale }) => !isStale);
      const key = keyOf(series.labels);
      const one = found.get(key);
      if (!hasValue) {
        assert.equal(one, undefined, key);
        continue;
      }
      assert.ok(one, `Prometheus does not have ${key}`);
      assertSame(one, series, key);
      found.delete(key);
      compared += 1;
    }
    assert.deepEqual([...found.keys()], []);
    assert.ok(compared > 40, String(compared));
    const exemplars = await httpRequest(
      `${prometheus.url}/api/v1/query_exemplars?query=http_server_requests_total&start=0&end=4000000000`,
      { method: 'GET' },
    );
    assert.match(exemplars.body.toString(), /0af7651916cd43dd8448eb211c80319c/);
  } finally {
    await prometheus.stop();
    rmSync(folder, { recursive: true });
  }
}

const POINTS = 200;

/** One request a point, of one counter. */
function counted(value: number, timeMs: number): object {
  const dataPoints = [{ asInt: String(value), timeUnixNano: `${timeMs}000000`, attributes: attributes({ a: 'b' }) }];
  const metrics = [{ name: 'kept', sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } }];
  return { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
}

async function losesNothing(written: Written): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'remote-write-'));
  const [port = 0, otlp = 0] = await freePorts(2);
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } } },
    exporters: {
      prometheus_remote_write: {
        endpoint: `http://127.0.0.1:${port}/api/v1/write`,
        protobuf_message: written.isCurrent ? V2_MESSAGE : V1_MESSAGE,
        retry_on_failure: { initial_interval: '100ms', max_interval: '1s' },
        wal: { directory: path.join(folder, 'wal') },
      },
    },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { metrics: { receivers: ['otlp'], exporters: ['prometheus_remote_write'] } },
    },
  };
  const begin = NEWEST * 1000;
  let prometheus: Running | undefined;
  try {
    {
      await using agent = await startAgent({ config });
      for (let value = 1; value <= POINTS; value++) {
        const { status } = await httpRequest(`http://127.0.0.1:${otlp}/v1/metrics`, {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(counted(value, begin + value * 1000)),
        });
        assert.equal(status, 200);
      }
      process.kill(agent.pid, 'SIGKILL');
      await agent.exited;
    }
    prometheus = await started(written, folder, port);
    await using agent = await startAgent({ config });
    assert.ok(agent.isRunning);
    const time = begin / 1000 + POINTS;
    for (let attempt = 0; attempt < 100; attempt++) {
      const [found] = await query(prometheus.url, 'count_over_time(kept_total[1h])', time);
      // Safe: an instant query answers with one value a series.
      if (found && (found as unknown as { value: [number, string] }).value[1] === String(POINTS)) break;
      await sleep(100);
    }
    const [kept] = await query(prometheus.url, 'kept_total[1h]', time);
    assert.deepEqual(
      kept?.values?.map(([at, value]) => [at, value]),
      Array.from({ length: POINTS }, (_, index) => [begin / 1000 + index + 1, String(index + 1)]),
    );
  } finally {
    await prometheus?.stop();
    rmSync(folder, { recursive: true });
  }
}
