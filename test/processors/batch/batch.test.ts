import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Batch } from '../../../pipeline/batch.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { BatchProcessor } from '../../../processors/batch/batch.ts';
import { config } from '../../../processors/batch/config.ts';
import { countItems } from '../../../proto/otlp/count.ts';
import { Collector, opened, SOON, testContext } from '../../support/context.ts';
import { tracesBatch } from '../../support/requests.ts';

function processorWith(settings: object) {
  const made = testContext({ kind: 'processor', id: 'batch', realTime: true });
  const next = new Collector();
  return { ...made, next, processor: new BatchProcessor(config.parse(settings), made.context, next) };
}

void test('data goes on at once when nothing is on its way', async () => {
  const { processor, next } = processorWith({ timeout: '1h' });
  await processor.start();
  const batch = tracesBatch(3);
  await processor.consume(batch);
  assert.equal(next.batches[0], batch, 'and is not copied');
  await processor.stop(SOON());
});

void test('what arrives meanwhile is merged, and every sender hears of its own data', async () => {
  const { processor, next, metric } = processorWith({ timeout: '1h' });
  const gate = opened();
  next.gate = gate.promise;
  const senders = Array.from({ length: 12 }, (_, index) => processor.consume(tracesBatch(2, index + 1)));
  gate.open();
  await Promise.all(senders);
  assert.equal(next.items, 24);
  assert.ok(next.batches.length <= 4, `${next.batches.length} batches`);
  for (const { chunks, items } of next.batches) {
    assert.equal(
      chunks.reduce((sum, chunk) => sum + countItems('traces', chunk), 0),
      items,
    );
  }
  assert.equal(metric('otelcol_processor_batch_batch_send_size_count'), next.batches.length);
});

void test('send_batch_size ends the waiting, timeout does too, send_batch_max_size splits', async () => {
  const { processor, next } = processorWith({ timeout: '20ms', send_batch_size: 10, send_batch_max_size: 10 });
  const gate = opened();
  next.gate = gate.promise;
  const seen: number[] = [];
  const consume = next.consume.bind(next);
  next.consume = (batch: Batch) => {
    seen.push(batch.items);
    return consume(batch);
  };
  const senders: Promise<void>[] = [];
  for (const count of [1, 1, 4, 6]) {
    senders.push(processor.consume(tracesBatch(count)));
    await new Promise(setImmediate);
  }
  assert.deepEqual(seen, [1, 1, 10], 'ten items wait for nobody');
  senders.push(processor.consume(tracesBatch(3)));
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.deepEqual(seen, [1, 1, 10, 3], 'three go after the timeout');
  gate.open();
  senders.push(processor.consume(tracesBatch(25)));
  await Promise.all(senders);
  assert.ok(next.batches.every(({ items }) => items <= 10));
  assert.equal(next.items, 40);
});

void test('refusals and rejections reach the senders; a bad batch costs no other', async () => {
  const { processor, next } = processorWith({});
  const gate = opened();
  next.gate = gate.promise;
  next.fail = (batch) =>
    batch.items > 3 ? new Rejected('bad', { count: batch.items }) : batch.items === 3 ? new Refused('busy') : undefined;
  const senders = [1, 1, 2, 4, 2].map((count) => processor.consume(tracesBatch(count)));
  gate.open();
  const settled = await Promise.allSettled(senders);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  await assert.rejects(processor.consume(tracesBatch(3)), Refused);
});

const from = (tenant: string, address = '192.0.2.1'): Batch => ({
  ...tracesBatch(1),
  context: { metadata: new Map([['tenant', [tenant]]]), address, auth: new Map([['subject', tenant]]) },
});

void test('a rejected part of a split batch costs no other part', async () => {
  const { processor, next } = processorWith({ send_batch_size: 10, send_batch_max_size: 10 });
  let sends = 0;
  next.fail = ({ items }) => (sends++ === 1 ? undefined : new Rejected('bad', { count: items, kind: 'too_large' }));
  await assert.rejects(
    processor.consume(tracesBatch(25)),
    (error) => error instanceof Rejected && error.count === 15 && error.kind === 'too_large',
  );
  assert.equal(sends, 3);
  assert.equal(next.items, 10);
});

void test('a refused part of a split batch brings the whole batch back', async () => {
  const { processor, next } = processorWith({ send_batch_size: 10, send_batch_max_size: 10 });
  let sends = 0;
  next.fail = ({ items }) => (++sends === 1 ? new Rejected('bad', { count: items }) : new Refused('busy'));
  await assert.rejects(processor.consume(tracesBatch(25)), (error) => error instanceof Refused);
  assert.equal(sends, 2);
});

void test("no client is taken for another: what leaves has nothing of a client but the metadata_keys' values", async () => {
  for (const [settings, expected] of [
    [{}, []],
    [{ metadata_keys: ['Tenant'] }, [['tenant', ['a']]]],
  ] as const) {
    const { processor, next } = processorWith(settings);
    const gate = opened();
    next.gate = gate.promise;
    const senders = Array.from({ length: 5 }, (_, index) => processor.consume(from('a', `192.0.2.${index}`)));
    gate.open();
    await Promise.all(senders);
    assert.equal(next.items, 5);
    assert.ok(next.batches.length < 5, 'some were merged');
    for (const { context } of next.batches) {
      assert.deepEqual([...context.metadata], expected);
      assert.deepEqual([context.address, context.auth], [undefined, undefined]);
    }
  }
});

void test('what goes on alone keeps its compressed form', async () => {
  const { processor, next } = processorWith({});
  const wire = { encoding: 'gzip', body: new Uint8Array(3) } as const;
  await processor.consume({ ...from('a'), wire });
  assert.equal(next.batches[0]?.wire, wire);
});

void test('metadata_keys keep clients apart, as many at a time as the limit says', async () => {
  const { processor, next, metric } = processorWith({ metadata_keys: ['Tenant'], metadata_cardinality_limit: 2 });
  const gate = opened();
  next.gate = gate.promise;
  const senders = ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b'].map((tenant) => processor.consume(from(tenant)));
  assert.equal(metric('otelcol_processor_batch_metadata_cardinality'), 2);
  await assert.rejects(
    processor.consume(from('c')),
    (error) => error instanceof Refused && /metadata_cardinality_limit/.test(error.message),
  );
  gate.open();
  await Promise.all(senders);
  for (const { context, items } of next.batches) assert.ok(context.metadata.has('tenant') && items <= 4);
  await new Promise(setImmediate);
  await processor.consume(from('c'));
  assert.deepEqual(next.batches.at(-1)?.context.metadata.get('tenant'), ['c'], 'a client gone makes room for another');
  assert.equal(next.items, 9);
});

void test('stopping waits for what is inside; settings that can not be are refused', async () => {
  const { processor, next } = processorWith({});
  const gate = opened();
  next.gate = gate.promise;
  const sender = processor.consume(tracesBatch(1));
  const stopped = processor.stop(SOON());
  gate.open();
  await Promise.all([sender, stopped]);
  await assert.rejects(processor.consume(tracesBatch(1)), Refused);
  for (const bad of [
    { send_batch_size: 10, send_batch_max_size: 5 },
    { timeout: '-1s' },
    { metadata_keys: ['a', 'A'] },
    { nothing: 1 },
  ]) {
    assert.equal(config.safeParse(bad).success, false, JSON.stringify(bad));
  }
});
