// The prometheus exporter beside the collector's: the same requests, the same pages in every format a scraper can ask for.
// With RECORD=1 the collector's pages are written to test/data/prometheus-pages.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import prometheus from '../../exporters/prometheus/index.ts';
import { config as schema } from '../../exporters/prometheus/config.ts';
import { ACCEPTS, comparable, RECORDED, REQUESTS, SETTINGS } from '../exporters/prometheus/requests.ts';
import { freePorts, startAgent } from '../support/agent.ts';
import { SOON, testContext } from '../support/context.ts';
import { httpRequest } from '../support/http-request.ts';
import { batchOfJson } from '../support/processor.ts';

const otelcol = process.env['OTELCOL'];

function reasonToSkip(): string | false {
  if (otelcol === undefined) return 'OTELCOL is not set (bench/otelcol/build.sh builds it)';
  const { stdout } = spawnSync(otelcol, ['components'], { encoding: 'utf8' });
  return stdout.includes('name: prometheus\n') ? false : 'this OTELCOL has no prometheus exporter';
}

const skip = reasonToSkip();

async function pages(port: number): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, accept] of Object.entries(ACCEPTS)) {
    const answer = await httpRequest(`http://127.0.0.1:${port}/metrics`, { method: 'GET', headers: { accept } });
    found[name] = comparable(answer.headers['content-type'] ?? '', answer.body);
  }
  return found;
}

void test('the same pages as the collector', { skip }, async () => {
  const names = Object.keys(SETTINGS);
  const [otlp = 0, ...ports] = await freePorts(1 + 2 * names.length);
  const theirs = ports.slice(0, names.length);
  const ours = ports.slice(names.length);
  const exporters = Object.fromEntries(
    names.map((name, index) => [`prometheus/${name}`, { endpoint: `127.0.0.1:${theirs[index]}`, ...SETTINGS[name] }]),
  );
  await using peer = await startAgent({
    command: otelcol ?? '',
    config: {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } } },
      exporters,
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { metrics: { receivers: ['otlp'], exporters: Object.keys(exporters) } },
      },
    },
  });
  assert.ok(peer.isRunning);
  for (const request of REQUESTS) {
    const headers = { 'content-type': 'application/json' };
    const { status } = await httpRequest(`http://127.0.0.1:${otlp}/v1/metrics`, {
      headers,
      body: JSON.stringify(request),
    });
    assert.equal(status, 200);
  }
  for (const [index, name] of names.entries()) {
    const { context } = testContext({ kind: 'exporter', id: 'prometheus' });
    const settings = schema.parse({ endpoint: `127.0.0.1:${ours[index]}`, ...SETTINGS[name] });
    const exporter = prometheus.create(settings, context);
    await exporter.start();
    try {
      for (const request of REQUESTS) await exporter.consume(batchOfJson('metrics', request));
      const expected = await pages(theirs[index] ?? 0);
      if (process.env['RECORD'] === '1') {
        for (const format of RECORDED) {
          const file = new URL(`../data/prometheus-pages/${name}.${format}.txt`, import.meta.url);
          writeFileSync(file, expected[format] ?? '');
        }
      }
      const found = await pages(ours[index] ?? 0);
      for (const format of Object.keys(ACCEPTS)) assert.equal(found[format], expected[format], `${name}, ${format}`);
    } finally {
      await exporter.stop(SOON());
    }
  }
});
