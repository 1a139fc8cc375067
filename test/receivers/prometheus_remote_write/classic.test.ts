// Classic histograms and summaries: one point where all parts are there, the series they are where not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRIC_TYPE, V1_MESSAGE, V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import { STALE } from '../../exporters/prometheus_remote_write/messages.ts';
import { ANY_SIZE, conversion, metricsOf, request, type SeriesSpec } from './requests.ts';

const MS = 1_700_000_000_000;
const MINUTE = 60_000;

interface Times {
  readonly ms?: number;
  readonly isStale?: boolean;
}

function histogram(k: string, buckets: Readonly<Record<string, number>>, { ms = MS, isStale = false }: Times = {}) {
  const series = (suffix: string, value: number, labels: object = {}): SeriesSpec => ({
    labels: { __name__: `h_seconds${suffix}`, job: 'j', k, ...labels },
    samples: [{ value: isStale ? STALE : value, ms, startMs: 5 }],
    type: METRIC_TYPE.histogram,
    help: 'H.',
    unit: 'seconds',
  });
  return [
    ...Object.entries(buckets).map(([le, value]) => series('_bucket', value, { le })),
    series('_sum', 12.5),
    series('_count', buckets['+Inf'] ?? 0),
  ];
}

const BUCKETS = { '0.1': 1, '1.0': 3, '1e+01': 3, '+Inf': 4 };

function told(one: ReturnType<typeof conversion>, series: readonly SeriesSpec[]): unknown {
  const converted = one.convert(request(V2_MESSAGE, series), true, ANY_SIZE);
  assert.equal(converted.problem, '');
  assert.equal(converted.samples, series.length);
  return metricsOf(converted)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, data, points }) => [name, data, points.map(({ attributes }) => attributes)]);
}

void test('a histogram is one point', () => {
  const [metric, ...others] = metricsOf(
    conversion().convert(
      request(V2_MESSAGE, [...histogram('a', BUCKETS), ...histogram('b', { ...BUCKETS, '+Inf': 9 })]),
      true,
      ANY_SIZE,
    ),
  );
  assert.deepEqual(others, []);
  assert.deepEqual(
    [metric?.name, metric?.data, metric?.temporality, metric?.unit, metric?.description, metric?.promType],
    ['h_seconds', 'histogram', 2, 's', 'H.', 'histogram'],
  );
  const point = {
    startTimeUnixNano: '5000000',
    timeUnixNano: '1700000000000000000',
    sum: 12.5,
    explicitBounds: [0.1, 1, 10],
  };
  assert.deepEqual(metric?.points, [
    { ...point, count: '4', bucketCounts: ['1', '2', '0', '1'], attributes: { k: 'a' } },
    { ...point, count: '9', bucketCounts: ['1', '2', '0', '6'], attributes: { k: 'b' } },
  ]);
});

void test('a summary is one point', () => {
  const series = (suffix: string, value: number, labels: object = {}): SeriesSpec => ({
    labels: { __name__: `s${suffix}`, ...labels },
    samples: [{ value, ms: MS }],
    type: METRIC_TYPE.summary,
  });
  const all = [
    series('', 2, { quantile: '0.5' }),
    series('', NaN, { quantile: '0.99' }),
    series('_sum', 7),
    series('_count', 3),
  ];
  const [metric] = metricsOf(conversion().convert(request(V2_MESSAGE, all), true, ANY_SIZE));
  assert.deepEqual([metric?.name, metric?.data], ['s', 'summary']);
  assert.deepEqual(metric?.points, [
    {
      timeUnixNano: '1700000000000000000',
      count: '3',
      sum: 7,
      quantileValues: [
        { quantile: 0.5, value: 2 },
        { quantile: 0.99, value: NaN },
      ],
      attributes: {},
    },
  ]);
});

void test('1.0 makes histograms once it has said what they are', () => {
  const one = conversion();
  const metadata = [{ type: METRIC_TYPE.histogram, metric_family_name: 'h_seconds', help: 'H.', unit: '' }];
  const converted = one.convert(request(V1_MESSAGE, histogram('a', BUCKETS), metadata), false, ANY_SIZE);
  assert.deepEqual(
    metricsOf(converted).map(({ name, data }) => [name, data]),
    [['h_seconds', 'histogram']],
  );
});

void test('what does not fit stays series', () => {
  const whole = [['h_seconds', 'histogram', [{ k: 'a' }]]];
  assert.deepEqual(told(conversion(), histogram('a', BUCKETS)), whole);
  const parts = (...names: readonly string[]): unknown => {
    const all = [
      ['h_seconds_bucket', Object.keys(BUCKETS).map((le) => ({ k: 'a', le }))],
      ['h_seconds_count', [{ k: 'a' }]],
      ['h_seconds_sum', [{ k: 'a' }]],
    ] as const;
    return all
      .filter(([name]) => names.length === 0 || names.includes(name))
      .map(([name, points]) => [name, 'gauge', points]);
  };
  const cases: readonly (readonly [readonly SeriesSpec[], unknown])[] = [
    [histogram('a', BUCKETS).slice(0, 4), parts('h_seconds_bucket')],
    [histogram('a', BUCKETS).slice(0, 5), parts('h_seconds_bucket', 'h_seconds_sum')],
    [histogram('a', { ...BUCKETS, '1.0': 0 }), parts()],
    [histogram('a', { ...BUCKETS, '1.0': 1.5 }), parts()],
    // One that is stale and five that are not.
    [[...histogram('a', BUCKETS).slice(0, 5), ...histogram('a', BUCKETS, { isStale: true }).slice(5)], parts()],
  ];
  for (const [series, expected] of cases) assert.deepEqual(told(conversion(), series), expected);
  assert.deepEqual(told(conversion(), histogram('a', BUCKETS, { isStale: true })), whole);
});

void test('a histogram that a request begins within is not taken for one with fewer buckets', () => {
  const one = conversion();
  const both = [...histogram('a', BUCKETS), ...histogram('b', BUCKETS)];
  const cut = (ms: number): SeriesSpec[] =>
    [...histogram('a', BUCKETS, { ms }), ...histogram('b', BUCKETS, { ms })].slice(2);
  // Also in the first request there is: those at its end are whole.
  const split = [
    ['h_seconds', 'histogram', [{ k: 'b' }]],
    [
      'h_seconds_bucket',
      'gauge',
      [
        { k: 'a', le: '1e+01' },
        { k: 'a', le: '+Inf' },
      ],
    ],
    ['h_seconds_count', 'gauge', [{ k: 'a' }]],
    ['h_seconds_sum', 'gauge', [{ k: 'a' }]],
  ];
  assert.deepEqual(told(one, cut(MS)), split);
  assert.deepEqual(told(one, both), [['h_seconds', 'histogram', [{ k: 'a' }, { k: 'b' }]]]);
  // Who has fewer buckets for long has fewer.
  const few = { '1.0': 3, '+Inf': 4 };
  const is = (ms: number): unknown => (told(one, histogram('a', few, { ms })) as readonly unknown[]).length; // safe: a list of metrics
  assert.equal(is(MS + MINUTE), 3);
  assert.equal(is(MS + 11 * MINUTE), 1);
  assert.equal(is(MS + 12 * MINUTE), 1);
});

void test('several samples of the same series are as many points, in their order', () => {
  const later = histogram('a', BUCKETS, { ms: MS + 1000 });
  const series = histogram('a', BUCKETS).map((one, index) => ({
    ...one,
    samples: [...(one.samples ?? []), ...(later[index]?.samples ?? [])],
  }));
  const [metric] = metricsOf(conversion().convert(request(V2_MESSAGE, series), true, ANY_SIZE));
  assert.deepEqual(
    metric?.points.map(({ timeUnixNano }) => timeUnixNano),
    ['1700000000000000000', '1700000001000000000'],
  );
});

void test('exemplars of buckets are those of the point', () => {
  const series = histogram('a', BUCKETS);
  const [bucket, ...others] = series;
  const exemplars = [{ labels: { trace_id: 'x' }, value: 0.05, ms: MS }];
  const converted = conversion().convert(
    request(V2_MESSAGE, [
      ...others,
      { labels: bucket?.labels ?? {}, samples: bucket?.samples ?? [], exemplars, type: 3 },
    ]),
    true,
    ANY_SIZE,
  );
  assert.equal(converted.exemplars, 1);
  assert.match(JSON.stringify(metricsOf(converted)), /"exemplars":\[\{[^\]]*"asDouble":0.05/);
});
