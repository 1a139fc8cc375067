// Prometheus, Debian's and a current one, scrapes itself and writes to the remote-write receiver, in 1.0 and 2.0: every sample
// that it stored has to be in what comes out, value by value. And the agent's own exporter writes to its own receiver.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import writer from '../../../exporters/prometheus_remote_write/index.ts';
import { type RemoteWriteMessage, V1_MESSAGE, V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import prometheusRemoteWrite from '../../../receivers/prometheus_remote_write/index.ts';
import { REQUESTS } from '../../exporters/prometheus_remote_write/cases.ts';
import { seriesOf } from '../../exporters/prometheus_remote_write/expected.ts';
import { sentBy } from '../../exporters/prometheus_remote_write/running.ts';
import { attributesText, seriesOfPoints } from '../../receivers/prometheus_remote_write/samples.ts';
import { freePorts } from '../../support/agent.ts';
import { Collector, SOON, testContext } from '../../support/context.ts';
import { httpRequest } from '../../support/http-request.ts';
import { batchOfJson } from '../../support/processor.ts';
import { currentPrometheus, type Peer, prometheus } from '../../support/peers.ts';

const CASES: readonly { readonly name: string; readonly peer: Peer; readonly message: RemoteWriteMessage }[] = [
  { name: "Debian's Prometheus, 1.0", peer: prometheus(), message: V1_MESSAGE },
  { name: 'a current Prometheus, 1.0', peer: currentPrometheus(), message: V1_MESSAGE },
  { name: 'a current Prometheus, 2.0', peer: currentPrometheus(), message: V2_MESSAGE },
];

void test('the exporter writes what the receiver reads', async () => {
  const batches = REQUESTS.map((request) => batchOfJson('metrics', request));
  for (const message of [V1_MESSAGE, V2_MESSAGE]) {
    const settings = { protobuf_message: message };
    const expected = seriesOf((await sentBy(settings, batches)).map(({ request }) => request));
    const [port = 0] = await freePorts(1);
    const { context } = testContext({ kind: 'receiver', id: 'prw', realTime: true });
    const next = new Collector();
    const config = prometheusRemoteWrite.config.parse({ endpoint: `127.0.0.1:${port}` });
    const receiver = prometheusRemoteWrite.create(config, context, { metrics: next });
    await receiver.start();
    try {
      const endpoint = `http://127.0.0.1:${port}/api/v1/write`;
      const made = testContext({ kind: 'exporter', id: 'prometheus_remote_write', realTime: true });
      const exporter = writer.create(writer.config.parse({ endpoint, ...settings }), made.context);
      await exporter.start();
      for (const batch of batches) await exporter.consume(batch);
      await exporter.stop(SOON());
      assert.deepEqual(
        made.drops().filter(({ rule }) => rule !== 'invalid_buckets'),
        [],
      );
      const arrived = seriesOfPoints(next.batches);
      const missing: string[] = [];
      let samples = 0;
      for (const { labels, samples: sent, histograms } of expected) {
        if (labels['__name__'] === 'target_info') continue;
        const key = attributesText(labels);
        const values = [...sent, ...histograms.map((one) => ({ ...one, value: `${one.count} ${one.sum}` }))].filter(
          ({ isStale }) => !isStale,
        );
        for (const { timeMs, value } of values) {
          samples++;
          const found = arrived.get(key)?.get(timeMs);
          if (!Object.is(found, value)) missing.push(`${key} ${value}@${timeMs}: ${found}`);
        }
      }
      assert.deepEqual(missing, []);
      assert.ok(samples > 40, String(samples));
    } finally {
      await receiver.stop(SOON());
    }
  }
});

interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly (readonly [number, string])[];
  readonly histograms?: readonly (readonly [number, { readonly count: string; readonly sum: string }])[];
}

for (const { name, peer, message } of CASES) {
  void test(name, { skip: peer.skip }, async (t) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'remote-write-'));
    const [port = 0, web = 0] = await freePorts(2);
    const { context } = testContext({ kind: 'receiver', id: 'prw', realTime: true });
    const next = new Collector();
    const config = prometheusRemoteWrite.config.parse({ endpoint: `127.0.0.1:${port}` });
    const receiver = prometheusRemoteWrite.create(config, context, { metrics: next });
    await receiver.start();
    try {
      const stored = await storedBy(peer, { folder, web, port, message });
      const arrived = seriesOfPoints(next.batches);
      let samples = 0;
      const missing: string[] = [];
      for (const { metric, values = [], histograms = [] } of stored) {
        const key = attributesText(metric);
        const series = arrived.get(key);
        for (const [seconds, text] of values) {
          samples++;
          const value = series?.get(Math.round(seconds * 1000));
          if (!Object.is(value, Number(text.replace('Inf', 'Infinity')))) missing.push(`${key} ${text}: ${value}`);
        }
        for (const [seconds, { count, sum }] of histograms) {
          samples++;
          const value = series?.get(Math.round(seconds * 1000));
          if (value !== `${Number(count)} ${Number(sum)}`) missing.push(`${key} ${count} ${sum}: ${value}`);
        }
      }
      assert.deepEqual(missing.slice(0, 10), []);
      assert.ok(samples > 1_000, `${samples} samples`);
      const hasNative = stored.some(({ histograms = [] }) => histograms.length > 0);
      assert.equal(hasNative, peer.program === currentPrometheus().program);
      t.diagnostic(`${samples} samples of ${stored.length} series, native histograms: ${hasNative}`);
    } finally {
      await receiver.stop(SOON());
      rmSync(folder, { recursive: true });
    }
  });
}

/** What a Prometheus stored of itself in a few seconds, once all of it was written. */
async function storedBy(
  peer: Peer,
  options: {
    readonly folder: string;
    readonly web: number;
    readonly port: number;
    readonly message: RemoteWriteMessage;
  },
): Promise<readonly Found[]> {
  const { folder, web, port, message } = options;
  const file = path.join(folder, 'prometheus.yml');
  const isV2 = message === V2_MESSAGE;
  const isCurrent = peer.program === currentPrometheus().program;
  writeFileSync(
    file,
    `global: {scrape_interval: 1s}
scrape_configs:
  - job_name: demo/own
    static_configs: [{targets: ["127.0.0.1:${web}"]}]
${isCurrent ? '    scrape_native_histograms: true\n    always_scrape_classic_histograms: true\n' : ''}
remote_write:
  - url: http://127.0.0.1:${port}/api/v1/write
    send_exemplars: true
    send_native_histograms: true
    metadata_config: {send_interval: 1s}
${isV2 ? `    protobuf_message: ${message}\n` : ''}`,
  );
  const features = `exemplar-storage,native-histograms${isV2 ? ',metadata-wal-records' : ''}`;
  const child = spawn(
    peer.program,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${web}`,
      `--enable-feature=${features}`,
    ],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  const ask = async (what: string): Promise<readonly Found[]> => {
    const answer = await httpRequest(`http://127.0.0.1:${web}/api/v1/${what}`, { method: 'GET' });
    // Safe: Prometheus' documented answer to a query.
    const { data } = JSON.parse(answer.body.toString()) as { data?: { result?: readonly Found[] } };
    return data?.result ?? [];
  };
  try {
    // Nothing is written of what was scraped before the log was read again.
    const sent = 'query?query=prometheus_remote_storage_queue_highest_timestamp_seconds%3E0';
    const older = 'query?query=prometheus_remote_storage_queue_highest_sent_timestamp_seconds%3E0';
    for (let attempt = 0; attempt < 300; attempt++) {
      const found = [...(await ask(sent).catch(() => [])), ...(await ask(older).catch(() => []))];
      if (found.length > 0) break;
      await sleep(100);
    }
    const from = Date.now() / 1000;
    await sleep(6_000);
    const to = Date.now() / 1000;
    const stored = await ask(
      `query?query=${encodeURIComponent(`{job="demo/own"}[${Math.ceil(to - from)}s]`)}&time=${to}`,
    );
    await sleep(4_000);
    return stored;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}
