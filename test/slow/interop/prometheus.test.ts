// Prometheus scrapes the prometheus exporter: its promtool finds nothing wrong with the pages, and a running one has every
// series with the value that was sent, native histograms and exemplars included. Needs prometheus and promtool (install-peers.sh).

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import prometheus from '../../../exporters/prometheus/index.ts';
import { batchOf } from '../../../pipeline/batch.ts';
import type { Exporter } from '../../../pipeline/component.ts';
import { REQUESTS } from '../../exporters/prometheus/requests.ts';
import { requests } from '../../proto/arbitrary.ts';
import { encode } from '../../proto/reference.ts';
import { freePorts } from '../../support/agent.ts';
import { SOON, testContext } from '../../support/context.ts';
import { httpRequest } from '../../support/http-request.ts';
import { prometheus as prometheusProgram, promtool } from '../../support/peers.ts';
import { batchOfJson } from '../../support/processor.ts';

const PROMTOOL = promtool();
const PROMETHEUS = prometheusProgram();

async function started(port: number, settings: object = {}): Promise<Exporter> {
  const { context } = testContext({ kind: 'exporter', id: 'prometheus' });
  const parsed = prometheus.config.parse({ endpoint: `127.0.0.1:${port}`, ...settings });
  const exporter = prometheus.create(parsed, context);
  await exporter.start();
  return exporter;
}

/** What promtool says against a page, without what it says of taste. */
function complaints(page: Buffer): string[] {
  const { stdout, stderr } = spawnSync(PROMTOOL.program, ['check', 'metrics'], { input: page, encoding: 'utf8' });
  return `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => /error|invalid|duplicate|consistent|collected/i.test(line));
}

void test('promtool takes every page', { skip: PROMTOOL.skip }, async () => {
  const [port = 0] = await freePorts(1);
  const exporter = await started(port);
  try {
    const page = async (): Promise<Buffer> =>
      (await httpRequest(`http://127.0.0.1:${port}/metrics`, { method: 'GET' })).body;
    for (const request of REQUESTS) await exporter.consume(batchOfJson('metrics', request));
    assert.deepEqual(complaints(await page()), []);
    // It does look.
    assert.notDeepEqual(complaints(Buffer.from('a{b="1} 1\n')), []);
    for (const request of fc.sample(requests.metrics, { seed: 61, numRuns: 300 })) {
      await exporter.consume(batchOf('metrics', encode('metrics', request), 1));
    }
    assert.deepEqual(complaints(await page()), []);
  } finally {
    await exporter.stop(SOON());
  }
});

interface Answer {
  readonly data: { readonly result: readonly { readonly metric: object; readonly value: readonly [number, string] }[] };
}

void test('Prometheus has every series', { skip: PROMETHEUS.skip }, async () => {
  const [port = 0, listen = 0] = await freePorts(2);
  const exporter = await started(port, { enable_open_metrics: true });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'prometheus-'));
  try {
    for (const request of REQUESTS) await exporter.consume(batchOfJson('metrics', request));
    for (const feature of ['exemplar-storage', 'exemplar-storage,native-histograms']) {
      const query = await scraping({ folder, port, listen, feature });
      const value = async (expression: string): Promise<string | undefined> =>
        (await query(expression)).data.result[0]?.value[1];
      try {
        assert.equal(await value('http_server_requests_total{method="GET",job="demo/shop",instance="shop-1"}'), '41');
        assert.equal(await value('memory_used_bytes'), '123456789012');
        assert.equal(await value('odd_values{which="infinite"}'), '+Inf');
        assert.equal(await value('latency_milliseconds_bucket{route="/a",le="100.0"}'), '3');
        assert.equal(await value('rpc_duration_seconds{quantile="0.99"}'), '1');
        assert.equal(await value('delta_count_total'), '12');
        assert.equal(await value('target_info{job="demo/shop"}'), '1');
        assert.equal(await value('count(texts{text="quote \\" slash \\\\ line\\nend"})'), '1');
        assert.match(await exemplars(listen, 'http_server_requests_total'), /0af7651916cd43dd8448eb211c80319c/);
        if (!feature.includes('native')) continue;
        assert.equal(await value('histogram_count(payload_bytes{side="both"})'), '14');
        assert.equal(await value('histogram_sum(payload_bytes{side="both"})'), '100.25');
        assert.equal(await value('histogram_count(delta_exponential)'), '8');
        // All of them lie in the bucket from 2^(-1/256) to 1.
        const quantile = Number(await value('histogram_quantile(0.9, payload_bytes{side="fine"})'));
        assert.ok(quantile > 2 ** (-1 / 256) && quantile <= 1, String(quantile));
      } finally {
        await query.stop();
      }
    }
  } finally {
    await exporter.stop(SOON());
    rmSync(folder, { recursive: true });
  }
});

async function exemplars(listen: number, name: string): Promise<string> {
  const url = `http://127.0.0.1:${listen}/api/v1/query_exemplars?query=${name}&start=0&end=4000000000`;
  return (await httpRequest(url, { method: 'GET' })).body.toString();
}

/** A Prometheus that has scraped the port; asks it, and stops it. */
async function scraping(options: {
  readonly folder: string;
  readonly port: number;
  readonly listen: number;
  readonly feature: string;
}): Promise<((expression: string) => Promise<Answer>) & { stop: () => Promise<void> }> {
  const { folder, port, listen, feature } = options;
  const file = path.join(folder, 'prometheus.yml');
  writeFileSync(
    file,
    `scrape_configs: [{job_name: a, honor_labels: true, scrape_interval: 1s, static_configs: [{targets: ["127.0.0.1:${port}"]}]}]`,
  );
  const data = path.join(folder, feature);
  const child = spawn(
    PROMETHEUS.program,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${listen}`,
      `--enable-feature=${feature}`,
    ],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  const query = async (expression: string): Promise<Answer> => {
    const url = `http://127.0.0.1:${listen}/api/v1/query?query=${encodeURIComponent(expression)}`;
    // Safe: Prometheus' documented answer to an instant query that selects a vector.
    return JSON.parse((await httpRequest(url, { method: 'GET' })).body.toString()) as Answer;
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  for (let attempt = 0; attempt < 200; attempt++) {
    const up = await query('up == 1').catch(() => undefined);
    if (up?.data?.result.length === 1) return Object.assign(query, { stop });
    await sleep(100);
  }
  await stop();
  throw new Error('Prometheus did not scrape the page, or refused it');
}
