// What waits in a queue counts for the client whose data it is, until it is delivered or lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, type ClientContext, type MemoryAccount } from '../../../pipeline/batch.ts';
import { Rejected } from '../../../pipeline/delivery.ts';
import { mergeBatches } from '../../../pipeline/sending/merge-batches.ts';
import { SendQueue } from '../../../pipeline/sending/send-queue.ts';
import { holdBatch, releaseBatch } from '../../../pipeline/sending/held-batch.ts';
import { Admission } from '../../../pipeline/admission.ts';
import { opened, SOON } from '../../support/context.ts';

class Account implements MemoryAccount {
  bytes = 0;
  hold(bytes: number): void {
    this.bytes += bytes;
  }
  release(bytes: number): void {
    this.bytes -= bytes;
  }
}

function clientWith(account: MemoryAccount): ClientContext {
  return { metadata: new Map(), account };
}

void test('each client is charged for its own, also where its data goes out with that of others', async () => {
  const admission = new Admission(1 << 30);
  const gate = opened();
  const [ann, bob] = [new Account(), new Account()];
  let sends = 0;
  const queue = new SendQueue({
    parallel: 1,
    queue: { capacity: 1000, sizer: 'requests', blockOnOverflow: false, waitForResult: false },
    mergeable: () => true,
    deliver: async (batch) => {
      sends += 1;
      await gate.promise;
      if (batch.bytes === 50) throw new Rejected('not this one', { count: batch.items });
    },
    lost: () => undefined,
    partlyRejected: () => undefined,
    held: (batch) => holdBatch(admission, batch),
    released: (batch) => releaseBatch(admission, batch),
  });
  for (let i = 0; i < 10; i += 1) {
    await queue.submit(batchOf('logs', new Uint8Array(100), 1, clientWith(ann)));
    await queue.submit(batchOf('logs', new Uint8Array(7), 1, clientWith(bob)));
  }
  await queue.submit(batchOf('logs', new Uint8Array(50), 1, clientWith(bob)));
  assert.deepEqual([ann.bytes, bob.bytes], [1000, 120]);
  gate.open();
  await queue.stop(SOON());
  assert.ok(sends > 0);
  assert.deepEqual([ann.bytes, bob.bytes, admission.usedBytes], [0, 0, 0]);
});

void test('what is left at a stop is charged no longer', async () => {
  const ann = new Account();
  const admission = new Admission(1 << 30);
  const queue = new SendQueue({
    parallel: 1,
    queue: { capacity: 1000, sizer: 'requests', blockOnOverflow: false, waitForResult: false },
    mergeable: () => false,
    deliver: () => new Promise(() => undefined),
    lost: () => undefined,
    partlyRejected: () => undefined,
    held: (batch) => holdBatch(admission, batch),
    released: (batch) => releaseBatch(admission, batch),
  });
  for (let i = 0; i < 3; i += 1) await queue.submit(batchOf('logs', new Uint8Array(10), 1, clientWith(ann)));
  await new Promise((resolve) => setImmediate(resolve));
  await queue.stop(AbortSignal.abort());
  // One is under way, and its owner is told when it ends.
  assert.equal(ann.bytes, 10);
});

void test('a merged batch is a client’s where all of it is', () => {
  const [ann, bob] = [new Account(), new Account()];
  const [one, other, third] = [ann, ann, bob].map((account) =>
    batchOf('logs', new Uint8Array(1), 1, clientWith(account)),
  );
  assert.ok(one && other && third);
  assert.equal(mergeBatches([one, other]).context.account, ann);
  assert.equal(mergeBatches([one, third]).context.account, undefined);
});
