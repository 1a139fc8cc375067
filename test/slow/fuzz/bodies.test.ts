// Bodies of requests: OTLP/JSON, and every compression.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BodyCorrupt, BodyTooLarge } from '../../../pipeline/transport/body-errors.ts';
import { compress, decompress, type Encoding } from '../../../pipeline/transport/compression.ts';
import { SIGNALS, type Signal } from '../../../pipeline/signal.ts';
import { jsonToProto, JsonError } from '../../../proto/json/decode.ts';
import { protoToJson } from '../../../proto/json/encode.ts';
import { countItems } from '../../../proto/otlp/count.ts';
import { validate } from '../../../proto/otlp/validate.ts';
import { MalformedProto } from '../../../proto/wire.ts';
import { requests } from '../../proto/arbitrary.ts';
import { encode } from '../../proto/reference.ts';
import { fuzz, type Verdict } from './driver.ts';
import { mutateBytes, mutateText } from './mutate.ts';

const SAMPLES = 15;
const SEED = 1;

const messages: Readonly<Record<Signal, readonly Uint8Array[]>> = {
  traces: messagesOf('traces'),
  metrics: messagesOf('metrics'),
  logs: messagesOf('logs'),
  profiles: messagesOf('profiles'),
};

function messagesOf(signal: Signal): Uint8Array[] {
  return fc.sample(requests[signal], { seed: SEED, numRuns: SAMPLES }).map((request) => encode(signal, request));
}

const examples = ['trace', 'metrics', 'logs', 'events'].map((name) =>
  readFileSync(new URL(`../../data/otlp-examples/${name}.json`, import.meta.url), 'utf8'),
);
const texts = [
  ...examples,
  ...SIGNALS.flatMap((signal) => messages[signal].map((bytes) => protoToJson(signal, bytes))),
];
const JSON_WORDS = [
  '"resourceSpans"',
  '"traceId"',
  '"intValue"',
  '"NaN"',
  '"Infinity"',
  '"1"',
  '1.5',
  '[]',
  '{}',
  '"bytesValue"',
];

void test('OTLP/JSON', { timeout: 0x7fff_ffff }, (context) =>
  fuzz(
    context,
    {
      name: 'otlp-json',
      make(random) {
        const text = texts[random.below(texts.length)] ?? '{}';
        if (random.chance(0.05)) return Buffer.from(text);
        if (random.chance(0.3)) return mutateBytes(Buffer.from(text), random, []);
        return Buffer.from(mutateText(text, random, JSON_WORDS, texts));
      },
      try(input) {
        let verdict: Verdict = 'refused';
        for (const signal of SIGNALS) {
          let bytes: Uint8Array;
          try {
            bytes = jsonToProto(signal, input);
          } catch (error) {
            if (!(error instanceof JsonError)) throw error;
            assert.ok(error.message.length < 2_000, 'a message for people');
            continue;
          }
          verdict = 'accepted';
          try {
            validate(signal, bytes);
          } catch (error) {
            // Profiles have indices, which JSON gets wrong as well as protobuf.
            if (!(error instanceof MalformedProto)) throw error;
            continue;
          }
          countItems(signal, bytes);
          const written = protoToJson(signal, bytes);
          const again = protoToJson(signal, jsonToProto(signal, Buffer.from(written)));
          assert.equal(again, written, 'what is written reads as what was written');
        }
        return verdict;
      },
    },
    12,
  ),
);

const ENCODINGS: readonly [Encoding, ...Encoding[]] = ['gzip', 'zstd', 'deflate', 'snappy', 'x-snappy-framed'];
const LIMIT_BYTES = 100_000;

/** The first byte says which encoding, so that a failing input is whole. */
const packed = await Promise.all(
  ENCODINGS.flatMap((encoding, index) =>
    [...messages.traces.slice(0, 10), Buffer.alloc(LIMIT_BYTES * 2), Buffer.from(examples.join(''))].map(async (body) =>
      Buffer.concat([Buffer.from([index]), await compress(encoding, body)]),
    ),
  ),
);

void test('compressed bodies', { timeout: 0x7fff_ffff }, (context) =>
  fuzz(
    context,
    {
      name: 'compression',
      make(random) {
        const body = packed[random.below(packed.length)] ?? Buffer.alloc(1);
        if (random.chance(0.03)) return body;
        if (random.chance(0.05)) return random.bytes(random.between(1, 300));
        return Buffer.concat([body.subarray(0, 1), mutateBytes(body.subarray(1), random, packed)]);
      },
      async try(input) {
        const encoding = ENCODINGS[(input[0] ?? 0) % ENCODINGS.length] ?? 'gzip';
        try {
          const body = await decompress(encoding, input.subarray(1), LIMIT_BYTES);
          assert.ok(body.length <= LIMIT_BYTES, `${body.length} bytes came out of ${encoding}`);
          return 'accepted';
        } catch (error) {
          if (error instanceof BodyCorrupt || error instanceof BodyTooLarge) return 'refused';
          throw error;
        }
      },
    },
    8,
  ),
);
