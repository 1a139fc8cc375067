import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, double, maxSafeInteger, property } from 'fast-check';
import { decodeMessage } from '../../../proto/objects.ts';
import { AttributeList, MetricShape, MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { validate } from '../../../proto/otlp/validate.ts';

const SUM = new MetricShape({
  name: 'a.sum',
  description: 'What it says.',
  unit: 'By',
  type: 'sum',
  isMonotonic: true,
  isInteger: true,
});
const GAUGE = new MetricShape({ name: 'a.gauge', description: '', unit: '', type: 'gauge' });
const HISTOGRAM = new MetricShape({ name: 'a.histogram', description: '', unit: 's', type: 'histogram' });

function read(bytes: Uint8Array): unknown {
  return JSON.parse(
    JSON.stringify(decodeMessage('ExportMetricsServiceRequest', bytes), (_, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    ),
  );
}

void test('sums, gauges and histograms are what the official messages say', () => {
  const writer = new MetricWriter();
  const read1 = new AttributeList([
    ['device', 'sda'],
    ['direction', 'read'],
  ]);
  writer.resource(
    new AttributeList([
      ['host.name', 'h'],
      ['process.pid', 7n],
    ]),
    'https://opentelemetry.io/schemas/1.9.0',
  );
  writer.scope('scope', '1');
  writer.times(5n, 1_700_000_000_000_000_000n);
  writer.metric(SUM);
  writer.number(12, read1);
  writer.number(-3);
  writer.metric(GAUGE);
  writer.number(0.25, read1);
  writer.metric(HISTOGRAM);
  writer.histogram({ count: 3, sum: 1.5, min: 0.1, max: 1, bucketCounts: [1, 2], explicitBounds: [0.5] }, read1);
  const bytes = writer.finish();
  assert.equal(validate('metrics', bytes), 4);
  const times = { startTimeUnixNano: '5', timeUnixNano: '1700000000000000000' };
  const attributes = [
    { key: 'device', value: { stringValue: 'sda' } },
    { key: 'direction', value: { stringValue: 'read' } },
  ];
  assert.deepEqual(read(bytes), {
    resourceMetrics: [
      {
        resource: {
          attributes: [
            { key: 'host.name', value: { stringValue: 'h' } },
            { key: 'process.pid', value: { intValue: '7' } },
          ],
        },
        scopeMetrics: [
          {
            scope: { name: 'scope', version: '1' },
            metrics: [
              {
                name: 'a.sum',
                description: 'What it says.',
                unit: 'By',
                sum: {
                  aggregationTemporality: 2,
                  isMonotonic: true,
                  dataPoints: [
                    { ...times, asInt: '12', attributes },
                    { ...times, asInt: '-3' },
                  ],
                },
              },
              { name: 'a.gauge', gauge: { dataPoints: [{ ...times, asDouble: 0.25, attributes }] } },
              {
                name: 'a.histogram',
                unit: 's',
                histogram: {
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      ...times,
                      count: '3',
                      sum: 1.5,
                      min: 0.1,
                      max: 1,
                      bucketCounts: ['1', '2'],
                      explicitBounds: [0.5],
                      attributes,
                    },
                  ],
                },
              },
            ],
          },
        ],
        schemaUrl: 'https://opentelemetry.io/schemas/1.9.0',
      },
    ],
  });
});

void test('what has no points leaves nothing behind, and the writer can be used again', () => {
  const writer = new MetricWriter();
  for (let round = 0; round < 2; round++) {
    writer.resource();
    writer.scope('empty', '');
    writer.metric(SUM);
    writer.scope('empty too', '');
    writer.resource();
    assert.equal(writer.finish().length, 0);
    writer.resource();
    writer.scope('full', '');
    writer.metric(SUM);
    writer.metric(GAUGE);
    writer.times(0n, 1n);
    writer.number(1);
    writer.metric(SUM);
    writer.resource();
    const bytes = writer.finish();
    assert.equal(validate('metrics', bytes), 1);
    assert.deepEqual(read(bytes), {
      resourceMetrics: [
        {
          resource: {},
          scopeMetrics: [
            {
              scope: { name: 'full' },
              metrics: [{ name: 'a.gauge', gauge: { dataPoints: [{ timeUnixNano: '1', asDouble: 1 }] } }],
            },
          ],
        },
      ],
    });
  }
});

void test('numbers come back as they went in, and many points stay well-formed', () => {
  check(
    property(
      array(maxSafeInteger(), { minLength: 1, maxLength: 300 }),
      array(double(), { minLength: 1, maxLength: 300 }),
      (integers, doubles) => {
        const writer = new MetricWriter();
        writer.resource();
        writer.scope('s', '');
        writer.times(0n, 1n);
        writer.metric(SUM);
        for (const value of integers) writer.number(value);
        writer.metric(GAUGE);
        for (const value of doubles) writer.number(value);
        const bytes = writer.finish();
        assert.equal(validate('metrics', bytes), integers.length + doubles.length);
        // The decoder's shape, as asserted above.
        const request = decodeMessage('ExportMetricsServiceRequest', bytes) as unknown as {
          resourceMetrics: {
            scopeMetrics: {
              metrics: {
                sum?: { dataPoints: { asInt: bigint }[] };
                gauge?: { dataPoints: { asDouble: number }[] };
              }[];
            }[];
          }[];
        };
        const [sum, gauge] = request.resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
        assert.deepEqual(
          sum?.sum?.dataPoints.map((point) => Number(point.asInt)),
          integers.map((value) => value + 0),
        );
        assert.deepEqual(
          gauge?.gauge?.dataPoints.map((point) => point.asDouble),
          doubles,
        );
      },
    ),
    { seed: 1, numRuns: 100 },
  );
});
