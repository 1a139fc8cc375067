// The same series through otelcol's cumulative_to_delta and through ours: settings and points written here, and seeded ones.
// Needs a collector that has the processor (bench/otelcol/builder.yaml), its path in OTELCOL.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import cumulativeToDelta from '../../processors/cumulative_to_delta/index.ts';
import { withoutEmptyBuckets } from '../support/exponential-buckets.ts';
import { batchOfJson, decoded, normalised, running } from '../support/processor.ts';
import { collector } from '../support/peers.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { throughCollector } from './through-collector.ts';

const TYPE = 'cumulative_to_delta';

const { program: otelcol, skip } = collector(TYPE);

/** Long after any component of this test started, and long before. */
const LATER = 4_000_000_000;
const EARLIER = 1_600_000_000;

const SETTINGS: readonly string[] = [
  '{}',
  '{initial_value: keep}',
  '{initial_value: drop, max_staleness: 0s}',
  '{initial_value: keep, include: {match_type: strict, metrics: [requests, latency]}}',
  '{initial_value: keep, include: {match_type: regexp, metrics: ["e"]}, exclude: {match_type: strict, metrics: [latency]}}',
  '{initial_value: keep, include: {metric_types: [Sum, exponentialhistogram]}}',
  '{initial_value: keep, exclude: {metric_types: [histogram]}}',
  '{initial_value: keep, include: {metric_types: [sum]}, exclude: {match_type: regexp, metrics: ["^req"]}}',
];

const nano = (seconds: number): string => `${seconds}000000000`;
const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });

function times(start: number, time: number): object {
  return { startTimeUnixNano: nano(start), timeUnixNano: nano(time) };
}

const sum = (name: string, dataPoints: readonly object[], more: object = {}): object => ({
  name,
  sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints, ...more },
});
const histogram = (name: string, dataPoints: readonly object[]): object => ({
  name,
  histogram: { aggregationTemporality: 2, dataPoints },
});
const exponential = (name: string, dataPoints: readonly object[]): object => ({
  name,
  exponentialHistogram: { aggregationTemporality: 2, dataPoints },
});

function requestOf(...metrics: readonly object[]): object {
  const resource = { attributes: [text('service.name', 'shop'), text('host.name', 'a')] };
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'l', version: '1' }, metrics }] }] };
}

const A = [text('route', '/'), text('method', 'GET')];
const B = [text('method', 'GET'), text('route', '/')];
const bounds = { explicitBounds: [1, 5] };
const onA = (time: number, more: object): object => ({ ...times(EARLIER, time), attributes: A, ...more });

const WRITTEN: readonly object[] = [
  requestOf(
    sum('requests', [onA(EARLIER + 1, { asInt: '10' }), { ...times(LATER, LATER + 1), asInt: '3' }]),
    sum('seconds', [onA(EARLIER + 1, { asDouble: 1.5 })]),
    sum('updown', [onA(EARLIER + 1, { asInt: '4' })], { isMonotonic: false }),
    sum('already', [onA(EARLIER + 1, { asInt: '4' })], { aggregationTemporality: 1 }),
    sum('none', []),
    { name: 'memory', gauge: { dataPoints: [{ asDouble: 1 }] } },
    { name: 'nothing' },
    histogram('latency', [
      onA(EARLIER + 1, { count: '3', sum: 6, min: 1, max: 4, ...bounds, bucketCounts: ['1', '2', '0'] }),
      { ...times(LATER, LATER + 1), count: '1', sum: 2, min: 1, ...bounds, bucketCounts: ['1', '0', '0'] },
    ]),
    histogram('empty', []),
    exponential('sizes', [
      onA(EARLIER + 1, {
        count: '6',
        sum: 20,
        scale: 2,
        zeroCount: '1',
        min: 1,
        positive: { offset: -3, bucketCounts: ['1', '0', '2'] },
        negative: { offset: 1, bucketCounts: ['2'] },
      }),
    ]),
  ),
  requestOf(
    // The same series with its attributes in another order; one without a value; one that is no number.
    sum('requests', [{ ...times(EARLIER, EARLIER + 2), attributes: B, asInt: '17' }, onA(EARLIER + 2, { flags: 1 })]),
    sum('seconds', [onA(EARLIER + 2, { asDouble: 'NaN' }), onA(EARLIER + 2, { asInt: '5' })]),
    histogram('latency', [onA(EARLIER + 2, { count: '5', sum: 9, ...bounds, bucketCounts: ['1', '3', '1'] })]),
    exponential('sizes', [
      onA(EARLIER + 2, {
        count: '9',
        sum: 31,
        scale: 1,
        zeroCount: '2',
        zeroThreshold: 0.7,
        positive: { offset: -2, bucketCounts: ['0', '3', '1'] },
        negative: { offset: 0, bucketCounts: ['2', '1'] },
      }),
    ]),
  ),
  requestOf(
    // Begun anew with the same start, and then on from there.
    sum('requests', [onA(EARLIER + 3, { asInt: '2' })]),
    sum('seconds', [onA(EARLIER + 3, { asDouble: 1.25 })]),
    histogram('latency', [onA(EARLIER + 3, { count: '6', sum: 1, ...bounds, bucketCounts: ['0', '4', '2'] })]),
    exponential('sizes', [onA(EARLIER + 3, { count: '1', sum: 1, scale: 1, positive: { bucketCounts: ['1'] } })]),
  ),
  requestOf(
    sum('requests', [onA(EARLIER + 4, { asInt: '9223372036854775807' })]),
    sum('seconds', [onA(EARLIER + 4, { asDouble: 4 })]),
    histogram('latency', [onA(EARLIER + 4, { count: '8', sum: 'NaN', ...bounds, bucketCounts: ['2', '4', '2'] })]),
    histogram('other', [onA(EARLIER + 4, { count: '8' })]),
    exponential('sizes', [onA(EARLIER + 4, { count: '10', sum: 40, scale: 3 })]),
  ),
  requestOf(
    // Other buckets.
    histogram('latency', [onA(EARLIER + 5, { count: '9', sum: 9, explicitBounds: [1], bucketCounts: ['2', '7'] })]),
    histogram('other', [onA(EARLIER + 5, { count: '9', min: 1 })]),
  ),
  requestOf(
    histogram('latency', [onA(EARLIER + 6, { count: '10', sum: 10, explicitBounds: [2], bucketCounts: ['2', '8'] })]),
  ),
  requestOf(
    histogram('latency', [onA(EARLIER + 7, { count: '11', sum: 12, explicitBounds: [2], bucketCounts: ['3', '8'] })]),
  ),
];

/** Requests with a few series, most of which grow. */
function seeded(seed: number): object[] {
  const random = new SeededRandom(seed);
  const state = new Map<string, number[]>();
  const grow = (key: string, size: number): number[] => {
    const before = state.get(key) ?? Array.from({ length: size }, () => 0);
    const isReset = random.chance(0.1);
    const now = before.map((value) =>
      isReset ? random.below(3) : value + (random.chance(0.5) ? random.below(20) : 0),
    );
    state.set(key, now);
    return now;
  };
  const point = (key: string, time: number): object => {
    const attributes = random.chance(0.5) ? [text('k', key), text('z', '1')] : [text('z', '1'), text('k', key)];
    return { ...times(EARLIER, EARLIER + time), attributes };
  };
  return Array.from({ length: 12 }, (_, index) => {
    const keys = ['a', 'b', 'c'].filter(() => random.chance(0.8));
    const counts = (key: string): string[] => grow(`h${key}`, 4).map(String);
    const total = (all: readonly string[]): string => String(all.reduce((sumOf, value) => sumOf + Number(value), 0));
    let scale = 0;
    return requestOf(
      sum(
        'ints',
        keys.map((key) => ({ ...point(key, index), asInt: String(grow(`i${key}`, 1)[0]) })),
      ),
      sum(
        'doubles',
        keys.map((key) => ({ ...point(key, index), asDouble: (grow(`d${key}`, 1)[0] ?? 0) / 4 })),
      ),
      histogram(
        'histograms',
        keys.map((key) => {
          const bucketCounts = counts(key);
          const size = random.chance(0.1) ? 3 : 4;
          const shown = bucketCounts.slice(0, size);
          return {
            ...point(key, index),
            count: total(shown),
            sum: Number(total(shown)) * 2,
            explicitBounds: [1, 2, 3].slice(0, size - 1),
            bucketCounts: shown,
          };
        }),
      ),
      exponential(
        'exponentials',
        keys.map((key) => {
          scale = 4 - Math.floor(index / 3) + (random.chance(0.1) ? 1 : 0);
          const positive = grow(`p${key}`, 6).map(String);
          const negative = grow(`n${key}`, 3).map(String);
          const [zero = 0] = grow(`z${key}`, 1);
          return {
            ...point(key, index),
            count: String(Number(total(positive)) + Number(total(negative)) + zero),
            sum: index,
            scale,
            zeroCount: String(zero),
            zeroThreshold: index > 6 && random.chance(0.5) ? 0.2 : 0,
            positive: { offset: random.chance(0.5) ? -4 : -4 + random.below(2), bucketCounts: positive },
            negative: { offset: 2, bucketCounts: negative },
          };
        }),
      ),
    );
  });
}

async function compare(requests: readonly object[], settings: readonly string[]): Promise<void> {
  const cases = settings.map((one) => ({ signal: 'metrics' as const, type: TYPE, settings: one }));
  const theirs = await throughCollector(otelcol, cases, { metrics: requests });
  for (const [index, one] of settings.entries()) {
    const { processor, next } = running(cumulativeToDelta, one, 'metrics');
    for (const each of requests) await processor.consume(batchOfJson('metrics', each));
    // The collector also sends on what has nothing left in it.
    const expected = (theirs[index] ?? [])
      .filter((each) => Object.keys(each).length > 0)
      .map((each) => withoutEmptyBuckets(normalised(decoded(batchOfJson('metrics', each)))));
    assert.deepEqual(
      next.batches.map((batch) => withoutEmptyBuckets(normalised(decoded(batch)))),
      expected,
      one,
    );
  }
}

void test('series that are begun, go on, begin anew and change their buckets', { skip }, () =>
  compare(WRITTEN, SETTINGS),
);

for (const seed of [1, 2, 3, 4, 5]) {
  void test(`seeded series ${seed}`, { skip }, () =>
    compare(seeded(seed), ['{initial_value: keep}', '{initial_value: drop}']),
  );
}
