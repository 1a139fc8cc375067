import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { batchOf } from '../../../pipeline/batch.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import sampler from '../../../processors/probabilistic_sampler/index.ts';
import { outcomeOf, SAMPLER_REQUESTS } from '../../interop/sampler-cases.ts';
import { SOON } from '../../support/context.ts';
import { attributes, batchOfJson, decoded, running } from '../../support/processor.ts';

interface Recorded {
  readonly cases: readonly {
    readonly signal: 'traces' | 'logs';
    readonly settings: string;
    readonly kept: readonly string[];
  }[];
}

// Safe: test/interop/record-sampler.ts writes it.
const recorded = JSON.parse(
  readFileSync(new URL('../../data/probabilistic-sampler/otelcol.json', import.meta.url), 'utf8'),
) as Recorded;

void test('the same items are kept as by a collector, with the same notes in them', async () => {
  assert.ok(recorded.cases.length > 20);
  for (const { signal, settings, kept } of recorded.cases) {
    const { processor, next } = running(sampler, settings, signal);
    for (const request of SAMPLER_REQUESTS[signal]) await processor.consume(batchOfJson(signal, request));
    assert.deepEqual(outcomeOf(signal, next.batches.map(decoded)), kept, `${signal} ${settings}`);
  }
});

const spans = (...of: readonly object[]): object => ({ resourceSpans: [{ scopeSpans: [{ spans: of }] }] });
const LATE = { traceId: `${'0'.repeat(18)}${'f'.repeat(14)}`, spanId: '0000000000000001' };
const EARLY = { traceId: `01${'0'.repeat(30)}`, spanId: '0000000000000002' };

void test('what is dropped is recorded as meant, with its trace ids, and counted by policy', async () => {
  const run = running(sampler, '{sampling_percentage: 50, mode: equalizing}');
  await run.processor.consume(batchOfJson('traces', spans(LATE, EARLY, EARLY)));
  assert.equal(run.next.items, 1);
  const [drop] = run.drops();
  assert.equal(drop?.rule, 'not_sampled');
  assert.equal(drop?.component, 'processor:probabilistic_sampler');
  assert.equal(drop?.count, 2);
  assert.equal(drop?.intentional, true);
  assert.deepEqual(drop?.traceIds, [EARLY.traceId]);
  const name = 'otelcol_processor_probabilistic_sampler_count_traces_sampled';
  assert.equal(run.metric(name, { policy: 'trace_id_w3c', sampled: 'true' }), 1);
  assert.equal(run.metric(name, { policy: 'trace_id_w3c', sampled: 'false' }), 2);
});

void test('a batch of which nothing is kept ends here', async () => {
  const { processor, next } = running(sampler, '{}');
  await processor.consume(batchOfJson('traces', spans(LATE, EARLY)));
  assert.deepEqual(next.batches, []);
});

void test('a batch in which everything is kept and noted already stays the same object', async () => {
  const { processor, next } = running(sampler, '{sampling_percentage: 100, mode: proportional}');
  const batch = batchOfJson('traces', spans({ ...LATE, traceState: 'ot=th:0' }));
  await processor.consume(batch);
  assert.equal(next.batches[0], batch);
});

void test('logs are counted under their own name, by the attribute they were sampled by', async () => {
  const run = running(sampler, '{sampling_percentage: 100, from_attribute: id, attribute_source: record}', 'logs');
  const logRecords = [{ attributes: attributes({ id: 'x' }) }, {}];
  await run.processor.consume(batchOfJson('logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
  const name = 'otelcol_processor_probabilistic_sampler_count_logs_sampled';
  assert.equal(run.metric(name, { policy: 'id', sampled: 'true' }), 1);
  assert.equal(run.metric(name, { policy: 'missing_randomness', sampled: 'false' }), 1);
});

void test('what the next component says comes back, and malformed bytes are rejected', async () => {
  const { processor, next } = running(sampler, '{sampling_percentage: 100}');
  const full = new Refused('full');
  next.fail = () => full;
  await processor.start();
  await assert.rejects(processor.consume(batchOfJson('traces', spans(LATE))), (error) => error === full);
  await assert.rejects(
    processor.consume(batchOf('traces', Uint8Array.of(0x0a, 0x05, 0x0a), 2)),
    (error) => error instanceof Rejected && error.count === 2,
  );
  await processor.stop(SOON());
});

void test('bad settings are refused', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['{sampling_percentage: -1}', /negative/],
    ['{sampling_percentage: 1.0e-20}', /too small/],
    ['{sampling_percentage: .inf}', /number|finite|invalid/],
    ['{sampling_percentage: 1.0e+39}', /invalid/],
    ['{sampling_precision: 0}', />=1/],
    ['{sampling_precision: 15}', /<=14/],
    ['{mode: nope}', /hash_seed/],
    ['{attribute_source: other}', /traceID/],
    ['{hash_seed: 4294967296}', /4294967295/],
    ['{hash_seed: 1.5}', /int/],
  ];
  for (const [yaml, message] of cases) assert.throws(() => sampler.config.parse(parse(yaml)), message, yaml);
});
