// What becomes of series, by Prometheus' types; what is not taken, and what is said of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { METRIC_TYPE, V1_MESSAGE, V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import { MalformedProto } from '../../../proto/wire.ts';
import { STALE } from '../../exporters/prometheus_remote_write/messages.ts';
import { ANY_SIZE, conversion, metricsOf, request, type FlatMetric, type SeriesSpec } from './requests.ts';

const MS = 1_700_000_000_000;
const NANO = '1700000000000000000';

function v2(...series: readonly SeriesSpec[]) {
  return conversion().convert(request(V2_MESSAGE, series), true, ANY_SIZE);
}

const only = (metrics: readonly FlatMetric[]): FlatMetric => {
  assert.equal(metrics.length, 1);
  return metrics[0] ?? assert.fail();
};

void test('numbers are what their types say', () => {
  const cases = [
    { type: METRIC_TYPE.unknown, data: 'gauge', word: 'unknown' },
    { type: METRIC_TYPE.counter, data: 'sum', isMonotonic: true, word: 'counter' },
    { type: METRIC_TYPE.gauge, data: 'gauge', word: 'gauge' },
    { type: METRIC_TYPE.info, data: 'sum', word: 'info' },
    { type: METRIC_TYPE.stateset, data: 'sum', word: 'stateset' },
    { type: 99, data: 'gauge', word: 'unknown' },
  ];
  for (const { type, data, isMonotonic, word } of cases) {
    const converted = v2({
      labels: { __name__: 'a_seconds', instance: 'h:1', job: 'ns/svc', le: 'x', zone: 'é', empty: '' },
      samples: [{ value: 1.5, ms: MS, startMs: MS - 1000 }],
      type,
      help: 'Helps.',
      unit: 'meters_per_second',
    });
    const metric = only(metricsOf(converted));
    assert.deepEqual(
      [metric.data, metric.isMonotonic, metric.promType, metric.unit, metric.description],
      [data, isMonotonic, word, 'm/s', 'Helps.'],
    );
    assert.deepEqual(metric.resource, {
      'service.namespace': 'ns',
      'service.name': 'svc',
      'service.instance.id': 'h:1',
    });
    assert.deepEqual(metric.points, [
      {
        startTimeUnixNano: '1699999999000000000',
        timeUnixNano: NANO,
        asDouble: 1.5,
        value: 'asDouble',
        attributes: { le: 'x', zone: 'é' },
      },
    ]);
    assert.deepEqual([converted.samples, converted.problem], [1, '']);
  }
});

void test('series are sorted into resources, scopes and metrics', () => {
  const labels = { __name__: 'm', instance: 'i', job: 'j' };
  const sample = [{ value: 1, ms: MS }];
  const metrics = metricsOf(
    v2(
      { labels, samples: sample, help: 'short' },
      { labels: { ...labels, instance: 'k' }, samples: sample },
      { labels: { ...labels, k: 'v' }, samples: sample, help: 'longer words' },
      { labels: { ...labels, otel_scope_name: 's', otel_scope_version: '2', otel_scope_a: 'b' }, samples: sample },
      { labels: { ...labels, otel_scope_schema_url: 'u' }, samples: sample },
      { labels, samples: sample, type: METRIC_TYPE.counter },
      { labels, samples: sample, unit: 'bytes' },
    ),
  );
  assert.deepEqual(
    metrics.map(({ resource, scope, points, data, unit, description }) => [
      resource['service.instance.id'],
      JSON.stringify(scope),
      points.length,
      data,
      unit,
      description,
    ]),
    [
      ['i', '{"name":"s"}', 2, 'gauge', '', 'longer words'],
      ['i', '{"name":"s"}', 1, 'sum', '', ''],
      ['i', '{"name":"s"}', 1, 'gauge', 'By', ''],
      [
        'i',
        '{"name":"s","version":"2","attributes":[{"key":"a","value":{"stringValue":"b","value":"stringValue"}}]}',
        1,
        'gauge',
        '',
        '',
      ],
      ['i', '{"url":"u"}', 1, 'gauge', '', ''],
      ['k', '{"name":"s"}', 1, 'gauge', '', ''],
    ],
  );
});

void test('target_info describes resources, of this request and of later ones', () => {
  const one = conversion();
  const convert = (...series: readonly SeriesSpec[]): FlatMetric[] =>
    metricsOf(one.convert(request(V2_MESSAGE, series), true, ANY_SIZE));
  const point = { labels: { __name__: 'm', job: 'j', instance: 'i' }, samples: [{ value: 1, ms: MS }] };
  const info = (labels: Record<string, string>, ms: number, value = 1): SeriesSpec => ({
    labels: { __name__: 'target_info', job: 'j', instance: 'i', ...labels },
    samples: [{ value, ms }],
  });
  const base = { 'service.name': 'j', 'service.instance.id': 'i' };
  assert.deepEqual(only(convert(point, info({ region: 'a' }, MS))).resource, { ...base, region: 'a' });
  assert.deepEqual(only(convert(point)).resource, { ...base, region: 'a' });
  // The latest counts; a mark of staleness says nothing.
  assert.deepEqual(only(convert(info({ region: 'c' }, MS + 2), info({ region: 'b' }, MS + 1), point)).resource, {
    ...base,
    region: 'c',
  });
  assert.deepEqual(only(convert(info({ region: 'd' }, MS + 3, STALE), point)).resource, { ...base, region: 'c' });
  // Keys come once.
  assert.deepEqual(only(convert(info({ 'service.name': 'own' }, MS + 4), point)).resource, {
    ...base,
    'service.name': 'own',
  });
  const other = { ...point, labels: { ...point.labels, instance: 'other' } };
  assert.deepEqual(only(convert(other)).resource, { 'service.name': 'j', 'service.instance.id': 'other' });
});

const NATIVE = {
  count_int: 12,
  sum: 18.4,
  schema: 1,
  zero_threshold: 0.001,
  zero_count_int: 2,
  positive_spans: [
    { offset: 0, length: 2 },
    { offset: 1, length: 2 },
  ],
  positive_deltas: [1, 1, -1, 0],
  negative_spans: [{ offset: -3, length: 2 }],
  negative_deltas: [2, 1],
  timestamp: MS,
  start_timestamp: MS - 1000,
};

void test('native histograms become exponential ones', () => {
  const labels = { __name__: 'h', job: 'j' };
  const converted = v2({ labels, histograms: [NATIVE], type: METRIC_TYPE.histogram });
  const metric = only(metricsOf(converted));
  assert.deepEqual([metric.data, metric.temporality, metric.promType], ['exponentialHistogram', 2, 'histogram']);
  assert.deepEqual(metric.points, [
    {
      attributes: {},
      startTimeUnixNano: '1699999999000000000',
      timeUnixNano: NANO,
      count: '12',
      sum: 18.4,
      scale: 1,
      zeroCount: '2',
      zeroThreshold: 0.001,
      positive: { offset: -1, bucketCounts: ['1', '2', '0', '1', '1'] },
      negative: { offset: -4, bucketCounts: ['2', '3'] },
    },
  ]);
  assert.deepEqual([converted.histograms, converted.samples, converted.problem], [1, 0, '']);
  const floats = {
    count_float: 4.5,
    sum: 1,
    positive_spans: [{ offset: 5, length: 2 }],
    positive_counts: [1.5, 2],
    zero_count_float: 1,
    timestamp: MS,
  };
  const [point] = only(metricsOf(v2({ labels, histograms: [floats] }))).points;
  assert.deepEqual([point?.['count'], point?.['positive']], ['4', { offset: 4, bucketCounts: ['1', '2'] }]);
});

void test('custom buckets become explicit ones', () => {
  const histogram = {
    count_int: 7,
    sum: 9,
    schema: -53,
    custom_values: [1, 2.5, 10],
    positive_spans: [
      { offset: 1, length: 1 },
      { offset: 1, length: 1 },
    ],
    positive_deltas: [3, 1],
    timestamp: MS,
  };
  const metric = only(
    metricsOf(v2({ labels: { __name__: 'h' }, histograms: [histogram], type: METRIC_TYPE.histogram })),
  );
  assert.equal(metric.data, 'histogram');
  assert.deepEqual(metric.points, [
    {
      timeUnixNano: NANO,
      count: '7',
      sum: 9,
      bucketCounts: ['0', '3', '0', '4'],
      explicitBounds: [1, 2.5, 10],
      attributes: {},
    },
  ]);
});

void test('marks of staleness are points without a value', () => {
  const stale = { sum: STALE, timestamp: MS };
  const metrics = metricsOf(
    v2(
      { labels: { __name__: 'c' }, samples: [{ value: STALE, ms: MS }], type: METRIC_TYPE.counter },
      { labels: { __name__: 'h' }, histograms: [stale], type: METRIC_TYPE.histogram },
      { labels: { __name__: 'n' }, histograms: [{ ...stale, schema: -53 }], type: METRIC_TYPE.histogram },
      { labels: { __name__: 'g' }, samples: [{ value: NaN, ms: MS }] },
    ),
  );
  const [nan] = metrics.pop()?.points ?? [];
  assert.equal(nan?.['flags'], undefined);
  assert.ok(Number.isNaN(nan?.['asDouble']));
  for (const { points } of metrics) assert.deepEqual(points, [{ timeUnixNano: NANO, flags: 1, attributes: {} }]);
  assert.equal(metrics.length, 3);
});

void test('exemplars stay with their series, also those that Prometheus sends apart', () => {
  const labels = { __name__: 'c_total', job: 'j', k: 'v' };
  const exemplar = (trace: string): object => ({
    labels: { trace_id: trace, span_id: 'short', x: 'y' },
    value: 2,
    ms: MS,
  });
  const trace = '0af7651916cd43dd8448eb211c80319c';
  // Safe: of the shape that is asked for.
  const apart = { labels, exemplars: [exemplar(trace)] } as SeriesSpec;
  const lost = { labels: { ...labels, k: 'other' }, exemplars: [exemplar(trace)] } as SeriesSpec; // safe: as above
  const converted = v2(
    apart,
    {
      labels,
      samples: [
        { value: 1, ms: MS - 1 },
        { value: 3, ms: MS },
      ],
    },
    lost,
  );
  const [first, second] = only(metricsOf(converted)).points;
  assert.equal(first?.['exemplars'], undefined);
  const text = JSON.stringify(second?.['exemplars']);
  assert.match(text, /"asDouble":2/);
  assert.match(text, /"traceId":\{"0":10,"1":247/);
  // What is no id stays a label.
  assert.match(text, /"span_id".*"short"/);
  assert.deepEqual([converted.exemplars, converted.exemplarsLost, converted.problem], [1, 1, '']);
});

void test('what 1.0 says of families is remembered', () => {
  const one = conversion();
  const series: readonly SeriesSpec[] = [
    { labels: { __name__: 'req_total', job: 'j' }, samples: [{ value: 1, ms: MS }] },
    { labels: { __name__: 'temp', job: 'j' }, samples: [{ value: 1, ms: MS }] },
  ];
  const kinds = (): unknown[] =>
    metricsOf(one.convert(request(V1_MESSAGE, series), false, ANY_SIZE)).map(({ name, data, unit, description }) => [
      name,
      data,
      unit,
      description,
    ]);
  assert.deepEqual(kinds(), [
    ['req_total', 'gauge', '', ''],
    ['temp', 'gauge', '', ''],
  ]);
  const said = one.convert(
    request(
      V1_MESSAGE,
      [],
      [
        { type: METRIC_TYPE.counter, metric_family_name: 'req', help: 'Requests.', unit: '' },
        { type: METRIC_TYPE.gauge, metric_family_name: 'temp', help: '', unit: 'celsius' },
      ],
    ),
    false,
    ANY_SIZE,
  );
  assert.deepEqual([said.points, said.bytes.length, said.problem], [0, 0, '']);
  assert.deepEqual(kinds(), [
    ['req_total', 'sum', '', 'Requests.'],
    ['temp', 'gauge', 'Cel', ''],
  ]);
});

void test('type and unit may be labels', () => {
  const labels = { __name__: 'a', __type__: 'counter', __unit__: 'seconds' };
  const metric = only(metricsOf(v2({ labels, samples: [{ value: 1, ms: MS }] })));
  assert.deepEqual([metric.data, metric.unit, metric.points[0]?.attributes], ['sum', 's', {}]);
});

void test('a series that can not be taken is named, and the others are taken', () => {
  const good: SeriesSpec = { labels: { __name__: 'good' }, samples: [{ value: 1, ms: MS }] };
  const h = (change: object): SeriesSpec => ({ labels: { __name__: 'bad' }, histograms: [{ ...NATIVE, ...change }] });
  const cases: readonly (readonly [SeriesSpec, RegExp])[] = [
    [{ labels: { a: 'b' }, samples: [{ value: 1, ms: MS }] }, /a series has no name: the label __name__ is missing/],
    [{ labels: { __name__: '' }, samples: [{ value: 1, ms: MS }] }, /has no name/],
    [{ labels: { __name__: 'bad', '': 'x' }, samples: [{ value: 1, ms: MS }] }, /bad has a label without a name/],
    [{ labels: { __name__: 'bad' } }, /bad has neither samples nor histograms/],
    [{ labels: { __name__: 'bad' }, samples: [{ value: 1, ms: -1 }] }, /bad has a sample with the time -1 ms/],
    [{ labels: { __name__: 'bad' }, samples: [{ value: 1, ms: 2 ** 50 }] }, /after 2554/],
    [h({ schema: 9 }), /bad has a native histogram that has schema 9; known are -4 to 8 and -53/],
    [h({ count_int: 5 }), /has 12 in its buckets and a count of 5/],
    [h({ positive_deltas: [1, -2, 1, 1] }), /a bucket with a negative count/],
    [h({ positive_deltas: [1, 1, 1] }), /spans for more buckets than it has/],
    [h({ positive_deltas: [1, 1, 1, 1, 1] }), /more buckets than its spans are for/],
    [
      h({
        positive_spans: [
          { offset: 0, length: 2 },
          { offset: -1, length: 2 },
        ],
      }),
      /spans that overlap/,
    ],
    [
      h({
        positive_spans: [
          { offset: 0, length: 2 },
          { offset: 1 << 30, length: 2 },
        ],
      }),
      /more than 65536 buckets/,
    ],
    [h({ reset_hint: 3 }), /bad is a gauge histogram, which OpenTelemetry does not have/],
    [h({ schema: -53, custom_values: [2, 1] }), /custom bounds that do not ascend/],
  ];
  for (const [bad, words] of cases) {
    const converted = v2(good, bad);
    assert.match(converted.problem, words);
    assert.deepEqual(
      [converted.samples, converted.histograms, metricsOf(converted).map(({ name }) => name)],
      [1, 0, ['good']],
    );
  }
  const bytes = request(V1_MESSAGE, [{ labels: { __name__: 'bad', k: 'xyz' }, samples: [{ value: 1, ms: MS }] }]);
  bytes[Buffer.from(bytes).indexOf('xyz')] = 0xff;
  const broken = conversion().convert(bytes, false, ANY_SIZE);
  assert.match(broken.problem, /bad has a label that is not UTF-8/);
});

void test('references beyond the symbols and repeated labels are refused', () => {
  // symbols "", "__name__", "n"; a series with the references, and a sample.
  const table = [0x22, 0, 0x22, 8, ...Buffer.from('__name__'), 0x22, 1, 0x6e];
  const convert = (refs: readonly number[]): string => {
    const series = [0x0a, refs.length, ...refs, 0x12, 2, 0x10, 1];
    return conversion().convert(Uint8Array.from([...table, 0x2a, series.length, ...series]), true, ANY_SIZE).problem;
  };
  assert.equal(convert([1, 2]), '');
  assert.match(convert([1, 3]), /refers with a label to symbol 3 of 3/);
  assert.match(convert([1, 2, 1]), /odd number of label references/);
  assert.match(convert([1, 2, 1, 2]), /has the label "__name__" twice/);
});

const name = fc.constantFrom('a', 'b_total', 'c_bucket', 'c_sum', 'c_count', 'target_info', 'é');
const value = fc.oneof(fc.double(), fc.constantFrom(STALE, 0, 1, 2));
const spec = fc.record({
  labels: fc
    .tuple(
      name,
      fc.dictionary(fc.constantFrom('job', 'instance', 'le', 'quantile', 'k'), fc.constantFrom('1', '+Inf', '')),
    )
    .map(([metric, labels]) => ({ __name__: metric, ...labels })),
  samples: fc.array(fc.record({ value, ms: fc.integer({ min: 0, max: MS }) }), { minLength: 1, maxLength: 3 }),
});

void test('both messages say the same, and every sample is somewhere', () => {
  fc.assert(
    fc.property(fc.array(spec, { maxLength: 20 }), (series) => {
      const one = conversion().convert(request(V1_MESSAGE, series), false, ANY_SIZE);
      const other = v2(...series);
      assert.deepEqual(metricsOf(one), metricsOf(other));
      const samples = series
        .filter(({ labels }) => labels['__name__'] !== 'target_info')
        .flatMap((each) => each.samples);
      assert.deepEqual([one.points, one.problem, other.problem], [samples.length, '', '']);
    }),
    { seed: 6, numRuns: 100 },
  );
});

void test('bytes of any kind are converted or refused', () => {
  const whole = request(V2_MESSAGE, [
    { labels: { __name__: 'a', job: 'j' }, samples: [{ value: 1, ms: MS }], type: 1 },
    { labels: { __name__: 'h' }, histograms: [NATIVE] },
  ]);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, isV2) => {
      const bytes = Uint8Array.from(whole);
      bytes[at] = byte;
      try {
        metricsOf(conversion().convert(bytes, isV2, ANY_SIZE));
      } catch (error) {
        assert.ok(error instanceof MalformedProto, String(error));
      }
    }),
    { seed: 7, numRuns: 500 },
  );
});
