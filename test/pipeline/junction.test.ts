import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refused, Rejected } from '../../pipeline/delivery.ts';
import { Entry, FanOut, Junction } from '../../pipeline/junction.ts';
import { Collector, opened, SOON, testContext } from '../support/context.ts';
import { tracesBatch } from '../support/requests.ts';

void test('an unconnected junction refuses, a turned one hands on to the new target', async () => {
  const junction = new Junction();
  await assert.rejects(junction.consume(tracesBatch(1)), Refused);
  const first = new Collector();
  const second = new Collector();
  junction.connect(first);
  await junction.consume(tracesBatch(1));
  junction.connect(second);
  await junction.consume(tracesBatch(2));
  assert.deepEqual([first.items, second.items], [1, 2]);
});

void test('an entry counts what goes in and how it ended, and knows when it is empty', async () => {
  const inner = new Collector();
  const gate = opened();
  inner.gate = gate.promise;
  const entry = new Entry(inner);
  const batch = tracesBatch(3);
  const done = entry.consume(batch);
  assert.deepEqual(
    { ...entry.flow },
    { consumedItems: 3, refusedItems: 0, rejectedItems: 0, inFlightBatches: 1, inFlightBytes: batch.bytes },
  );
  let idle = false;
  const waiting = entry.idle(SOON()).then(() => {
    idle = true;
  });
  await new Promise(setImmediate);
  assert.equal(idle, false);
  gate.open();
  await done;
  await waiting;
  inner.fail = () => new Rejected('no', { count: 2 });
  await assert.rejects(entry.consume(batch));
  inner.fail = () => new Refused('later');
  await assert.rejects(entry.consume(batch));
  assert.equal(entry.flow.rejectedItems, 2);
  assert.equal(entry.flow.refusedItems, 3);
  assert.equal(entry.flow.inFlightBytes, 0);
});

void test('every branch of a fan-out gets the same bytes, at the same time', async () => {
  const { context } = testContext({ kind: 'receiver', id: 'x' });
  const slow = new Collector();
  const gate = opened();
  slow.gate = gate.promise;
  const fast = new Collector();
  const fan = new FanOut(
    [
      { name: 'pipeline:slow', consumer: slow },
      { name: 'pipeline:fast', consumer: fast },
    ],
    context.drops,
  );
  const batch = tracesBatch(2);
  const done = fan.consume(batch);
  await new Promise(setImmediate);
  assert.equal(fast.items, 2, 'the slow branch delays nobody');
  gate.open();
  await done;
  assert.equal(slow.batches[0]?.chunks[0], fast.batches[0]?.chunks[0], 'nobody copies');
});

void test('one refusing branch refuses the whole with the longest delay; one rejecting branch is a drop of its own', async () => {
  const { context, drops } = testContext({ kind: 'receiver', id: 'x' });
  const good = new Collector();
  const bad = new Collector();
  const worse = new Collector();
  const branches = [
    { name: 'pipeline:good', consumer: good },
    { name: 'pipeline:bad', consumer: bad },
    { name: 'pipeline:worse', consumer: worse },
  ];
  const fan = new FanOut(branches, context.drops);
  bad.fail = () => new Refused('busy', { retryAfterMs: 10 });
  worse.fail = () => new Refused('busier', { retryAfterMs: 500 });
  await assert.rejects(fan.consume(tracesBatch(1)), (error) => error instanceof Refused && error.retryAfterMs === 500);
  assert.equal(good.items, 1, 'the others had their attempt');

  worse.fail = undefined;
  bad.fail = (batch) => new Rejected('never', { count: batch.items });
  await fan.consume(tracesBatch(4));
  assert.deepEqual(
    drops().map(({ component, count }) => [component, count]),
    [['pipeline:bad', 4]],
  );
  for (const branch of [good, worse]) branch.fail = bad.fail;
  await assert.rejects(fan.consume(tracesBatch(1)), Rejected, 'nobody took it');
});
