// The prometheus exporter beside the collector's: the same requests, the same pages in every format a scraper can ask for.
// With RECORD=1 the collector's pages are written to test/data/prometheus-pages.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { exposedName } from '../../proto/prometheus/exposed-names.ts';
import prometheus from '../../exporters/prometheus/index.ts';
import { config as schema } from '../../exporters/prometheus/config.ts';
import { encode } from '../proto/reference.ts';
import { ACCEPTS, comparable, RECORDED, REQUESTS, SETTINGS } from '../exporters/prometheus/requests.ts';
import { batchOf } from '../../pipeline/batch.ts';
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

const value = fc.oneof(
  fc.double({ noNaN: true }).map((asDouble) => ({ asDouble })),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map((asInt) => ({ asInt: String(asInt) })),
);
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom(...Array.from('abZ09_.:-/ "\\\n{}=é字')), maxLength: 8 }),
);
const attributes = fc.uniqueArray(
  fc.record({
    key: text,
    value: fc.oneof(
      text.map((stringValue) => ({ stringValue })),
      fc.boolean().map((boolValue) => ({ boolValue })),
      fc.double().map((doubleValue) => ({ doubleValue })),
      fc.uint8Array({ maxLength: 5 }).map((bytesValue) => ({ bytesValue })),
      fc.array(text).map((all) => ({ arrayValue: { values: all.map((stringValue) => ({ stringValue })) } })),
    ),
  }),
  // Of labels that are alike once escaped the collector shows both, which no scraper takes.
  { maxLength: 4, selector: ({ key }) => exposedName(key, 'underscores') },
);
const UNITS = ['', '1', 's', 'By/s', '{thing}/h', 'odd unit', '%', 'm/furlong'];

/** Metrics of one point each, with any attributes, names and values. */
const ARBITRARY: Uint8Array = encode('metrics', {
  resourceMetrics: [
    {
      scopeMetrics: [
        {
          metrics: fc
            .sample(
              fc.record({
                attributes,
                value,
                unit: fc.constantFrom(...UNITS),
                isSum: fc.boolean(),
                isMonotonic: fc.boolean(),
                name: fc.string(),
              }),
              { seed: 44, numRuns: 400 },
            )
            .map(({ attributes: labels, value: number, unit, isSum, isMonotonic, name }, index) => {
              const dataPoints = [{ attributes: labels, timeUnixNano: '1700000000000000001', ...number }];
              const data = isSum
                ? { sum: { aggregationTemporality: 2, isMonotonic, dataPoints } }
                : { gauge: { dataPoints } };
              return { name: `m${index}.${name}`, unit, description: name, ...data };
            }),
        },
      ],
    },
  ],
});

async function pages(port: number): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, accept] of Object.entries(ACCEPTS)) {
    const answer = await httpRequest(`http://127.0.0.1:${port}/metrics`, { method: 'GET', headers: { accept } });
    found[name] = comparable(answer.headers['content-type'] ?? '', answer.body);
  }
  return found;
}

void test('the same pages as the collector', { skip }, async () => {
  const isRecording = process.env['RECORD'] === '1';
  const more = isRecording ? [] : [ARBITRARY];
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
  for (const body of more) {
    const headers = { 'content-type': 'application/x-protobuf' };
    const { status } = await httpRequest(`http://127.0.0.1:${otlp}/v1/metrics`, { headers, body });
    assert.equal(status, 200);
  }
  for (const [index, name] of names.entries()) {
    const { context } = testContext({ kind: 'exporter', id: 'prometheus' });
    const settings = schema.parse({ endpoint: `127.0.0.1:${ours[index]}`, ...SETTINGS[name] });
    const exporter = prometheus.create(settings, context);
    await exporter.start();
    try {
      for (const request of REQUESTS) await exporter.consume(batchOfJson('metrics', request));
      for (const body of more) await exporter.consume(batchOf('metrics', body, 400));
      const expected = await pages(theirs[index] ?? 0);
      if (isRecording) {
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
