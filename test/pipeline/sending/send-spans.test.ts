import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Batch } from '../../../pipeline/batch.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { sendingExporter, type Destination, type SendingSettings } from '../../../pipeline/sending/exporter.ts';
import { opened, SOON, testContext } from '../../support/context.ts';
import { recordSpans } from '../../support/own-spans.ts';
import { tracesBatch } from '../../support/requests.ts';

const RETRY = {
  enabled: true,
  initialIntervalMs: 1,
  randomizationFactor: 0,
  multiplier: 1.5,
  maxIntervalMs: 4,
  maxElapsedMs: 1_000,
};
const QUEUE = { capacity: 10, sizer: 'requests', blockOnOverflow: false, waitForResult: false, consumers: 1 } as const;

function exporterWith(settings: Partial<SendingSettings>, send: Destination['send']) {
  const { context } = testContext({ kind: 'exporter', id: 'far', realTime: true });
  const { spans, ended } = recordSpans('exporter', 'far');
  const destination = { start: nothing, stop: nothing, mergeable: () => true, send };
  const exporter = sendingExporter({ ...context, spans }, { timeoutMs: 0, retry: RETRY, ...settings }, destination);
  const client = spans.source({ name: 'client' });
  return { exporter, ended, client };
}

const nothing = (): Promise<void> => Promise.resolve();

void test('the span of a delivery tells of every attempt, and what came of them', async () => {
  let attempts = 0;
  const { exporter, ended } = exporterWith({}, () => {
    attempts += 1;
    return attempts < 3 ? Promise.reject(new Refused('busy')) : Promise.resolve();
  });
  await exporter.consume(tracesBatch(3));
  const [span] = ended;
  assert.equal(span?.name, 'exporter/far/traces');
  assert.deepEqual(span?.attributes, { exporter: 'far', data_type: 'traces', 'items.sent': 3, 'items.failed': 0 });
  const again = 'Exporting failed. Will retry the request after interval.';
  assert.deepEqual(
    span?.events.map(({ name, attributes }) => [name, attributes]),
    [
      ['Sending request.', { retry_num: 0 }],
      [again, { interval: '1ms', error: 'busy' }],
      ['Sending request.', { retry_num: 1 }],
      [again, { interval: '2ms', error: 'busy' }],
      ['Sending request.', { retry_num: 2 }],
    ],
  );
  assert.equal(span?.error, undefined);
});

void test('what the destination does not take is counted in its span', async () => {
  const failures = [new Rejected('two are bad', { count: 2 }), new Refused('busy')];
  const { exporter, ended } = exporterWith({ retry: { ...RETRY, enabled: false } }, () =>
    Promise.reject(failures.shift() ?? new Error('called again')),
  );
  await assert.rejects(exporter.consume(tracesBatch(5)), Rejected);
  await assert.rejects(exporter.consume(tracesBatch(5)), Refused);
  assert.deepEqual(
    ended.map(({ attributes, error, events }) => [attributes['items.sent'], attributes['items.failed'], error, events]),
    [
      [3, 2, 'two are bad', []],
      [0, 5, 'busy', []],
    ],
  );
});

void test('a delivery belongs to the enqueuing, and a merged one is linked with all of them', async () => {
  const gate = opened();
  const sent: Batch[] = [];
  const { exporter, ended, client } = exporterWith({ queue: QUEUE }, async (batch) => {
    sent.push(batch);
    await gate.promise;
  });
  const above = client.start('above');
  const one = tracesBatch(1);
  await exporter.consume({ ...one, context: { ...one.context, span: above } });
  await new Promise((resolve) => setImmediate(resolve));
  for (let index = 0; index < 3; index += 1) await exporter.consume(tracesBatch(1));
  gate.open();
  await exporter.stop(SOON());
  const [first, ...others] = ended.filter(({ name }) => name === 'exporter/enqueue');
  const [alone, merged, ...more] = ended.filter(({ name }) => name === 'exporter/far/traces');
  assert.deepEqual([sent.length, more.length], [2, 0]);
  assert.deepEqual([first?.parent, alone?.parent, alone?.links], [above.context, first?.context, []]);
  assert.deepEqual(first?.events[0]?.name, 'Enqueued item.');
  assert.deepEqual([merged?.parent, merged?.links], [undefined, others.map(({ context }) => context)]);
  assert.equal(merged?.attributes['items.sent'], 3);
});

void test('a full queue is said in the span of the enqueuing', async () => {
  const { exporter, ended } = exporterWith({ queue: { ...QUEUE, capacity: 1 } }, () => new Promise(() => undefined));
  await exporter.consume(tracesBatch(1));
  await assert.rejects(exporter.consume(tracesBatch(1)), Refused);
  assert.deepEqual(
    ended.map(({ name, events }) => [name, events[0]?.name]),
    [
      ['exporter/enqueue', 'Enqueued item.'],
      ['exporter/enqueue', 'Failed to enqueue item.'],
    ],
  );
  await exporter.stop(AbortSignal.abort());
});
