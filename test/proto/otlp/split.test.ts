import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { countItems } from '../../../proto/otlp/count.ts';
import { LogRecordCursor } from '../../../proto/otlp/logs.ts';
import { MetricCursor } from '../../../proto/otlp/metrics.ts';
import { SpanCursor } from '../../../proto/otlp/spans.ts';
import { splitChunks } from '../../../proto/otlp/split.ts';
import { requests } from '../arbitrary.ts';
import { decode, encode } from '../reference.ts';
import { readBatch, readLogRecord, readMetric, readSpan } from './view-objects.ts';

const RUNS = { seed: 6, numRuns: 100 };
const maxItems = fc.integer({ min: 1, max: 6 });

/** All parts are full but the last, and say truly how many items they have. */
function checkSizes(
  signal: 'traces' | 'metrics' | 'logs',
  chunks: readonly Uint8Array[],
  max: number,
): readonly Uint8Array[] {
  const parts = splitChunks(signal, chunks, max);
  parts.forEach(({ chunks: own, items }, index) => {
    assert.equal(
      own.reduce((sum, chunk) => sum + countItems(signal, chunk), 0),
      items,
    );
    assert.ok(items <= max);
    if (index < parts.length - 1) assert.equal(items, max);
  });
  return parts.flatMap(({ chunks: own }) => own);
}

void test('spans keep their order, resource and scope', () => {
  fc.assert(
    fc.property(fc.array(requests.traces, { maxLength: 3 }), maxItems, (list, max) => {
      const chunks = list.map((request) => encode('traces', request));
      const split = checkSizes('traces', chunks, max);
      assert.deepEqual(readBatch(new SpanCursor(), split, readSpan), readBatch(new SpanCursor(), chunks, readSpan));
    }),
    RUNS,
  );
});

void test('log records keep their order, resource and scope', () => {
  fc.assert(
    fc.property(fc.array(requests.logs, { maxLength: 3 }), maxItems, (list, max) => {
      const chunks = list.map((request) => encode('logs', request));
      const split = checkSizes('logs', chunks, max);
      assert.deepEqual(
        readBatch(new LogRecordCursor(), split, readLogRecord),
        readBatch(new LogRecordCursor(), chunks, readLogRecord),
      );
    }),
    RUNS,
  );
});

interface ReadMetric {
  readonly item: { readonly dataPoints: readonly object[] };
}

/** One entry per data point, with all that is around it; metrics without points stay one entry. */
function pointsOf(chunks: readonly Uint8Array[]): object[] {
  return readBatch(new MetricCursor(), chunks, readMetric).flatMap((entry) => {
    // Safe: readBatch puts what readMetric read there.
    const { item, ...around } = entry as ReadMetric;
    const { dataPoints, ...metric } = item;
    return dataPoints.length === 0
      ? [{ ...around, metric }]
      : dataPoints.map((point) => ({ ...around, metric, point }));
  });
}

void test('metrics are split between their data points, each part with the metric around them', () => {
  fc.assert(
    fc.property(fc.array(requests.metrics, { maxLength: 3 }), maxItems, (list, max) => {
      const chunks = list.map((request) => encode('metrics', request));
      assert.deepEqual(pointsOf(checkSizes('metrics', chunks, max)), pointsOf(chunks));
    }),
    RUNS,
  );
});

void test('chunks that need no cut are passed on as they are', () => {
  const chunk = encode('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{}, {}] }] }] });
  const parts = splitChunks('traces', [chunk, chunk, chunk], 4);
  assert.deepEqual(
    parts.map(({ items }) => items),
    [4, 2],
  );
  for (const part of parts) for (const own of part.chunks) assert.equal(own, chunk);
});

/** A request of spans numbered by their kind. */
function numbered(count: number): Uint8Array {
  const spans = Array.from({ length: count }, (_, kind) => ({ kind }));
  const resource = { attributes: [{ key: 'a', value: { intValue: 1 } }] };
  return encode('traces', {
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 's' }, spans, schemaUrl: 'u' }] }],
  });
}

void test('one request is cut across a part that is half full', () => {
  const parts = splitChunks('traces', [numbered(2), numbered(7)], 3);
  assert.deepEqual(
    parts.map(({ chunks, items }) => [chunks.length, items]),
    [
      [2, 3],
      [1, 3],
      [1, 3],
    ],
  );
  assert.deepEqual(decode('traces', parts[2]?.chunks[0] ?? new Uint8Array(0)), {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'a', value: { intValue: '1', value: 'intValue' } }] },
        scopeSpans: [{ scope: { name: 's' }, spans: [{ kind: 4 }, { kind: 5 }, { kind: 6 }], schemaUrl: 'u' }],
      },
    ],
  });
});

void test('profiles are never split', () => {
  const chunk = encode('profiles', {
    resourceProfiles: [{ scopeProfiles: [{ profiles: [{ samples: [{}, {}, {}] }] }] }],
  });
  assert.deepEqual(splitChunks('profiles', [chunk], 1), [{ chunks: [chunk], items: 3 }]);
});
