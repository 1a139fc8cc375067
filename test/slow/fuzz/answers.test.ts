// What a destination answers: google.rpc.Status and partial success, in protobuf and JSON.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf } from '../../../pipeline/batch.ts';
import { Rejected } from '../../../pipeline/delivery.ts';
import { checkPartialSuccess } from '../../../pipeline/sending/otlp-outcome.ts';
import { SIGNALS } from '../../../pipeline/signal.ts';
import { decodePartialSuccess, encodePartialSuccess, type PartialSuccess } from '../../../proto/export-response.ts';
import {
  partialSuccessFromJson,
  partialSuccessToJson,
  statusFromJson,
  statusToJson,
} from '../../../proto/json/status.ts';
import { decodeStatus, encodeStatus, type RpcStatus } from '../../../proto/status.ts';
import { fuzz, type Verdict } from './driver.ts';
import { mutateBytes, mutateText } from './mutate.ts';

const STATUSES: readonly RpcStatus[] = [
  { code: 14, message: 'busy', retryDelayMs: 1_500 },
  { code: 3, message: 'no such thing', retryDelayMs: 0 },
  { code: 8, message: 'ü'.repeat(200) },
];
const binary = [
  ...STATUSES.map(encodeStatus),
  ...[0, 1, 2 ** 40].map((rejected) => encodePartialSuccess(rejected, 'why')),
];
const texts = [
  ...STATUSES.map(statusToJson),
  ...SIGNALS.flatMap((signal) => [0, 3].map((rejected) => partialSuccessToJson(signal, rejected, 'why'))),
];
const WORDS = ['"partialSuccess"', '"rejectedSpans"', '"details"', '"retryDelay"', '"1.5s"', '0.5', '"7"', '[7]', '-3'];
const BATCH = batchOf('logs', new Uint8Array(9), 10);
const QUIET = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // What it says is of no interest here.
}

void test('answers of destinations', { timeout: 0x7fff_ffff }, (context) =>
  fuzz(
    context,
    {
      name: 'answers',
      make(random) {
        if (random.chance(0.05)) return random.bytes(random.below(60));
        if (random.chance(0.5)) {
          return mutateBytes(binary[random.below(binary.length)] ?? Buffer.alloc(0), random, binary);
        }
        return Buffer.from(mutateText(texts[random.below(texts.length)] ?? '', random, WORDS, texts));
      },
      try(input) {
        let verdict: Verdict = 'refused';
        for (const status of [decodeStatus(input), statusFromJson(input)]) {
          if (!status) continue;
          verdict = 'accepted';
          assert.equal(typeof status.message, 'string');
          assert.ok(status.message.length <= 10_000, 'a message for people');
          const { retryDelayMs: delay = 0 } = status;
          assert.ok(delay >= 0, `a delay of ${delay} ms`);
        }
        for (const partial of [decodePartialSuccess(input), partialSuccessFromJson(input)]) checkCounts(partial);
        return verdict;
      },
    },
    6,
  ),
);

/** Of ten items a whole number is rejected, at most all. */
function checkCounts(partial: PartialSuccess | undefined): void {
  try {
    checkPartialSuccess(partial, 'there', BATCH, QUIET);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    assert.ok(Number.isInteger(error.count) && error.count >= 1 && error.count <= BATCH.items, `${error.count} items`);
  }
}
