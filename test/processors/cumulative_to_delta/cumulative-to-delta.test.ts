// What becomes of series: deltas, first points, resets, limits; test/interop compares the values with the collector's.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { config } from '../../../processors/cumulative_to_delta/config.ts';
import cumulativeToDelta from '../../../processors/cumulative_to_delta/index.ts';
import { Tracker, type Delta, type Point } from '../../../processors/cumulative_to_delta/tracker.ts';
import { batchOf } from '../../../pipeline/batch.ts';
import { Rejected } from '../../../pipeline/delivery.ts';
import { batchOfJson, decoded, running, type Running } from '../../support/processor.ts';

const int = (value: bigint): Point => ({ kind: 'number', value });
const at = (time: number, start = 0): { start: bigint; time: bigint } => ({ start: BigInt(start), time: BigInt(time) });

function valueOf(delta: Delta | string): unknown {
  return typeof delta === 'string' ? delta : delta.point.kind === 'number' ? delta.point.value : delta.point;
}

void test('deltas add up to what the series has become, resets included', () => {
  const steps = fc.array(fc.record({ grows: fc.bigInt({ min: 0n, max: 1n << 40n }), resets: fc.boolean() }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const tracker = new Tracker({ initial_value: 'keep', max_staleness: 0 }, () => 0);
      let value = 0n;
      let before = 0n;
      for (const [index, { grows, resets }] of all.entries()) {
        value = resets ? grows : value + grows;
        const delta = valueOf(tracker.convert('a', int(value), at(index)));
        assert.equal(delta, index > 0 && value < before ? 'reset' : index === 0 ? value : value - before);
        before = value;
      }
    }),
    { seed: 7 },
  );
});

void test('the first point: kept, remembered, or kept where the series began after the processor', () => {
  const first = (initial: 'auto' | 'keep' | 'drop', start: number, time: number): unknown =>
    valueOf(new Tracker({ initial_value: initial, max_staleness: 0 }, () => 1).convert('a', int(5n), at(time, start)));
  assert.equal(first('keep', 0, 1), 5n);
  assert.equal(first('drop', 2_000_000, 3_000_000), 'initial');
  assert.equal(first('auto', 2_000_000, 3_000_000), 5n);
  assert.equal(first('auto', 999_999, 3_000_000), 'initial', 'before the processor');
  assert.equal(first('auto', 2_000_000, 2_000_000), 'initial', 'no time has passed');
});

void test('series that are silent for too long are forgotten, and there are not more than the limit', () => {
  let nowMs = 0;
  const tracker = new Tracker({ initial_value: 'keep', max_staleness: 1_000 }, () => nowMs, 2);
  const add = (key: string): unknown => valueOf(tracker.convert(key, int(1n), at(nowMs * 1e6)));
  assert.deepEqual([add('a'), add('b'), add('c')], [1n, 1n, 'too_many_series']);
  nowMs = 900;
  assert.equal(add('b'), 0n);
  tracker.sweep();
  assert.equal(tracker.size, 2);
  nowMs = 1_500;
  tracker.sweep();
  assert.equal(tracker.size, 1, 'a is gone');
  assert.equal(add('c'), 1n);
  nowMs = 0;
  tracker.sweep();
  assert.equal(tracker.size, 2, 'a clock that was set back takes nothing away');
});

const metric = (value: number, time: number, more: object = {}): object => ({
  resourceMetrics: [
    {
      scopeMetrics: [
        {
          metrics: [
            {
              name: 'requests',
              sum: {
                aggregationTemporality: 2,
                isMonotonic: true,
                dataPoints: [{ timeUnixNano: String(time), asInt: String(value), ...more }],
              },
            },
          ],
        },
      ],
    },
  ],
});

async function sent(yaml: string, ...requests: readonly object[]): Promise<Running> {
  const run = running(cumulativeToDelta, yaml, 'metrics');
  for (const request of requests) await run.processor.consume(batchOfJson('metrics', request));
  return run;
}

void test('drops say why, and everything is counted', async () => {
  const run = await sent('{}', metric(5, 1), metric(9, 2), metric(3, 3), metric(4, 4, { flags: 1 }), metric(4, 5));
  assert.equal(run.next.batches.length, 2);
  assert.match(JSON.stringify(decoded(run.next.batches[0])), /"asInt":"?4/);
  assert.deepEqual(
    run.drops().map(({ rule, count, intentional }) => [rule, count, intentional]),
    [
      ['no_value', 1, true],
      ['reset', 1, true],
      ['initial', 1, true],
    ],
    'the latest first',
  );
  assert.equal(run.metric('otelcol_cumulativetodelta_streams_tracked'), 1);
});

void test('what is not converted stays the same object', async () => {
  const run = running(cumulativeToDelta, '{exclude: {match_type: strict, metrics: [requests]}}', 'metrics');
  const batch = batchOfJson('metrics', metric(5, 1));
  await run.processor.consume(batch);
  assert.equal(run.next.batches[0], batch);
  await assert.rejects(run.processor.consume(batchOf('metrics', new Uint8Array([10, 9]), 1)), Rejected);
});

void test('keys do not run into each other', async () => {
  const named = (key: string, value: string): object => ({ attributes: [{ key, value: { stringValue: value } }] });
  const run = await sent('{initial_value: drop}', metric(1, 1, named('a', 'bc')), metric(2, 2, named('ab', 'c')));
  assert.deepEqual(run.next.batches, []);
  assert.equal(run.metric('otelcol_cumulativetodelta_streams_tracked'), 2);
});

const golden = new URL(
  '../../../../shared/data/golden-contrib/processor/cumulativetodeltaprocessor/testdata/config.yaml',
  import.meta.url,
);
const skip = existsSync(golden) ? false : 'the folder shared/data/golden-contrib is not beside this repository';

void test("the collector's own configurations", { skip }, () => {
  // Safe: the file is a map of components.
  const all = parse(readFileSync(golden, 'utf8')) as Readonly<Record<string, unknown>>;
  for (const [id, settings] of Object.entries(all)) {
    const { success } = config.safeParse(settings ?? {});
    assert.equal(success, !/missing|invalid/.test(id), id);
  }
});
