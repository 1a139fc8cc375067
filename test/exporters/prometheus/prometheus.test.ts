// The prometheus exporter as a scraper meets it: over HTTP, with the collector's recorded pages, and what happens to series.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import prometheus from '../../../exporters/prometheus/index.ts';
import { batchOf } from '../../../pipeline/batch.ts';
import { Rejected } from '../../../pipeline/delivery.ts';
import { requests } from '../../proto/arbitrary.ts';
import { encode } from '../../proto/reference.ts';
import { freePorts } from '../../support/agent.ts';
import { SOON, testContext, type TestContext } from '../../support/context.ts';
import { httpRequest, type HttpAnswer } from '../../support/http-request.ts';
import { attributes, batchOfJson } from '../../support/processor.ts';
import { ACCEPTS, comparable, RECORDED, REQUESTS, SETTINGS } from './requests.ts';

interface Started {
  readonly test: TestContext;
  readonly take: (request: object) => Promise<void>;
  readonly takeBytes: (bytes: Uint8Array) => Promise<void>;
  readonly get: (accept?: string, more?: { path?: string; headers?: object; method?: string }) => Promise<HttpAnswer>;
  /** The page's lines that are samples. */
  readonly samples: (accept?: string) => Promise<string[]>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

async function started(settings: object = {}): Promise<Started> {
  const [port = 0] = await freePorts(1);
  const context = testContext({ kind: 'exporter', id: 'prometheus' });
  const parsed = prometheus.config.parse({ endpoint: `127.0.0.1:${port}`, ...settings });
  const exporter = prometheus.create(parsed, context.context);
  await exporter.start();
  const get: Started['get'] = (accept = '', { path = '/metrics', headers = {}, method = 'GET' } = {}) =>
    httpRequest(`http://127.0.0.1:${port}${path}`, { method, headers: { accept, ...headers } });
  return {
    test: context,
    take: (request) => exporter.consume(batchOfJson('metrics', request)),
    takeBytes: (bytes) => exporter.consume(batchOf('metrics', bytes, 1)),
    get,
    samples: async (accept) => {
      const { body } = await get(accept);
      return body
        .toString()
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'));
    },
    [Symbol.asyncDispose]: () => exporter.stop(SOON()),
  };
}

/** A request of these metrics, of a resource without attributes. */
function requestOf(...metrics: readonly object[]): object {
  return { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
}

function gauge(name: string, value: number, more: object = {}, metric: object = {}): object {
  return { name, ...metric, gauge: { dataPoints: [{ asDouble: value, timeUnixNano: '1000', ...more }] } };
}

function delta(value: number, times: readonly [string, string], isMonotonic: boolean): object {
  const [startTimeUnixNano, timeUnixNano] = times;
  const point = { asInt: String(value), startTimeUnixNano, timeUnixNano };
  return { name: 'd', sum: { aggregationTemporality: 1, isMonotonic, dataPoints: [point] } };
}

const PLAIN = { without_scope_info: true, translation_strategy: 'UnderscoreEscapingWithoutSuffixes' };

void test("the collector's pages", async () => {
  for (const [name, settings] of Object.entries(SETTINGS)) {
    await using exporter = await started(settings);
    for (const request of REQUESTS) await exporter.take(request);
    for (const format of RECORDED) {
      const { headers, body } = await exporter.get(ACCEPTS[format]);
      const file = new URL(`../../data/prometheus-pages/${name}.${format}.txt`, import.meta.url);
      assert.equal(comparable(headers['content-type'] ?? '', body), readFileSync(file, 'utf8'), `${name}, ${format}`);
    }
  }
});

void test('HTTP: paths, methods, compression, chosen metrics, an empty page', async () => {
  await using exporter = await started({ enable_open_metrics: true, ...PLAIN });
  assert.equal((await exporter.get()).body.toString(), '');
  assert.equal((await exporter.get('application/openmetrics-text;version=1.0.0')).body.toString(), '# EOF\n');
  await exporter.take(
    requestOf(gauge('one', 1), gauge('two', 2), gauge('long', 3, {}, { description: 'x'.repeat(3000) })),
  );
  assert.equal((await exporter.get('', { path: '/' })).status, 404);
  assert.equal((await exporter.get('', { method: 'POST' })).status, 405);
  const head = await exporter.get('', { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.body.length, 0);
  const plain = await exporter.get();
  const packed = await exporter.get('', { headers: { 'accept-encoding': 'br;q=1.0, gzip;q=0.8' } });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.deepEqual(gunzipSync(packed.body), plain.body);
  const refused = await exporter.get('', { headers: { 'accept-encoding': 'gzip;q=0' } });
  assert.equal(refused.headers['content-encoding'], undefined);
  const chosen = await exporter.get('', { path: '/metrics?name[]=one&name[]=none' });
  assert.equal(chosen.body.toString(), '# HELP one \n# TYPE one gauge\none 1\n');
  const both = await Promise.all([exporter.get(), exporter.get()]);
  for (const { body } of both) assert.deepEqual(body, plain.body);
});

void test('deltas are added up, also where they do not follow each other or may fall', async () => {
  for (const [isMonotonic, type] of [
    [true, 'counter'],
    [false, 'gauge'],
  ] as const) {
    await using exporter = await started(PLAIN);
    await exporter.take(requestOf(delta(5, ['10', '20'], isMonotonic), delta(7, ['30', '40'], isMonotonic)));
    await exporter.take(requestOf(delta(-2, ['0', '50'], isMonotonic)));
    // It came twice, and one too late.
    await exporter.take(requestOf(delta(-2, ['0', '50'], isMonotonic), delta(100, ['20', '30'], isMonotonic)));
    const { body } = await exporter.get();
    assert.equal(body.toString(), `# HELP d \n# TYPE d ${type}\nd 10\n`);
    const drops = exporter.test.drops().map(({ rule, count }) => [rule, count]);
    assert.deepEqual(drops, [['out_of_order', 2]]);
  }
});

void test('integers above 2^53 still move', async () => {
  await using exporter = await started(PLAIN);
  await exporter.take(requestOf(delta(2 ** 53 - 1, ['1', '2'], true)));
  for (let time = 3; time < 11; time++) await exporter.take(requestOf(delta(1, ['2', String(time)], true)));
  assert.deepEqual(await exporter.samples(), ['d 9.007199254741e+15']);
});

void test('a series ends by its flag and by its age; the others stay', async () => {
  await using exporter = await started({ ...PLAIN, metric_expiration: '10s' });
  const points = (flags: number): object => ({
    name: 'g',
    gauge: {
      dataPoints: [
        { asInt: '1', flags, timeUnixNano: '5', attributes: attributes({ a: '1' }) },
        { asInt: '2', timeUnixNano: '5', attributes: attributes({ a: '2' }) },
      ],
    },
  });
  await exporter.take(requestOf(points(0)));
  assert.equal(exporter.test.metric('otelcol_exporter_prometheus_series'), 2);
  await exporter.take(requestOf(points(1)));
  assert.deepEqual(await exporter.samples(), ['g{a="2"} 2']);
  exporter.test.clock.now += 10_000;
  await exporter.take(requestOf(gauge('young', 1)));
  assert.deepEqual(await exporter.samples(), ['g{a="2"} 2', 'young 1']);
  exporter.test.clock.now += 1;
  assert.deepEqual(await exporter.samples(), ['young 1']);
  // What is gone may come again, and the end of what is not there is no loss.
  await exporter.take(requestOf(points(1)));
  assert.deepEqual(await exporter.samples(), ['g{a="2"} 2', 'young 1']);
  assert.deepEqual(exporter.test.drops(), []);
});

void test('what can not stand beside what is shown is dropped with its reason', async () => {
  await using exporter = await started({ ...PLAIN, max_series: 4 });
  const histogram = (name: string): object => ({
    name,
    histogram: { aggregationTemporality: 2, dataPoints: [{ count: '1', bucketCounts: ['1'] }] },
  });
  await exporter.take(
    requestOf(
      gauge('a', 1, {}, { description: 'first' }),
      gauge('a', 2, { attributes: attributes({ b: '1' }) }, { description: 'second' }),
      histogram('h'),
    ),
  );
  await exporter.take(
    requestOf(
      histogram('a'),
      gauge('h_count', 1),
      gauge('target_info', 1),
      gauge('a', 3, { attributes: attributes({ b: '1', 'b!': '1', 'b?': '2' }) }),
      gauge('', 1),
      gauge('a', 9, { timeUnixNano: '999' }),
      { name: 'a!', gauge: { dataPoints: [{ asInt: '5' }] } },
      { name: 'a', unit: 's', gauge: { dataPoints: [{ asInt: '5' }] } },
      { name: 'sum', sum: { dataPoints: [{ asInt: '5' }] } },
      {
        name: 'e',
        exponentialHistogram: { aggregationTemporality: 2, dataPoints: [{ count: '2', zeroCount: '1' }] },
      },
      gauge('room', 1),
      gauge('one_too_many', 1),
    ),
  );
  assert.deepEqual(Object.fromEntries(exporter.test.drops().map(({ rule, count }) => [rule, count])), {
    type_conflict: 1,
    name_collision: 2,
    invalid_name: 2,
    out_of_order: 1,
    duplicate_series: 2,
    unspecified_temporality: 1,
    buckets_do_not_add_up: 1,
    series_limit: 1,
  });
  assert.equal(exporter.test.metric('otelcol_exporter_prometheus_description_conflicts'), 1);
  const { body } = await exporter.get();
  assert.match(body.toString(), /^# HELP a first\n# TYPE a gauge\na 1\na\{b="1"\} 2\n# HELP h \n/);
  assert.equal(exporter.test.metric('otelcol_exporter_sent_metric_points'), 15);
});

void test('target_info follows the resource, and goes with its last series', async () => {
  await using exporter = await started(PLAIN);
  const from = (version: string, flags: number): object => ({
    resourceMetrics: [
      {
        resource: {
          attributes: attributes({ 'service.name': 's', 'service.instance.id': 'i', 'x.y': version, 'x-y': 'again' }),
        },
        scopeMetrics: [{ metrics: [gauge('g', 1, { flags })] }],
      },
    ],
  });
  for (const version of ['1', '2']) {
    await exporter.take(from(version, 0));
    assert.deepEqual(await exporter.samples(), [
      'g{instance="i",job="s"} 1',
      `target_info{instance="i",job="s",x_y="${version};again"} 1`,
    ]);
  }
  await exporter.take(from('2', 1));
  assert.deepEqual(await exporter.samples(), []);
});

void test('malformed bytes are rejected for good', async () => {
  await using exporter = await started();
  const bytes = encode('metrics', requestOf(gauge('a', 1)));
  await assert.rejects(
    exporter.takeBytes(bytes.slice(0, -3)),
    (error) => error instanceof Rejected && error.count === 1,
  );
  assert.deepEqual(await exporter.samples(), []);
});

/** A line of a text page: the name outside the braces or quoted within, quoted label values, a number. */
const QUOTED = String.raw`"(?:[^"\\\n]|\\["\\n])*"`;
const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const PAIRS = `(?:(?:${NAME}|${QUOTED})=${QUOTED}(?:,(?:${NAME}|${QUOTED})=${QUOTED})*)?`;
const NUMBER = String.raw`(?:NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]\d\d+)?)`;
const SAMPLE = new RegExp(
  `^(${NAME}(?:\\{${PAIRS}\\})?|\\{${QUOTED}(?:,${PAIRS})?\\}) ${NUMBER}(?: # \\{${PAIRS}\\} ${NUMBER} ${NUMBER})?$`,
);

void test('every page parses, whatever comes', async () => {
  await using exporter = await started({ enable_open_metrics: true, translation_strategy: 'NoTranslation' });
  await fc.assert(
    fc.asyncProperty(requests.metrics, async (request) => {
      await exporter.takeBytes(encode('metrics', request)).catch((error: unknown) => {
        if (!(error instanceof Rejected)) throw error;
      });
      for (const accept of ['', ACCEPTS['utf8'], ACCEPTS['openmetrics'], ACCEPTS['protobuf']]) {
        const { status, headers, body } = await exporter.get(accept);
        assert.equal(status, 200);
        const page = comparable(headers['content-type'] ?? '', body);
        if (accept === ACCEPTS['protobuf']) continue;
        const seen = new Set<string>();
        for (const line of page.split('\n').slice(1)) {
          if (line === '' || line.startsWith('#')) continue;
          const [, series = ''] = SAMPLE.exec(line) ?? assert.fail(`no sample: ${JSON.stringify(line)}`);
          assert.ok(!seen.has(series), `twice: ${series}`);
          seen.add(series);
        }
      }
    }),
    { seed: 6, numRuns: 60 },
  );
});

void test('scrapers that all ask for something else wait for a few pages, not for all', async () => {
  await using exporter = await started(PLAIN);
  const dataPoints = Array.from({ length: 5_000 }, (_, i) => ({
    asDouble: i,
    timeUnixNano: '1000',
    attributes: attributes({ i: String(i) }),
  }));
  await exporter.take(requestOf({ name: 'big', gauge: { dataPoints } }));
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, i) => exporter.get('', { path: `/metrics?name[]=big&name[]=other${i}` })),
  );
  const refused = answers.filter(({ status }) => status === 503);
  assert.ok(refused.length > 0 && refused.length < 60, `${refused.length} refused`);
  assert.equal(refused[0]?.headers['retry-after'], '1');
  const served = answers.filter(({ status }) => status === 200);
  assert.equal(served.length + refused.length, 60);
  for (const { body } of served) assert.equal(body.toString().match(/^big\{/gm)?.length, 5_000);
  assert.equal((await exporter.get()).status, 200);
});
