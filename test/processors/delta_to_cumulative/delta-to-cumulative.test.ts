// What deltas add up to, and what is dropped and why; test/interop compares the values with the collector's.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { batchOf, type Batch } from '../../../pipeline/batch.ts';
import { Rejected } from '../../../pipeline/delivery.ts';
import cumulativeToDelta from '../../../processors/cumulative_to_delta/index.ts';
import deltaToCumulative from '../../../processors/delta_to_cumulative/index.ts';
import { withoutEmptyBuckets } from '../../support/exponential-buckets.ts';
import { batchOfJson, decoded, normalised, running, settingsOf, type Running } from '../../support/processor.ts';

const DATAPOINTS = 'otelcol_deltatocumulative_datapoints';
const TRACKED = 'otelcol_deltatocumulative_streams_tracked';

const requestOf = (metric: object): object => ({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] });

/** A delta of a sum that began at 1. */
function delta(value: number, time: number, more: object = {}): object {
  const point = { startTimeUnixNano: '1', timeUnixNano: String(time), asInt: String(value), ...more };
  return requestOf({ name: 'requests', sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [point] } });
}

function exponential(time: number, more: object): object {
  const point = { startTimeUnixNano: '1', timeUnixNano: String(time), ...more };
  return requestOf({ name: 'sizes', exponentialHistogram: { aggregationTemporality: 1, dataPoints: [point] } });
}

const route = (value: string): object => ({ attributes: [{ key: 'route', value: { stringValue: value } }] });

async function send(run: Running, ...requests: readonly object[]): Promise<void> {
  for (const request of requests) await run.processor.consume(batchOfJson('metrics', request));
}

async function sent(yaml: string, ...requests: readonly object[]): Promise<Running> {
  const run = running(deltaToCumulative, yaml, 'metrics');
  await send(run, ...requests);
  return run;
}

/** Everything with this name, outside in and in order. */
function all({ next }: { readonly next: { readonly batches: readonly Batch[] } }, name: string): unknown[] {
  const found: unknown[] = [];
  JSON.stringify(
    next.batches.map((batch) => decoded(batch)),
    (key, value: unknown) => {
      if (key === name) found.push(typeof value === 'string' ? Number(value) : value);
      return value;
    },
  );
  return found;
}

const rules = (run: Running): unknown[] =>
  run
    .drops()
    .map(({ rule, count, intentional }) => [rule, count, intentional])
    .toReversed();

void test('sums grow by their deltas, and start where the first of them did', async () => {
  const run = await sent('{}', delta(5, 2), delta(7, 3, { startTimeUnixNano: '2' }), delta(-2, 9));
  assert.deepEqual(all(run, 'asInt'), [5, 12, 10]);
  assert.deepEqual(all(run, 'startTimeUnixNano'), [1, 1, 1]);
  assert.deepEqual(all(run, 'timeUnixNano'), [2, 3, 9], 'also over a gap');
  assert.equal(run.metric(DATAPOINTS), 3);
});

void test('whatever comes in order adds up exactly, as ints of 64 bits', async () => {
  const values = fc.array(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(values, async (deltas) => {
      const run = running(deltaToCumulative, '{}', 'metrics');
      let total = 0n;
      for (const [index, value] of deltas.entries()) {
        total = BigInt.asIntN(64, total + value);
        await send(run, delta(0, index + 1, { asInt: String(value) }));
        assert.match(JSON.stringify(decoded(run.next.batches.at(-1))), new RegExp(`"asInt":"?${total}"?[,}]`));
      }
    }),
    { seed: 11, numRuns: 30 },
  );
});

void test('deltas of the cumulative values are the deltas again', async () => {
  const deltas = [3, 0, 8, 1];
  const run = await sent('{}', ...deltas.map((value, index) => delta(value, index + 2)));
  const back = running(cumulativeToDelta, '{initial_value: keep}', 'metrics');
  for (const batch of run.next.batches) await back.processor.consume(batch);
  assert.deepEqual(all(back, 'asInt'), deltas);
});

void test('an int and a double of a series add up', async () => {
  const run = await sent('{}', delta(5, 2), delta(0, 3, { asInt: undefined, asDouble: 1.5 }), delta(2, 4));
  assert.deepEqual([all(run, 'asInt'), all(run, 'asDouble')], [[5], [6.5, 8.5]]);
});

void test('every point that is dropped is counted with its reason', async () => {
  const run = await sent(
    '{max_streams: 1}',
    delta(5, 10, { startTimeUnixNano: '5' }),
    delta(5, 10, { startTimeUnixNano: '5' }),
    delta(5, 9, { startTimeUnixNano: '6' }),
    delta(5, 11, { startTimeUnixNano: '4' }),
    delta(5, 12, { startTimeUnixNano: '11', ...route('/') }),
    exponential(1, { positive: { bucketCounts: Array.from({ length: 10_001 }, () => '1') } }),
    delta(1, 13, { startTimeUnixNano: '12' }),
  );
  assert.deepEqual(all(run, 'asInt'), [5, 6]);
  assert.deepEqual(rules(run), [
    ['out_of_order', 2, false],
    ['older_start', 1, false],
    ['limit', 1, false],
    ['too_large', 1, false],
  ]);
  const errors = ['delta.ErrOutOfOrder', 'delta.ErrOlderStart', 'limit', 'too_large'];
  assert.deepEqual(
    errors.map((error) => run.metric(DATAPOINTS, { error })),
    [2, 1, 1, 1],
  );
  assert.equal(run.metric(DATAPOINTS), 7);
});

void test('series that are silent for too long are forgotten, and then begin anew', async () => {
  const run = await sent('{max_stale: 10s, max_streams: 1}', delta(5, 2), delta(5, 3));
  run.clock.now += 9_000;
  await send(run, delta(1, 3));
  assert.deepEqual(rules(run), [['out_of_order', 1, false]]);
  run.clock.now += 10_001;
  await send(run, delta(4, 3, { startTimeUnixNano: '2' }), delta(1, 4, route('/')));
  assert.deepEqual(all(run, 'asInt'), [5, 10, 4]);
  assert.deepEqual(all(run, 'startTimeUnixNano').at(-1), 2);
  assert.equal(run.metric(TRACKED), 1);
  run.clock.now += 20_001;
  await send(run, delta(1, 5, route('/')));
  assert.equal(run.metric(TRACKED), 1, 'there is room for another');
  assert.equal(run.metric('otelcol_deltatocumulative_streams_limit'), 1);
  assert.equal(run.metric('otelcol_deltatocumulative_streams_max_stale'), 10);
});

void test('histograms add up; with other bounds they begin anew; a sum that is missing once is not known', async () => {
  const point = (time: number, start: number, more: object): object =>
    requestOf({
      name: 'latency',
      histogram: {
        aggregationTemporality: 1,
        dataPoints: [{ startTimeUnixNano: String(start), timeUnixNano: String(time), ...more }],
      },
    });
  const one = { count: '3', sum: 6, min: 1, max: 4, explicitBounds: [2], bucketCounts: ['1', '2'] };
  const run = await sent(
    '{}',
    point(2, 1, one),
    point(3, 2, { ...one, min: 0.5, max: 3 }),
    point(4, 3, { ...one, sum: undefined, max: undefined }),
    point(5, 4, { ...one, explicitBounds: [3] }),
  );
  assert.deepEqual(all(run, 'bucketCounts').flat().map(Number), [1, 2, 2, 4, 3, 6, 1, 2]);
  assert.deepEqual(all(run, 'count'), [3, 6, 9, 3]);
  assert.deepEqual([all(run, 'sum'), all(run, 'min'), all(run, 'max')].slice(1), [
    [1, 0.5, 0.5, 1],
    [4, 4, 4],
  ]);
  assert.deepEqual(all(run, 'startTimeUnixNano'), [1, 1, 1, 4]);
});

void test('exponential histograms keep their counts, in at most 161 buckets a side, whatever their scales', async () => {
  const side = fc.record({
    offset: fc.integer({ min: -2_000, max: 2_000 }),
    bucketCounts: fc.array(fc.nat(9).map(String), { maxLength: 40 }),
  });
  const points = fc.array(
    fc.record({
      scale: fc.integer({ min: -2, max: 8 }),
      zeroThreshold: fc.constantFrom(0, 0.25, 0.3),
      positive: side,
      negative: side,
    }),
    { minLength: 2, maxLength: 6 },
  );
  const total = (counts: readonly unknown[]): number => counts.reduce<number>((sum, one) => sum + Number(one), 0);
  await fc.assert(
    fc.asyncProperty(points, async (list) => {
      const counted = list.map(({ positive, negative }) => total([...positive.bucketCounts, ...negative.bucketCounts]));
      const run = await sent(
        '{}',
        ...list.map((point, index) => exponential(index + 1, { ...point, count: String(counted[index]) })),
      );
      const last = { next: { batches: run.next.batches.slice(-1) } };
      const sides = all(last, 'bucketCounts') as readonly unknown[][]; // Safe: a repeated field.
      assert.ok(sides.every(({ length }) => length <= 161));
      assert.equal(total(sides.flat()) + total(all(last, 'zeroCount')), total(counted));
      assert.equal(total(all(last, 'count')), total(counted));
    }),
    { seed: 12, numRuns: 60 },
  );
});

void test('buckets of any width go to a zero bucket that grew over them', async () => {
  // At scale -1 the bucket 0 is above 1 and up to 4; 0 and 1 lie below 16, which is the end of 1.
  const wide = { scale: -1, positive: { offset: -1, bucketCounts: ['1', '2', '4', '8'] } };
  const run = await sent('{}', exponential(1, wide), exponential(2, { scale: -1, zeroThreshold: 16, zeroCount: '1' }));
  assert.deepEqual(all(run, 'bucketCounts').at(-1), ['8']);
  assert.deepEqual([all(run, 'zeroCount').at(-1), all(run, 'zeroThreshold').at(-1)], [8, 16]);
});

void test('exponential histograms that lie far apart take little room', async () => {
  const at = (offset: number): object => ({ scale: 20, count: '1', positive: { offset, bucketCounts: ['1'] } });
  const run = await sent('{}', exponential(1, at(-2_147_483_648)), exponential(2, at(2_147_483_647)));
  const counts = all(run, 'bucketCounts').at(-1);
  assert.ok(Array.isArray(counts) && counts.length <= 161);
  assert.equal(all(run, 'scale').at(-1), 20 - 25);
});

void test('what is not a delta stays the same object, and what is malformed is refused', async () => {
  const run = running(deltaToCumulative, '{}', 'metrics');
  const gauge = batchOfJson('metrics', requestOf({ name: 'memory', gauge: { dataPoints: [{ asInt: '1' }] } }));
  await run.processor.consume(gauge);
  assert.equal(run.next.batches[0], gauge);
  await assert.rejects(run.processor.consume(batchOf('metrics', new Uint8Array([10, 9]), 1)), Rejected);
});

void test('settings are checked', () => {
  const { config } = deltaToCumulative;
  assert.deepEqual(settingsOf(config, '{}'), { max_stale: 300_000, max_streams: 2_000_000 });
  for (const wrong of ['{max_stale: 0s}', '{max_stale: -1s}', '{max_streams: -1}', '{max_streams: 10000001}']) {
    assert.throws(() => settingsOf(config, wrong), /max_st/, wrong);
  }
});

const golden = new URL(
  '../../../../shared/data/golden-contrib/processor/deltatocumulativeprocessor/testdata/',
  import.meta.url,
);
const skip = existsSync(golden) ? false : 'the folder shared/data/golden-contrib is not beside this repository';

interface Archive {
  readonly in: object;
  readonly out: object;
  readonly telemetry: Readonly<Record<string, readonly { int: number; attr?: { error?: string } }[]>> | null;
}

/** The collector's test archives: YAML under headings. */
function archiveOf(name: string): Archive {
  const text = readFileSync(new URL(name, golden), 'utf8').replaceAll('exponential_histogram', 'exponentialHistogram');
  const parts = text.split(/^-- (\w+) --$/m).slice(1);
  const sections: Record<string, unknown> = { telemetry: null };
  for (let at = 0; at < parts.length; at += 2) sections[parts[at] ?? ''] = parse(parts[at + 1] ?? '');
  return sections as unknown as Archive; // Safe: the archives have these sections.
}

const ARCHIVES: readonly (readonly string[])[] = [
  ['timestamps/1.test'],
  ['notemporality-ignored/1.test'],
  ['histograms/1.test'],
  ['exponential/1.test'],
  ['tracking/1.test'],
  ['limit/1.test', 'limit/2.test'],
];

for (const names of ARCHIVES) {
  void test(`the collector's ${names.join(', ')}`, { skip }, async () => {
    const run = running(deltaToCumulative, names.length > 1 ? '{max_streams: 10}' : '{}', 'metrics');
    for (const [index, name] of names.entries()) {
      const archive = archiveOf(name);
      await send(run, archive.in);
      const shown = (batch: Parameters<typeof decoded>[0]): unknown => withoutEmptyBuckets(normalised(decoded(batch)));
      assert.deepEqual(shown(run.next.batches[index]), shown(batchOfJson('metrics', archive.out)));
      for (const [metric, values] of Object.entries(archive.telemetry ?? {})) {
        const title = metric.split(' ')[1] ?? '';
        for (const { int, attr } of values) {
          const failed = run.drops().reduce((sum, { count }) => sum + count, 0);
          const value =
            attr?.error === undefined
              ? run.metric(title) - (title === DATAPOINTS ? failed : 0)
              : run.metric(title, attr);
          assert.equal(value, int, `${metric} ${JSON.stringify(attr)}`);
        }
      }
    }
  });
}
