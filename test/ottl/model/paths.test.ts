import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatementContext } from '../../../ottl/contexts.ts';
import { modelItem, type ModelItem } from '../../../ottl/model/item.ts';
import { MODEL_PATHS } from '../../../ottl/model/paths.ts';
import { compileStatements } from '../../../ottl/statements.ts';
import { OttlEvaluationError, Time, type OttlValue } from '../../../ottl/value.ts';
import { VIEW_PATHS } from '../../../ottl/views/paths.ts';

const TOOLS = { now: () => 0, random: () => 0.5 };

function after(
  context: StatementContext,
  statements: readonly string[],
  prepare?: (item: ModelItem) => void,
): ModelItem {
  const item = modelItem();
  prepare?.(item);
  for (const execute of compileStatements(statements, context, TOOLS)) execute(item);
  return item;
}

void test('objects have the paths of the views', () => {
  for (const [context, paths] of Object.entries(MODEL_PATHS)) {
    const own = [...paths.keys()];
    // Safe: both tables have these contexts as keys.
    assert.deepEqual(own.toSorted(), [...VIEW_PATHS[context as StatementContext].keys()].toSorted());
    assert.ok(own.includes(`${context}.cache`));
  }
});

void test('what is written is what is read, and other types are refused', () => {
  const samples: readonly OttlValue[] = [
    'text',
    7n,
    1.5,
    true,
    new Time(5_000_000_007n),
    [1n],
    [0.5],
    new Map([['k', 'v']]),
  ];
  const bucketed = new Set(['positive', 'negative', 'scale', 'zero_count']);
  for (const [context, paths] of Object.entries(MODEL_PATHS)) {
    for (const [path, { access }] of paths) {
      if (/_id$|_id\.string$|kind/.test(path) || !access.set) continue;
      const item = modelItem();
      const part = path.split('.')[1] ?? '';
      item.metric.type = 2;
      const numbers = { count: 0n, sum: undefined };
      if (part === 'bucket_counts' || part === 'explicit_bounds' || part === 'count' || part === 'sum') {
        item.point.data = { kind: 'histogram', ...numbers, bucketCounts: [], explicitBounds: [] };
      } else if (bucketed.has(part)) {
        const empty = () => ({ offset: 0, bucketCounts: [] });
        item.point.data = {
          kind: 'exponential_histogram',
          ...numbers,
          scale: 0,
          zeroCount: 0n,
          positive: empty(),
          negative: empty(),
        };
      }
      let taken = 0;
      for (const sample of samples) {
        try {
          access.set(item, sample);
        } catch (error) {
          assert.ok(error instanceof OttlEvaluationError, `${context}: ${path}`);
          continue;
        }
        taken += 1;
        assert.deepEqual(access.get(item), sample, `${context}: ${path}`);
      }
      assert.equal(taken, path === 'log.body' ? samples.length - 1 : 1, `${context}: ${path}`);
    }
  }
});

void test('ids, kinds and trace states', () => {
  const { span } = after(
    'span',
    [
      'set(trace_id.string, "0102030405060708090a0b0c0d0e0f10")',
      'set(span_id, SpanID(0x0102030405060708))',
      'set(parent_span_id, span_id)',
      'set(kind.string, "Server")',
      'set(trace_state, "a=1,b=2")',
      'set(trace_state["b"], "3")',
      'set(attributes["b"], trace_state["b"])',
      'set(attributes["root"], IsRootSpan())',
      'set(attributes["events"], Len(events))',
    ],
    (item) => {
      item.span.eventCount = 2;
    },
  );
  assert.equal(Buffer.from(span.traceId).toString('hex'), '0102030405060708090a0b0c0d0e0f10');
  assert.deepEqual(span.parentSpanId, span.spanId);
  assert.equal(span.kind, 2);
  assert.equal(span.traceState, 'b=3,a=1');
  assert.deepEqual(Object.fromEntries(span.attributes), { b: '3', root: false, events: 2n });
  assert.throws(() => after('span', ['set(kind.string, "Nope")']), /unknown span kind/);
  assert.throws(() => after('span', ['set(trace_id.string, "01")']), /no id of 16 bytes/);
  assert.throws(() => after('span', ['set(trace_id, SpanID(0x0102030405060708))']), /expects id of 16 bytes/);
});

void test('metrics and data points', () => {
  const { metric, point } = after(
    'datapoint',
    [
      'set(value_double, value_int * 1.5)',
      'set(metric.name, Concat([metric.name, "total"], "_"))',
      'set(metric.is_monotonic, true)',
      'set(attributes["type"], metric.type) where metric.type == METRIC_DATA_TYPE_SUM',
    ],
    (item) => {
      item.metric.name = 'requests';
      item.metric.type = 2;
      item.point.data = { kind: 'number', value: 4n };
    },
  );
  assert.equal(metric.name, 'requests_total');
  assert.ok(metric.isMonotonic);
  assert.deepEqual(point.data, { kind: 'number', value: 6 });
  assert.equal(point.attributes.get('type'), 2n);
  const gauge = after('metric', ['set(is_monotonic, true)', 'set(aggregation_temporality, 1)'], (item) => {
    item.metric.type = 1;
  });
  assert.ok(!gauge.metric.isMonotonic);
  assert.equal(gauge.metric.aggregationTemporality, 0);
  assert.throws(() => after('datapoint', ['set(count, 1)']), /unsupported data point type: number/);
});
