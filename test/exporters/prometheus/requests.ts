// Requests and configurations by which the exporter is compared with the collector's, and how pages are made comparable.

import protobuf from 'protobufjs';
import { attributes } from '../../support/processor.ts';

const START = '1700000000000000000';
const TIME = '1700000060123456789';
const LATER = '1700000120123456789';

const point = (labels: Readonly<Record<string, unknown>>, more: object): object => ({
  attributes: attributes(labels),
  startTimeUnixNano: START,
  timeUnixNano: TIME,
  ...more,
});

const exemplar = (value: number, ids: object): object => ({ timeUnixNano: TIME, asDouble: value, ...ids });
const IDS = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

const sum = (name: string, unit: string, isMonotonic: boolean, dataPoints: readonly object[]): object => ({
  name,
  unit,
  description: `About ${name}`,
  sum: { aggregationTemporality: 2, isMonotonic, dataPoints },
});

const gauge = (name: string, unit: string, dataPoints: readonly object[]): object => ({
  name,
  unit,
  description: `About ${name}`,
  gauge: { dataPoints },
});

const METRICS: readonly object[] = [
  gauge('system.cpu.utilization', '1', [
    point({ cpu: 'cpu0', state: 'user' }, { asDouble: 0.25 }),
    point({ cpu: 'cpu1', state: 'user' }, { asDouble: 1e-5 }),
  ]),
  gauge('memory.used', 'By', [point({}, { asInt: '123456789012' })]),
  gauge('odd.values', '', [
    point({ which: 'nan' }, { asDouble: 'NaN' }),
    point({ which: 'infinite' }, { asDouble: 'Infinity' }),
    point({ which: 'negative zero' }, { asDouble: -0 }),
    point({ which: 'tiny' }, { asDouble: -1e-300 }),
    point({ which: 'none' }, {}),
  ]),
  gauge('texts', '', [
    point(
      { text: 'quote " slash \\ line\nend', 'dotted.key': true, '1st': 7, _own: [1, 'a'], größe: { a: 1.5 } },
      { asInt: '1' },
    ),
  ]),
  sum('http.server.requests', '{request}', true, [
    point(
      { method: 'GET' },
      { asInt: '41', exemplars: [exemplar(1, { ...IDS }), exemplar(2, { traceId: IDS.traceId })] },
    ),
    point({ method: 'POST' }, { asDouble: 1.5 }),
  ]),
  sum('queue.length', '{item}', false, [point({}, { asInt: '-3' })]),
  sum('network.io', 'By/s', true, [point({}, { asInt: '9007199254740993' })]),
  {
    name: 'latency',
    unit: 'ms',
    description: 'Line\nbreak, back\\slash and "quotes"',
    histogram: {
      aggregationTemporality: 2,
      dataPoints: [
        point(
          { route: '/a' },
          {
            count: '10',
            sum: 1234.5,
            bucketCounts: ['1', '2', '3', '4'],
            explicitBounds: [0.5, 100, 2_500_000],
            exemplars: [exemplar(0.5, { ...IDS }), exemplar(99, { ...IDS }), exemplar(3e6, { ...IDS })],
          },
        ),
        point({ route: '/b' }, { count: '2', bucketCounts: ['2'], explicitBounds: [] }),
        point({ route: '/unordered' }, { count: '6', sum: 6, bucketCounts: ['1', '2', '3'], explicitBounds: [5, 1] }),
      ],
    },
  },
  {
    name: 'payload',
    unit: 'By',
    description: '',
    exponentialHistogram: {
      aggregationTemporality: 2,
      dataPoints: [
        point(
          { side: 'both' },
          {
            count: '14',
            sum: 100.25,
            scale: 3,
            zeroCount: '2',
            positive: { offset: -2, bucketCounts: ['1', '0', '4', '3'] },
            negative: { offset: 5, bucketCounts: ['4'] },
            exemplars: [exemplar(1.1, { ...IDS })],
          },
        ),
        point(
          { side: 'fine' },
          { count: '7', sum: 7, scale: 10, positive: { offset: -3, bucketCounts: ['1', '2', '4'] } },
        ),
        point({ side: 'empty' }, { count: '0', sum: 0, scale: 0, zeroThreshold: 0.001 }),
      ],
    },
  },
  {
    name: 'rpc.duration',
    unit: 's',
    description: 'A summary',
    summary: {
      dataPoints: [
        point(
          { rpc: 'one' },
          {
            count: '5',
            sum: 2.5,
            quantileValues: [
              { quantile: 0.99, value: 1 },
              { quantile: 0.5, value: 0.1 },
            ],
          },
        ),
      ],
    },
  },
];

/** In the order they are sent in. */
export const REQUESTS: readonly object[] = [
  {
    resourceMetrics: [
      {
        resource: {
          attributes: attributes({
            'service.name': 'shop',
            'service.namespace': 'demo',
            'service.instance.id': 'shop-1',
            'host.name': 'a"b',
            'host.id': 5,
          }),
        },
        scopeMetrics: [
          {
            scope: { name: 'meter', version: '1.2', attributes: attributes({ tier: 'gold', name: 'hidden' }) },
            schemaUrl: 'https://opentelemetry.io/schemas/1.40.0',
            metrics: METRICS,
          },
        ],
      },
      {
        resource: { attributes: attributes({ 'service.name': 'no-instance', zone: 'z' }) },
        scopeMetrics: [{ metrics: [gauge('alone', 'Cel', [point({}, { asDouble: -12.5, startTimeUnixNano: '0' })])] }],
      },
    ],
  },
  {
    resourceMetrics: [
      {
        resource: { attributes: attributes({ 'service.name': 'deltas', 'service.instance.id': 'd' }) },
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'delta.count',
                sum: {
                  aggregationTemporality: 1,
                  isMonotonic: true,
                  dataPoints: [
                    point({}, { asInt: '5' }),
                    point({}, { asInt: '7', startTimeUnixNano: TIME, timeUnixNano: LATER }),
                  ],
                },
              },
              {
                name: 'delta.histogram',
                histogram: {
                  aggregationTemporality: 1,
                  dataPoints: [
                    point({}, { count: '3', sum: 3, bucketCounts: ['1', '2'], explicitBounds: [1] }),
                    point(
                      {},
                      {
                        count: '4',
                        sum: 10,
                        bucketCounts: ['4', '0'],
                        explicitBounds: [1],
                        startTimeUnixNano: TIME,
                        timeUnixNano: LATER,
                      },
                    ),
                  ],
                },
              },
              {
                name: 'delta.exponential',
                exponentialHistogram: {
                  aggregationTemporality: 1,
                  dataPoints: [
                    point({}, { count: '3', sum: 3, scale: 2, positive: { offset: 0, bucketCounts: ['1', '2'] } }),
                    point(
                      {},
                      {
                        count: '5',
                        sum: 10,
                        scale: 1,
                        zeroCount: '1',
                        positive: { offset: 3, bucketCounts: ['4'] },
                        startTimeUnixNano: TIME,
                        timeUnixNano: LATER,
                      },
                    ),
                  ],
                },
              },
              // An older point and the end of a series.
              gauge('replaced', '', [
                point({}, { asInt: '2', timeUnixNano: LATER }),
                point({}, { asInt: '1', timeUnixNano: TIME }),
              ]),
              gauge('ended', '', [point({}, { asInt: '2' })]),
              gauge('ended', '', [point({}, { timeUnixNano: LATER, flags: 1 })]),
            ],
          },
        ],
      },
    ],
  },
];

/** Settings besides the endpoint. */
export const SETTINGS: Readonly<Record<string, object>> = {
  defaults: {},
  everything: {
    namespace: 'test-space',
    const_labels: { label1: 'value1', 'another label': 'spaced value' },
    send_timestamps: true,
    enable_open_metrics: true,
    resource_constant_labels: { included: ['host.*'], excluded: ['host.id'] },
  },
  plain: { add_metric_suffixes: false, without_scope_info: true, resource_to_telemetry_conversion: { enabled: true } },
  no_translation: { translation_strategy: 'NoTranslation', enable_open_metrics: true, namespace: 'ns' },
  utf8_suffixes: { translation_strategy: 'NoUTF8EscapingWithSuffixes' },
};

const PROTOBUF = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';

export const ACCEPTS: Readonly<Record<string, string>> = {
  nothing: '',
  text: 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
  utf8: 'text/plain;version=0.0.4;escaping=allow-utf-8',
  dots: 'text/plain;escaping=dots',
  values: 'application/openmetrics-text;version=1.0.0;escaping=values;q=0.6,text/plain;q=0.5',
  openmetrics:
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4',
  old_openmetrics: 'application/openmetrics-text',
  protobuf: `${PROTOBUF};escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3`,
};

/** Of these formats the collector's pages are in test/data/prometheus-pages. */
export const RECORDED = ['text', 'openmetrics', 'protobuf'] as const;

const families = protobuf
  .parse(`
syntax = "proto2";
message LabelPair { optional string name = 1; optional string value = 2; }
message Gauge { optional double value = 1; }
message Time { optional int64 seconds = 1; optional int32 nanos = 2; }
message Counter { optional double value = 1; optional Exemplar exemplar = 2; optional Time created_timestamp = 3; }
message Quantile { optional double quantile = 1; optional double value = 2; }
message Summary { optional uint64 sample_count = 1; optional double sample_sum = 2; repeated Quantile quantile = 3;
  optional Time created_timestamp = 4; }
message Histogram { optional uint64 sample_count = 1; optional double sample_sum = 2; repeated Bucket bucket = 3;
  optional Time created_timestamp = 15; optional sint32 schema = 5; optional double zero_threshold = 6;
  optional uint64 zero_count = 7; repeated Span negative_span = 9; repeated sint64 negative_delta = 10;
  repeated Span positive_span = 12; repeated sint64 positive_delta = 13; repeated Exemplar exemplars = 16; }
message Bucket { optional uint64 cumulative_count = 1; optional double upper_bound = 2; optional Exemplar exemplar = 3; }
message Span { optional sint32 offset = 1; optional uint32 length = 2; }
message Exemplar { repeated LabelPair label = 1; optional double value = 2; optional Time timestamp = 3; }
message Metric { repeated LabelPair label = 1; optional Gauge gauge = 2; optional Counter counter = 3;
  optional Summary summary = 4; optional Histogram histogram = 7; optional int64 timestamp_ms = 6; }
message MetricFamily { optional string name = 1; optional string help = 2; optional int32 type = 3; repeated Metric metric = 4; }
`)
  .root.lookupType('MetricFamily');

/** A page as lines that two exporters can be compared by. */
export function comparable(contentType: string, body: Buffer): string {
  const lines = contentType.includes('protobuf') ? protobufLines(body) : body.toString();
  // Go gives an exemplar's labels in any order.
  return `${contentType}\n${lines}`.replaceAll(
    /\{(span_id="[0-9a-f]+"),(trace_id="[0-9a-f]+")\}/g,
    (_all, span: string, trace: string) => `{${trace},${span}}`,
  );
}

function protobufLines(body: Buffer): string {
  const lines: string[] = [];
  const reader = protobuf.Reader.create(body);
  while (reader.pos < reader.len) {
    const family = families.toObject(families.decodeDelimited(reader), { longs: String, json: true });
    lines.push(JSON.stringify(family, stable));
  }
  return `${lines.join('\n')}\n`;
}

function stable(key: string, value: unknown): unknown {
  // A time before the year 2 is Go's for none.
  if (key === 'createdTimestamp' && JSON.stringify(value).includes('-62135596800')) return undefined;
  if (key !== 'label' || !Array.isArray(value)) return value;
  return value.map((pair) => JSON.stringify(pair)).toSorted();
}
