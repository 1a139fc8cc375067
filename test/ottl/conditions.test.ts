import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileConditions, contextOfConditions } from '../../ottl/conditions.ts';
import type { Context } from '../../ottl/contexts.ts';
import { viewItem } from '../../ottl/views/item.ts';
import { AgentError } from '../../pipeline/errors.ts';
import { LogRecordCursor } from '../../proto/otlp/logs.ts';
import { MetricCursor } from '../../proto/otlp/metrics.ts';
import { SpanCursor } from '../../proto/otlp/spans.ts';
import { encode } from '../proto/reference.ts';

const TOOLS = { now: () => 0, random: () => 0.5 };
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const resource = { attributes: [text('service.name', 'checkout')] };
const scope = { name: 'library', version: '1.2' };

const SPAN = {
  traceId: Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex'),
  spanId: Buffer.from('0102030405060708', 'hex'),
  name: 'GET /health',
  kind: 2,
  traceState: 'a=1,b=2',
  startTimeUnixNano: '1000000000',
  endTimeUnixNano: '3000000000',
  status: { code: 2, message: 'broken' },
  attributes: [
    text('http.route', '/health'),
    { key: 'http.status_code', value: { intValue: '500' } },
    { key: 'share', value: { doubleValue: 0.5 } },
    { key: 'cached', value: { boolValue: true } },
    { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'x' }] } } },
    { key: 'nested', value: { kvlistValue: { values: [text('key', 'inner')] } } },
  ],
};

function spanItem() {
  const cursor = new SpanCursor();
  cursor.reset([encode('traces', { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [SPAN] }] }] })]);
  assert.ok(cursor.next());
  return { ...viewItem(), resource: cursor.resource, scope: cursor.scope, span: cursor.item };
}

const TRUE_OF_SPAN: readonly string[] = [
  'attributes["http.route"] == "/health"',
  'span.attributes["http.route"] != "/other"',
  '"/health" == attributes["http.route"]',
  'attributes["absent"] == nil and attributes["http.route"] != nil',
  'attributes["absent"] != "x"',
  'attributes["http.status_code"] >= 500 and 500.0 == attributes["http.status_code"]',
  'attributes["share"] < 1 and attributes["share"] == 0.5',
  'attributes["cached"] == true',
  'attributes["tags"][0] == "x" and attributes["nested"]["key"] == "inner"',
  'attributes["http.route"] != 5 and not (attributes["http.route"] < 5)',
  'name == "GET /health" and kind == SPAN_KIND_SERVER and kind.string == "Server"',
  'kind.deprecated_string == "SPAN_KIND_SERVER"',
  'status.code == STATUS_CODE_ERROR and status.message == "broken"',
  'end_time - start_time == Duration("2s") and end_time_unix_nano - start_time_unix_nano > 1999999999',
  'trace_id == TraceID(0x0102030405060708090a0b0c0d0e0f10)',
  'trace_id.string == "0102030405060708090a0b0c0d0e0f10" and parent_span_id.string == ""',
  'trace_state["b"] == "2"',
  'IsRootSpan() and IsMatch(name, "^GET /h") and not IsMatch(name, "POST")',
  'resource.attributes["service.name"] == "checkout"',
  'instrumentation_scope.name == "library" and scope.version == "1.2"',
  'Len(attributes) == 6 and IsMap(attributes) and IsList(attributes["tags"])',
  'Concat([name, "x"], "-") == "GET /health-x"',
  'attributes == attributes and 7 / 2 == 3 and 7 / 2.0 == 3.5',
];

void test('conditions on spans', () => {
  const item = spanItem();
  for (const condition of TRUE_OF_SPAN) {
    const [isTrue] = compileConditions([condition], 'span', TOOLS);
    assert.equal(isTrue?.(item), true, condition);
    const [isFalse] = compileConditions([`not (${condition})`], 'span', TOOLS);
    assert.equal(isFalse?.(item), false, condition);
  }
});

void test('conditions on log records', () => {
  const cursor = new LogRecordCursor();
  const record = { body: { stringValue: 'line' }, severityNumber: 9, severityText: 'INFO', timeUnixNano: '5' };
  cursor.reset([encode('logs', { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [record] }] }] })]);
  assert.ok(cursor.next());
  const item = { ...viewItem(), resource: cursor.resource, scope: cursor.scope, log: cursor.item };
  for (const condition of [
    'body == "line" and IsString(body)',
    'log.severity_number >= SEVERITY_NUMBER_INFO and severity_text == "INFO"',
    'time_unix_nano == 5 and time < Now() or time == Unix(0, 5)',
  ]) {
    assert.equal(compileConditions([condition], 'log', TOOLS)[0]?.(item), true, condition);
  }
});

void test('conditions on metrics and data points', () => {
  const cursor = new MetricCursor();
  const point = { asInt: '7', attributes: [text('host', 'a')] };
  const metric = {
    name: 'requests',
    unit: '1',
    sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [point] },
  };
  cursor.reset([encode('metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: [metric] }] }] })]);
  assert.ok(cursor.next());
  const item = { ...viewItem(), resource: cursor.resource, scope: cursor.scope, metric: cursor.item };
  for (const condition of [
    'name == "requests" and type == METRIC_DATA_TYPE_SUM and is_monotonic == true',
    'aggregation_temporality == AGGREGATION_TEMPORALITY_DELTA',
    'HasAttrKeyOnDatapoint("host") and HasAttrOnDatapoint("host", "a") and not HasAttrOnDatapoint("host", "b")',
  ]) {
    assert.equal(compileConditions([condition], 'metric', TOOLS)[0]?.(item), true, condition);
  }
  const points = cursor.item.dataPoints();
  assert.ok(points.next());
  const onPoint = { ...item, point: points.item };
  const condition = 'value_int == 7 and value_double == 0.0 and metric.name == "requests" and count == nil';
  assert.equal(compileConditions([condition], 'datapoint', TOOLS)[0]?.(onPoint), true);
});

void test('what can not be is refused with the nearest name', () => {
  const cases: readonly (readonly [Context, string, RegExp])[] = [
    ['span', 'nmae == "x"', /no path "nmae" here, at position 1/],
    ['span', 'IsRotSpan()', /no function "IsRotSpan"/],
    ['log', 'IsRootSpan()', /no function/],
    ['span', 'kind == SPAN_KIND_SERVRE', /no symbol/],
    ['span', 'IsMatch(name, "(?=a)")', /not a regular expression/],
    ['span', 'IsMatch(name)', /lacks its argument pattern/],
    ['span', 'IsMatch(name, "a", "b")', /at most 2/],
    ['span', 'name["x"] == 1', /takes no key/],
    ['span', 'Duration("x") == nil', /invalid duration/],
  ];
  for (const [context, condition, message] of cases) {
    assert.throws(
      () => compileConditions([condition], context, TOOLS),
      (error) => error instanceof AgentError && error.code === 'OTTL_INVALID' && message.test(error.message),
      condition,
    );
  }
  assert.throws(
    () => compileConditions(['nmae == "x"'], 'span', TOOLS),
    (error) => error instanceof AgentError && error.mend === 'did you mean name?',
  );
});

void test('the context is the most specific one named', () => {
  const allowed: readonly Context[] = ['resource', 'scope', 'span', 'spanevent'];
  assert.equal(contextOfConditions(['resource.attributes["a"] == 1'], allowed), 'resource');
  assert.equal(contextOfConditions(['resource.attributes["a"] == 1', 'span.name == "a"'], allowed), 'span');
  assert.equal(contextOfConditions(['IsMatch(spanevent.name, span.name)'], allowed), 'spanevent');
  assert.throws(() => contextOfConditions(['attributes["a"] == 1'], allowed), /no path names a context/);
  assert.throws(() => contextOfConditions(['log.body == 1'], allowed), /log does not fit/);
});
