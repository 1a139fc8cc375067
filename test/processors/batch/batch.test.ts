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
  const senders = [tracesBatch(1), tracesBatch(1), tracesBatch(4), tracesBatch(6)].map((batch) =>
    processor.consume(batch),
  );
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

void test('metadata_keys keep clients apart, up to the limit', async () => {
  const { processor, next } = processorWith({ metadata_keys: ['Tenant'], metadata_cardinality_limit: 2 });
  const from = (tenant: string): Batch => ({
    ...tracesBatch(1),
    context: { metadata: new Map([['tenant', [tenant]]]) },
  });
  await processor.consume(from('a'));
  await processor.consume(from('b'));
  await assert.rejects(
    processor.consume(from('c')),
    (error) => error instanceof Refused && /metadata_cardinality_limit/.test(error.message),
  );
  await processor.consume(from('a'));
  assert.equal(next.items, 3);
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
