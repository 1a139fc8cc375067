// Broken protobuf requests: whatever the bytes, reading and editing them succeeds or throws MalformedProto, never
// looks outside the message, and never fails on what the receive check let through.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SIGNALS, type Signal } from '../../../pipeline/signal.ts';
import { countItems } from '../../../proto/otlp/count.ts';
import { encodeAnyValue } from '../../../proto/otlp/encode-value.ts';
import { LogRecordCursor } from '../../../proto/otlp/logs.ts';
import type { MessageDraft } from '../../../proto/otlp/message-draft.ts';
import { MetricCursor } from '../../../proto/otlp/metrics.ts';
import { ProfileCursor } from '../../../proto/otlp/profiles.ts';
import { SpanCursor } from '../../../proto/otlp/spans.ts';
import { KEEP, spliceLogRecords, spliceMetrics, spliceProfiles, spliceSpans } from '../../../proto/otlp/splice.ts';
import { splitChunks } from '../../../proto/otlp/split.ts';
import { encodeUtf8 } from '../../../proto/otlp/text.ts';
import { validate } from '../../../proto/otlp/validate.ts';
import { sampleTraceIds } from '../../../proto/trace-ids.ts';
import { MalformedProto } from '../../../proto/wire.ts';
import { requests } from '../../proto/arbitrary.ts';
import { readBatch, readLogRecord, readMetric, readProfile, readSpan } from '../../proto/otlp/view-objects.ts';
import { encode } from '../../proto/reference.ts';
import { fuzz, type Verdict } from './driver.ts';
import { mutateBytes } from './mutate.ts';

const SAMPLES = 100;
const SEED = 1;

const KEY = encodeUtf8('service.name');
const VALUE = encodeAnyValue('changed');

function edit(draft: MessageDraft): boolean {
  draft.attributes.upsert(KEY, VALUE);
  draft.setString(20, KEY); // a field no message knows
  return KEEP;
}

const EVERYTHING = { resource: edit, scope: edit, item: edit, child: edit, pruneEmpty: true };
const READ: Readonly<Record<Signal, (chunks: readonly Uint8Array[]) => unknown>> = {
  traces: (chunks) => readBatch(new SpanCursor(), chunks, readSpan),
  metrics: (chunks) => readBatch(new MetricCursor(), chunks, readMetric),
  logs: (chunks) => readBatch(new LogRecordCursor(), chunks, readLogRecord),
  profiles: (chunks) => readBatch(new ProfileCursor(), chunks, readProfile),
};
const SPLICERS = {
  traces: spliceSpans(EVERYTHING),
  metrics: spliceMetrics(EVERYTHING),
  logs: spliceLogRecords(EVERYTHING),
  profiles: spliceProfiles({ resource: edit, scope: edit, pruneEmpty: true }),
};

/** The result, or the MalformedProto's reason; any other error is a bug and passes through. */
function attempt<T>(run: () => T): { result: T } | { reason: string } {
  try {
    return { result: run() };
  } catch (error) {
    if (error instanceof MalformedProto) return { reason: error.reason };
    throw error;
  }
}

/** The same bytes with others before and behind, so that a look over the edge would change the result. */
function embedded(bytes: Uint8Array, filler: number): Uint8Array {
  const buffer = Buffer.alloc(bytes.length + 64, filler);
  buffer.set(bytes, 32);
  return buffer.subarray(32, 32 + bytes.length);
}

for (const signal of SIGNALS) {
  const samples = fc
    .sample(requests[signal], { seed: SEED, numRuns: SAMPLES })
    .map((request) => encode(signal, request));
  void test(`broken ${signal} requests are read or refused, nothing else`, { timeout: 0x7fff_ffff }, (context) =>
    fuzz(
      context,
      {
        name: `proto-${signal}`,
        make: (random) => mutateBytes(samples[random.below(SAMPLES)] ?? Buffer.alloc(0), random, samples),
        try: (input) => check(signal, input),
      },
      3,
    ),
  );
}

function check(signal: Signal, broken: Uint8Array): Verdict {
  const chunks = [broken];
  const verdict = attempt(() => validate(signal, broken));
  const runs = [
    (own: readonly Uint8Array[]) => countItems(signal, own[0] ?? broken),
    READ[signal],
    (own: readonly Uint8Array[]) => SPLICERS[signal].run(own),
    (own: readonly Uint8Array[]) => splitChunks(signal, own, 2),
    (own: readonly Uint8Array[]) => sampleTraceIds({ signal, chunks: own }, 8),
  ];
  const outcomes = runs.map((run) => attempt(() => run(chunks)));
  if ('result' in verdict) {
    for (const outcome of outcomes) assert.equal('reason' in outcome ? outcome.reason : '', '');
    for (const edited of SPLICERS[signal].run(chunks)) validate(signal, edited);
    for (const part of splitChunks(signal, chunks, 2)) for (const piece of part.chunks) validate(signal, piece);
  }
  for (const filler of [0xff, 0x0a]) {
    const inside = embedded(broken, filler);
    assert.deepEqual(
      attempt(() => validate(signal, inside)),
      verdict,
    );
    assert.deepEqual(
      attempt(() => READ[signal]([inside])),
      outcomes[1],
    );
  }
  return 'result' in verdict ? 'accepted' : 'refused';
}
