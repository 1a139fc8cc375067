// What becomes of an OTLP call, where the conformance tests do not look: limits, causes, what is only a warning.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf } from '../../../pipeline/batch.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { checkPartialSuccess, checkRequestSize, failureOfCall } from '../../../pipeline/sending/otlp-outcome.ts';
import { AnswerTooLarge } from '../../../pipeline/transport/grpc-client.ts';
import { MAX_REQUEST_BYTES } from '../../../proto/otlp/endpoints.ts';

const BATCH = batchOf('traces', Buffer.alloc(8), 3);

void test('a batch of the largest size goes, one byte more does not', () => {
  checkRequestSize(batchOf('traces', Buffer.alloc(MAX_REQUEST_BYTES), 3));
  const isTooLarge = (error: unknown): boolean =>
    error instanceof Rejected && error.kind === 'too_large' && error.count === 3;
  assert.throws(() => checkRequestSize(batchOf('traces', Buffer.alloc(MAX_REQUEST_BYTES + 1), 3)), isTooLarge);
});

void test('a call without an answer may be made again, and says of which destination', () => {
  const cause = new Error('connection reset');
  const failure = failureOfCall(cause, 'backend:4317', BATCH);
  assert.ok(failure instanceof Refused);
  assert.equal(failure.message, 'backend:4317: connection reset');
  assert.equal(failure.cause, cause);
});

void test('a cancellation stays what it was', () => {
  const cancelled = new Refused('no answer within 5 ms', { retryAfterMs: 7 });
  assert.equal(failureOfCall(cancelled, 'backend:4317', BATCH), cancelled);
});

void test('an answer too large to read costs the whole batch', () => {
  const failure = failureOfCall(new AnswerTooLarge('larger than 4 bytes'), 'backend:4317', BATCH);
  assert.ok(failure instanceof Rejected);
  assert.equal(failure.count, 3);
  assert.equal(failure.kind, 'destination');
});

void test('a partial success rejects no more than was sent; one without a count is only a warning', () => {
  const warnings: object[] = [];
  const unexpected = (fields: object, message: string): void => assert.fail(`${message} ${JSON.stringify(fields)}`);
  const warn = (fields: object): void => void warnings.push(fields);
  const log = { debug: unexpected, info: unexpected, error: unexpected, warn };
  checkPartialSuccess(undefined, 'backend:4317', BATCH, log);
  assert.throws(
    () => checkPartialSuccess({ rejected: 99, message: 'no room' }, 'backend:4317', BATCH, log),
    (error) => error instanceof Rejected && error.count === 3 && error.message.endsWith('rejected 3 items: no room'),
  );
  assert.deepEqual(warnings, []);
  checkPartialSuccess({ rejected: 0, message: 'soon deprecated' }, 'backend:4317', BATCH, log);
  assert.deepEqual(warnings, [{ message: 'soon deprecated' }]);
});
