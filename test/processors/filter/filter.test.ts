import assert from 'node:assert/strict';
import { test } from 'node:test';
import declaration from '../../../processors/filter/index.ts';
import { config } from '../../../processors/filter/config.ts';
import { batchOf, joinChunks, type Batch } from '../../../pipeline/batch.ts';
import { Rejected } from '../../../pipeline/delivery.ts';
import type { Signal } from '../../../pipeline/signal.ts';
import { REQUEST_MESSAGE } from '../../../proto/descriptors.ts';
import { decodeMessage } from '../../../proto/objects.ts';
import { encode } from '../../proto/reference.ts';
import { Collector, testContext } from '../../support/context.ts';
import { tracesBatch } from '../../support/requests.ts';

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });

function filterOf(settings: object, signal: Signal = 'traces') {
  const tested = testContext({ kind: 'processor', id: 'filter/a' });
  const next = new Collector();
  const processor = declaration.create(config.parse(settings), tested.context, signal, next);
  return { ...tested, next, processor };
}

function shown(batch: Batch | undefined): string {
  assert.ok(batch);
  const names = JSON.stringify(decodeMessage(REQUEST_MESSAGE[batch.signal], joinChunks(batch)), (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  ).matchAll(/"(?:name|stringValue)":"([^"]*)"/g);
  return [...names].map(([, name]) => name).join(' ');
}

function span(id: number, name: string, events: readonly string[]): object {
  return {
    traceId: Buffer.alloc(16, id),
    spanId: Buffer.alloc(8, id),
    name,
    events: events.map((event) => ({ name: event })),
  };
}

function traces(): Batch {
  const scopeSpans = [
    { scope: { name: 'l1' }, spans: [span(1, 'a', ['e1', 'e2']), span(2, 'b', ['e1'])] },
    { scope: { name: 'l2' }, spans: [span(3, 'c', [])] },
  ];
  const resource = { attributes: [text('service.name', 's1')] };
  const other = { attributes: [text('service.name', 's2')] };
  const request = {
    resourceSpans: [
      { resource, scopeSpans },
      { resource: other, scopeSpans: [{ spans: [span(4, 'd', [])] }] },
    ],
  };
  return batchOf('traces', encode('traces', request), 4);
}

function gauge(name: string, ...hosts: readonly string[]): object {
  return { name, gauge: { dataPoints: hosts.map((host) => ({ asInt: '1', attributes: [text('host', host)] })) } };
}

function metrics(): Batch {
  const resource = { attributes: [text('service.name', 's1')] };
  const scopeMetrics = [{ metrics: [gauge('m1', 'h1', 'h2'), gauge('m2', 'h1')] }];
  return batchOf('metrics', encode('metrics', { resourceMetrics: [{ resource, scopeMetrics }] }), 3);
}

function record(severityNumber: number, body: string): object {
  return { severityNumber, body: { stringValue: body } };
}

function logs(): Batch {
  const logRecords = [record(9, 'x'), record(17, 'y'), record(0, 'z')];
  return batchOf('logs', encode('logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }), 3);
}

// What is left, as names and texts in the order of the fields.
const CASES: readonly (readonly [string, object, () => Batch, string, number])[] = [
  ['span', { traces: { span: ['name == "a"', 'name == "c"'] } }, traces, 's1 l1 b e1 s2 d', 2],
  ['resource', { traces: { resource: ['attributes["service.name"] == "s1"'] } }, traces, 's2 d', 1],
  ['event', { traces: { spanevent: ['name == "e1"'] } }, traces, 's1 l1 a e2 b l2 c s2 d', 4],
  ['event index', { traces: { spanevent: ['event_index == 1'] } }, traces, 's1 l1 a e1 b e1 l2 c s2 d', 4],
  [
    'event and resource, each with the context of its own paths',
    { trace_conditions: ['spanevent.name == "e1"', 'resource.attributes["service.name"] == "s2"'] },
    traces,
    's1 l1 a e2 b l2 c',
    3,
  ],
  ['scope', { trace_conditions: ['scope.name == "l1"'] }, traces, 's1 l2 c s2 d', 2],
  [
    'groups',
    {
      trace_conditions: [{ context: 'span', conditions: ['name == "d"'] }, { conditions: ['scope.name == "l1"'] }],
    },
    traces,
    's1 l2 c',
    1,
  ],
  ['include', { spans: { include: { match_type: 'strict', services: ['s2'] } } }, traces, 's2 d', 1],
  ['exclude', { spans: { exclude: { match_type: 'regexp', span_names: ['[a-c]'] } } }, traces, 's2 d', 1],
  ['metric', { metrics: { metric: ['name == "m2"'] } }, metrics, 's1 m1 h1 h2', 2],
  ['points', { metrics: { datapoint: ['attributes["host"] == "h1"'] } }, metrics, 's1 m1 h2', 1],
  // The first point that has the attribute decides, as in the collector.
  ['on points', { metrics: { metric: ['HasAttrOnDatapoint("host", "h2")'] } }, metrics, 's1 m1 h1 h2 m2 h1', 3],
  [
    'key on points',
    { metrics: { metric: ['HasAttrKeyOnDatapoint("host") and name == "m1"'] } },
    metrics,
    's1 m2 h1',
    1,
  ],
  ['metric names', { metrics: { include: { match_type: 'strict', metric_names: ['m2'] } } }, metrics, 's1 m2 h1', 1],
  ['log', { logs: { log_record: ['severity_number < SEVERITY_NUMBER_ERROR'] } }, logs, 'y', 1],
  ['inferred', { log_conditions: ['log.body == "x"'] }, logs, 'y z', 2],
  ['severity', { logs: { include: { severity_number: { min: 'ERROR', match_undefined: true } } } }, logs, 'y z', 2],
  ['bodies', { logs: { exclude: { match_type: 'regexp', bodies: ['[xz]'] } } }, logs, 'y', 1],
];

for (const [name, settings, input, expected, items] of CASES) {
  void test(`drops by ${name}`, async () => {
    const batch = input();
    const filter = filterOf(settings, batch.signal);
    const { processor, next } = filter;
    await processor.consume(batch);
    assert.equal(shown(next.batches[0]), expected);
    assert.equal(next.items, items);
    const counter = { traces: 'spans', metrics: 'datapoints', logs: 'logs', profiles: 'profiles' }[batch.signal];
    assert.equal(filter.metric(`otelcol_processor_filter_${counter}_filtered`), batch.items - items);
    if (!name.startsWith('event'))
      assert.equal(
        filter.drops().reduce((sum, { count }) => sum + count, 0),
        batch.items - items,
      );
  });
}

void test('what has nothing to drop stays the same object', async () => {
  const batch = tracesBatch(3);
  const filter = filterOf({ traces: { span: ['name == "other"'], spanevent: ['name == "x"'] } });
  const { processor, next } = filter;
  await processor.consume(batch);
  assert.equal(next.batches[0], batch);
  assert.deepEqual(filter.drops(), []);
});

void test('what loses everything goes nowhere; each rule says what it dropped', async () => {
  const filter = filterOf({ traces: { span: ['name == "span-0"', 'IsMatch(name, "span-.")'] } });
  const { processor, next } = filter;
  await processor.consume(tracesBatch(3));
  assert.deepEqual(next.batches, []);
  const found = filter.drops().map(({ component, rule, count, intentional, traceIds }) => ({
    component,
    rule,
    count,
    intentional,
    ids: traceIds.length,
  }));
  assert.deepEqual(
    found.toSorted((a, b) => (a.rule < b.rule ? -1 : 1)),
    [
      { component: 'processor:filter/a', rule: 'traces.span[0]', count: 1, intentional: true, ids: 1 },
      { component: 'processor:filter/a', rule: 'traces.span[1]', count: 2, intentional: true, ids: 2 },
    ],
  );
});

void test('a condition that fails is false, or refuses the batch under propagate', async () => {
  const conditions = { traces: { span: ['ParseJSON(name) == nil', 'name == "span-1"'] } };
  const ignoring = filterOf(conditions);
  await ignoring.processor.consume(tracesBatch(3));
  assert.equal(ignoring.next.items, 2);
  const propagating = filterOf({ ...conditions, error_mode: 'propagate' });
  await assert.rejects(propagating.processor.consume(tracesBatch(3)), Rejected);
  assert.deepEqual(propagating.next.batches, []);
  await assert.rejects(ignoring.processor.consume(batchOf('traces', new Uint8Array([10, 9]), 1)), Rejected);
});

void test('configurations that can not work are refused', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ traces: { span: ['nmae == "x"'] } }, /no path.*did you mean name/],
    [{ trace_conditions: ['name == "x"'] }, /no path names a context/],
    [{ trace_conditions: ['log.body == "x"'] }, /does not fit/],
    [{ logs: { include: { severity_number: { min: 'LOUD' } } } }, /not a valid severity/],
    [{ traces: { span: ['true'] }, trace_conditions: ['span.name == ""'] }, /can not be used with traces/],
    [{ metrics: { metric: ['true'], exclude: { match_type: 'strict', metric_names: ['a'] } } }, /with conditions/],
  ];
  for (const [settings, message] of cases) assert.match(config.safeParse(settings).error?.message ?? '', message);
});

/** Three profiles of 2, 1 and 1 samples; the last with an attribute that the dictionary does not have. */
function profiles(): Batch {
  const profile = (period: number, samples: number, attributeIndices: readonly number[]): object => ({
    period,
    sampleType: { typeStrindex: period },
    samples: Array.from({ length: samples }, () => ({})),
    attributeIndices,
  });
  const request = {
    resourceProfiles: [
      { resource: { attributes: [text('service.name', 's1')] }, scopeProfiles: [{ profiles: [profile(1, 2, [0])] }] },
      { scopeProfiles: [{ profiles: [profile(2, 1, [1]), profile(3, 1, [9])] }] },
    ],
    dictionary: {
      stringTable: ['', 'cpu', 'wall', 'thread'],
      attributeTable: [
        { keyStrindex: 3, value: { stringValue: 'main' } },
        { keyStrindex: 3, value: { stringValue: 'worker' } },
      ],
    },
  };
  return batchOf('profiles', encode('profiles', request), 4);
}

async function periodsLeft(settings: object): Promise<{ periods: string[]; items: number | undefined }> {
  const { processor, next, metric } = filterOf(settings, 'profiles');
  await processor.consume(profiles());
  const [batch] = next.batches;
  const left = batch?.items ?? 0;
  assert.equal(metric('otelcol_processor_filter_profiles_filtered', { filter: 'filter/a' }), 4 - left);
  if (!batch) return { periods: [], items: undefined };
  const found = JSON.stringify(decodeMessage(REQUEST_MESSAGE.profiles, joinChunks(batch)), (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  ).matchAll(/"period":"(\d+)"/g);
  return { periods: [...found].map(([, period = '']) => period), items: batch.items };
}

void test('profiles go by their attributes and types, which lie in the dictionary, or with their resource', async () => {
  const of = (...conditions: readonly string[]) => ({ profiles: { profile: conditions } });
  assert.deepEqual(await periodsLeft(of('attributes["thread"] == "main"')), { periods: ['2', '3'], items: 2 });
  assert.deepEqual(await periodsLeft(of('sample_type.type == "wall"')), { periods: ['1', '3'], items: 3 });
  assert.deepEqual(await periodsLeft({ profiles: { resource: ['attributes["service.name"] == "s1"'] } }), {
    periods: ['2', '3'],
    items: 2,
  });
  assert.deepEqual(
    await periodsLeft({ profile_conditions: ['profile.period == 2', 'resource.attributes["service.name"] == "s1"'] }),
    {
      periods: ['3'],
      items: 1,
    },
  );
  assert.deepEqual(await periodsLeft(of('true')), { periods: [], items: undefined });
  await assert.rejects(
    periodsLeft({ error_mode: 'propagate', ...of('attributes["thread"] == "main"') }),
    /attribute index 9 out of bounds \[0, 2\)/,
  );
});

void test('conditions for profiles are checked', () => {
  const refused = (settings: object): boolean => !config.safeParse(settings).success;
  assert.ok(refused({ profiles: { profile: ['span.name == "a"'] } }));
  assert.ok(refused({ profile_conditions: ['log.body == "a"'] }));
  assert.ok(refused({ profile_conditions: ['profile.period == 1'], profiles: { profile: ['period == 1'] } }));
});

void test('conditions may have lambdas', async () => {
  const { processor, next } = filterOf({
    trace_conditions: ['Any(resource.attributes, (key, value) => IsMatch(key, "name$") and value == "s1")'],
  });
  await processor.consume(traces());
  assert.equal(shown(next.batches[0]), 's2 d');
  const refused = config.safeParse({ traces: { span: ['Any(attributes, (value) => value == 1)'] } });
  assert.match(refused.error?.issues[0]?.message ?? '', /a lambda with 1 parameters where one with 2 is called/);
});
