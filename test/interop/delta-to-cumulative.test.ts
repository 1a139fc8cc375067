// The same series through otelcol's delta_to_cumulative and through ours: points written here, and seeded ones.
// Needs a collector that has the processor (bench/otelcol/builder.yaml), its path in OTELCOL.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import deltaToCumulative from '../../processors/delta_to_cumulative/index.ts';
import { withoutEmptyBuckets } from '../support/exponential-buckets.ts';
import { batchOfJson, decoded, normalised, running } from '../support/processor.ts';
import { collector } from '../support/peers.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { throughCollector } from './through-collector.ts';

const TYPE = 'delta_to_cumulative';

const { program: otelcol, skip } = collector(TYPE);

const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });
const times = (start: number, time: number): object => ({
  startTimeUnixNano: String(start),
  timeUnixNano: String(time),
});
const sum = (name: string, dataPoints: readonly object[], more: object = {}): object => ({
  name,
  sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints, ...more },
});
const histogram = (name: string, dataPoints: readonly object[]): object => ({
  name,
  histogram: { aggregationTemporality: 1, dataPoints },
});
const exponential = (name: string, dataPoints: readonly object[]): object => ({
  name,
  exponentialHistogram: { aggregationTemporality: 1, dataPoints },
});

function requestIn(scope: object, ...metrics: readonly object[]): object {
  const resource = { attributes: [text('service.name', 'shop')] };
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] };
}

const requestOf = (...metrics: readonly object[]): object => requestIn({ name: 'l', version: '1' }, ...metrics);

const A = [text('route', '/'), text('method', 'GET')];
const B = [text('method', 'GET'), text('route', '/')];
const bounds = { explicitBounds: [1, 5] };

const WRITTEN: readonly object[] = [
  requestOf(
    sum('requests', [
      { ...times(10, 20), attributes: A, asInt: '3' },
      { ...times(10, 20), asInt: '9223372036854775807' },
    ]),
    sum('seconds', [{ ...times(10, 20), asDouble: 1.5 }]),
    sum('updown', [{ ...times(10, 20), asInt: '-4' }], { isMonotonic: false }),
    sum('already', [{ ...times(10, 20), asInt: '4' }], { aggregationTemporality: 2 }),
    sum('none', []),
    sum('timeless', [{ asInt: '4' }, { asInt: '5' }, { timeUnixNano: '7', asInt: '6' }, { asInt: '7' }]),
    sum('valueless', [times(10, 20), times(10, 30)]),
    { name: 'memory', gauge: { dataPoints: [{ asDouble: 1 }] } },
    histogram('latency', [
      { ...times(10, 20), count: '3', sum: 6, min: 1, max: 4, ...bounds, bucketCounts: ['1', '2', '0'] },
    ]),
    histogram('plain', [{ ...times(10, 20), count: '3', sum: 6 }]),
    histogram('empty', []),
    exponential('sizes', [
      {
        ...times(10, 20),
        count: '6',
        sum: 20,
        scale: 2,
        zeroCount: '1',
        min: 1,
        max: 9,
        positive: { offset: -3, bucketCounts: ['1', '0', '2'] },
        negative: { offset: 1, bucketCounts: ['2'] },
      },
    ]),
  ),
  requestOf(
    // Attributes in another order; an int that wraps; as a sum that may fall it is another series.
    sum('requests', [
      { ...times(20, 30), attributes: B, asInt: '4' },
      { ...times(20, 30), asInt: '1' },
    ]),
    sum('requests', [{ ...times(20, 30), attributes: B, asInt: '5' }], { isMonotonic: false }),
    sum('seconds', [{ ...times(25, 30), asDouble: 0.25 }]),
    sum('updown', [{ ...times(10, 30), asInt: '1' }], { isMonotonic: false }),
    sum('valueless', [{ ...times(10, 40), asInt: '2' }]),
    histogram('latency', [
      { ...times(20, 30), count: '2', sum: 3, min: 0.5, max: 2, ...bounds, bucketCounts: ['1', '1', '0'] },
      { ...times(30, 40), count: '2', max: 7, ...bounds, bucketCounts: ['0', '1', '1'] },
      { ...times(40, 50), count: '1', sum: 3, min: 1, max: 2, ...bounds, bucketCounts: ['0', '1'] },
    ]),
    histogram('plain', [{ ...times(20, 30), count: '1', sum: 1 }]),
    exponential('sizes', [
      {
        ...times(20, 30),
        count: '6',
        sum: 11,
        scale: 1,
        zeroCount: '2',
        max: 10,
        positive: { offset: -2, bucketCounts: ['0', '3', '1'] },
      },
    ]),
  ),
  requestOf(
    // The same again; before the series began; late; and on over a gap.
    sum('requests', [{ ...times(20, 30), attributes: A, asInt: '4' }]),
    sum('seconds', [
      { ...times(5, 40), asDouble: 1 },
      { ...times(10, 25), asDouble: 1 },
      { ...times(90, 100), asDouble: 1 },
    ]),
    histogram('latency', [{ ...times(50, 60), count: '9', sum: 9, explicitBounds: [1], bucketCounts: ['2', '7'] }]),
    exponential('sizes', [{ ...times(30, 40), count: '1', sum: 1, scale: 1, zeroThreshold: 0.5, zeroCount: '1' }]),
  ),
  requestOf(
    histogram('latency', [
      { ...times(45, 70), count: '1', sum: 9, explicitBounds: [1], bucketCounts: ['1', '0'] },
      { ...times(60, 80), count: '1', sum: 9, explicitBounds: [1], bucketCounts: ['1', '0'] },
    ]),
    exponential('sizes', [
      {
        ...times(40, 50),
        count: '2',
        scale: 8,
        positive: { offset: 900, bucketCounts: ['1'] },
        negative: { offset: -900, bucketCounts: ['1'] },
      },
    ]),
  ),
  // Scopes with other attributes have other series.
  requestIn({ name: 'l', version: '1', attributes: A }, sum('requests', [{ ...times(20, 30), asInt: '1' }])),
  requestIn({ name: 'l', version: '1', attributes: B }, sum('requests', [{ ...times(30, 40), asInt: '1' }])),
];

/** Requests with a few series, some of whose points come late or twice. */
function seeded(seed: number): object[] {
  const random = new SeededRandom(seed);
  const counts = (size: number): string[] => Array.from({ length: size }, () => String(random.below(9)));
  return Array.from({ length: 12 }, (_, index) => {
    const keys = ['a', 'b', 'c'].filter(() => random.chance(0.8));
    const points = (more: () => object): object[] =>
      keys.map((key) => {
        const attributes = random.chance(0.5) ? [text('k', key), text('z', '1')] : [text('z', '1'), text('k', key)];
        const time = 100 + index * 10 - (random.chance(0.1) ? 15 : 0);
        return { ...times(random.chance(0.05) ? 1 : time - 10, time), attributes, ...more() };
      });
    const extremes = (): object => ({
      ...(random.chance(0.95) ? { sum: random.below(50) } : {}),
      ...(random.chance(0.95) ? { min: random.below(50), max: random.below(50) } : {}),
    });
    return requestOf(
      sum(
        'ints',
        points(() => ({ asInt: String(random.below(20) - 3) })),
      ),
      sum(
        'doubles',
        points(() => ({ asDouble: random.below(20) / 8 })),
      ),
      histogram(
        'histograms',
        points(() => {
          const size = random.chance(0.1) ? 3 : 4;
          const more = { explicitBounds: [1, 2, 3].slice(0, size - 1), bucketCounts: counts(size) };
          return { count: String(random.below(90)), ...extremes(), ...more };
        }),
      ),
      exponential(
        'exponentials',
        points(() => ({
          count: String(random.below(90)),
          ...extremes(),
          // Wide buckets (scales below 0) and a threshold that is a power of two make the collector panic.
          scale: 6 - Math.floor(index / 4) + (random.chance(0.2) ? 1 : 0),
          zeroCount: String(random.below(4)),
          zeroThreshold: random.chance(0.2) ? [0.25, 0.3, 2][random.below(3)] : 0,
          positive: { offset: random.below(random.chance(0.2) ? 700 : 40) - 30, bucketCounts: counts(random.below(9)) },
          negative: { offset: random.below(8) - 4, bucketCounts: counts(random.below(4)) },
        })),
      ),
    );
  });
}

/** A threshold in 12 digits: both compute it by powers, the one with e and the other with 2. */
function rounded(request: unknown): unknown {
  return JSON.parse(
    JSON.stringify(request, (key, value: unknown) =>
      key === 'zeroThreshold' && typeof value === 'number' ? value.toPrecision(12) : value,
    ),
  );
}

async function compare(requests: readonly object[], settings: readonly string[]): Promise<void> {
  const cases = settings.map((one) => ({ signal: 'metrics' as const, type: TYPE, settings: one }));
  const theirs = await throughCollector(otelcol, cases, { metrics: requests });
  for (const [index, one] of settings.entries()) {
    const { processor, next } = running(deltaToCumulative, one, 'metrics');
    for (const each of requests) await processor.consume(batchOfJson('metrics', each));
    const shown = (batch: Parameters<typeof decoded>[0]): unknown =>
      rounded(withoutEmptyBuckets(normalised(decoded(batch))));
    const expected = (theirs[index] ?? []).map((each) => shown(batchOfJson('metrics', each)));
    assert.deepEqual(next.batches.map(shown), expected, one);
    assert.ok(expected.length > 0);
  }
}

void test('series of all kinds, in order, late, twice, and with other buckets', { skip }, () =>
  compare(WRITTEN, ['{}', '{max_stale: 1m, max_streams: 4}']),
);

for (const seed of [1, 2, 3, 4, 5, 6])
  void test(`seeded series ${seed}`, { skip }, () => compare(seeded(seed), ['{}']));
