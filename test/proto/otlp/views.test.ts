// Views say what the reference decodes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import protobuf from 'protobufjs';
import type { Signal } from '../../../pipeline/signal.ts';
import { LogRecordCursor } from '../../../proto/otlp/logs.ts';
import { MetricCursor } from '../../../proto/otlp/metrics.ts';
import { ProfileDictionary } from '../../../proto/otlp/profile-dictionary.ts';
import { ProfileCursor } from '../../../proto/otlp/profiles.ts';
import { SPAN, SpanCursor } from '../../../proto/otlp/spans.ts';
import { encodeUtf8 } from '../../../proto/otlp/text.ts';
import { sampleTraceIds } from '../../../proto/trace-ids.ts';
import { KEYS, requests } from '../arbitrary.ts';
import { encode, REQUEST_TYPES } from '../reference.ts';
import {
  attributeListOf,
  jsValueOf,
  readBatch,
  readLogRecord,
  readMetric,
  readProfile,
  readSpan,
  type ReferenceKeyValue,
} from './view-objects.ts';

const RUNS = { seed: 3, numRuns: 120 };
const CONVERSION = { longs: String, enums: Number, defaults: true, arrays: true } as const;

type Plain = Readonly<Record<string, unknown>>;

/** A decoded message with defaults filled in: attributes as pairs, values as JavaScript values, bytes as hex. */
function normalise(type: protobuf.Type, message: Plain | null): unknown {
  if (type.name === 'AnyValue') return jsValueOf(message);
  const plain: Plain = message ?? type.toObject(type.create(), CONVERSION);
  const result: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const value = plain[field.name];
    if (value === undefined || field.name === 'exemplars' || field.name === 'entityRefs') continue;
    const { resolvedType } = field;
    if (resolvedType instanceof protobuf.Type) {
      // Safe, both: toObject makes arrays of repeated fields and plain objects of messages.
      if (resolvedType.name === 'KeyValue') result[field.name] = attributeListOf(value as ReferenceKeyValue[]);
      else if (field.repeated) result[field.name] = (value as Plain[]).map((item) => normalise(resolvedType, item));
      // The members of a oneof are absent, not empty.
      else if (field.partOf === null || value !== null)
        result[field.name] = normalise(resolvedType, value as Plain | null);
    } else if (field.type === 'bytes') {
      // An empty bytes field is [] by default.
      result[field.name] = Buffer.from(value as Uint8Array).toString('hex');
    } else result[field.name] = value;
  }
  return result;
}

interface Envelope {
  readonly schemaUrl: string;
  readonly resource: object;
  readonly scope: object;
  readonly [list: string]: unknown;
}

/** Every item with its resource and scope, in order, as `readBatch` reads them. */
function expectedItems(signal: Signal, bytes: Uint8Array, lists: readonly [string, string, string]): object[] {
  const type = REQUEST_TYPES[signal];
  // Safe, here and below: the .proto files say so.
  const request = normalise(type, type.toObject(type.decode(bytes), CONVERSION)) as Record<string, Envelope[]>;
  return (request[lists[0]] ?? []).flatMap((outer) =>
    (outer[lists[1]] as Envelope[]).flatMap((inner) =>
      (inner[lists[2]] as object[]).map((item) => ({
        resource: { ...outer.resource, schemaUrl: outer.schemaUrl },
        scope: { ...inner.scope, schemaUrl: inner.schemaUrl },
        item,
      })),
    ),
  );
}

const DATA = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;

/** A metric as `readMetric` reads it: its data's fields beside its own. */
function flattenMetric(item: Plain): object {
  const { name, description, unit, metadata } = item;
  const type = DATA.find((kind) => item[kind] !== undefined) ?? '';
  const empty = { dataPoints: [], aggregationTemporality: 0, isMonotonic: false };
  const data = type === '' ? empty : { ...empty, ...(item[type] as object) };
  return { name, description, unit, metadata, type, ...data };
}

void test('span views equal the reference', () => {
  const cursor = new SpanCursor();
  fc.assert(
    fc.property(requests.traces, (request) => {
      const bytes = encode('traces', request);
      assert.deepEqual(
        readBatch(cursor, [bytes], readSpan),
        expectedItems('traces', bytes, ['resourceSpans', 'scopeSpans', 'spans']),
      );
    }),
    RUNS,
  );
});

void test('log record views equal the reference', () => {
  const cursor = new LogRecordCursor();
  fc.assert(
    fc.property(requests.logs, (request) => {
      const bytes = encode('logs', request);
      assert.deepEqual(
        readBatch(cursor, [bytes], readLogRecord),
        expectedItems('logs', bytes, ['resourceLogs', 'scopeLogs', 'logRecords']),
      );
    }),
    RUNS,
  );
});

void test('metric and data point views equal the reference', () => {
  const cursor = new MetricCursor();
  fc.assert(
    fc.property(requests.metrics, (request) => {
      const bytes = encode('metrics', request);
      const expected = expectedItems('metrics', bytes, ['resourceMetrics', 'scopeMetrics', 'metrics']);
      assert.deepEqual(
        readBatch(cursor, [bytes], readMetric),
        // Safe: expectedItems gives an item to each.
        expected.map((entry) => ({ ...entry, item: flattenMetric((entry as { item: Plain }).item) })),
      );
    }),
    RUNS,
  );
});

void test('profile, sample and dictionary views equal the reference', () => {
  const cursor = new ProfileCursor();
  fc.assert(
    fc.property(requests.profiles, (request) => {
      const bytes = encode('profiles', request);
      const expected = expectedItems('profiles', bytes, ['resourceProfiles', 'scopeProfiles', 'profiles']);
      const read = readBatch(cursor, [bytes], (view) => ({
        ...readProfile(view),
        originalPayload: view.message.hexField(10),
      }));
      assert.deepEqual(read, expected);
      const decoded = REQUEST_TYPES.profiles.toObject(REQUEST_TYPES.profiles.decode(bytes), CONVERSION);
      const dictionary: { stringTable: string[] } | null = decoded['dictionary'];
      const table = new ProfileDictionary();
      table.bind(bytes);
      const texts = Array.from({ length: table.textCount }, (_, index) => table.text(index));
      assert.deepEqual(texts, dictionary?.stringTable ?? []);
    }),
    RUNS,
  );
});

void test('several chunks are walked as one batch', () => {
  const cursor = new SpanCursor();
  fc.assert(
    fc.property(fc.array(requests.traces, { maxLength: 3 }), (list) => {
      const chunks = list.map((request) => encode('traces', request));
      assert.deepEqual(
        readBatch(cursor, chunks, readSpan),
        chunks.flatMap((chunk) => readBatch(new SpanCursor(), [chunk], readSpan)),
      );
    }),
    { seed: 4, numRuns: 40 },
  );
});

void test('attributes are found by key, names compared without decoding, durations exact', () => {
  const cursor = new SpanCursor();
  fc.assert(
    fc.property(requests.traces, (request) => {
      cursor.reset([encode('traces', request)]);
      while (cursor.next()) {
        const span = cursor.item;
        const all = new Map<string, unknown>();
        for (span.attributes.rewind(); span.attributes.next();) {
          all.set(span.attributes.entry.key(), span.attributes.entry.value.toJs());
        }
        for (const key of [...KEYS, 'no such key']) {
          assert.deepEqual(span.attributes.get(encodeUtf8(key))?.toJs(), all.get(key));
        }
        assert.equal(span.attributes.count(), all.size);
        assert.ok(span.message.fieldEquals(SPAN.name, encodeUtf8(span.name)));
        assert.ok(!span.message.fieldEquals(SPAN.name, encodeUtf8(`${span.name}x`)));
        const exact = Number(span.endTimeUnixNano - span.startTimeUnixNano);
        assert.ok(Math.abs(span.durationNano - exact) <= Math.abs(exact) * Number.EPSILON);
      }
    }),
    RUNS,
  );
});

/** A span or log record with a trace id made of one byte. */
function traced(byte: number): object {
  return { traceId: new Uint8Array(16).fill(byte) };
}

void test('trace ids are sampled from the first items, each once', () => {
  const chunk = encode('traces', {
    resourceSpans: [{ scopeSpans: [{ spans: [traced(1), traced(1), {}, traced(2)] }] }],
  });
  const logs = encode('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [traced(3)] }] }] });
  assert.deepEqual(sampleTraceIds({ signal: 'traces', chunks: [chunk, chunk] }, 9), ['01'.repeat(16), '02'.repeat(16)]);
  assert.deepEqual(sampleTraceIds({ signal: 'traces', chunks: [chunk] }, 1), ['01'.repeat(16)]);
  assert.deepEqual(sampleTraceIds({ signal: 'logs', chunks: [logs] }, 9), ['03'.repeat(16)]);
  assert.deepEqual(sampleTraceIds({ signal: 'metrics', chunks: [logs] }, 9), []);
  assert.deepEqual(sampleTraceIds({ signal: 'traces', chunks: [chunk.subarray(0, 50)] }, 9), []);
});
