import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import declaration from '../../../connectors/count/index.ts';
import { config } from '../../../connectors/count/config.ts';
import { batchOf, joinChunks } from '../../../pipeline/batch.ts';
import { Rejected } from '../../../pipeline/delivery.ts';
import { REQUEST_MESSAGE } from '../../../proto/descriptors.ts';
import { jsonToProto } from '../../../proto/json/decode.ts';
import { decodeMessage } from '../../../proto/objects.ts';
import { countItems } from '../../../proto/otlp/count.ts';
import { Collector, testContext } from '../../support/context.ts';

const DATA = path.join(import.meta.dirname, '../../data/countconnector');

type Counted = 'traces' | 'metrics' | 'logs' | 'profiles';

function load(signal: Counted, name: string): Uint8Array {
  const document: unknown = parse(readFileSync(path.join(DATA, signal, `${name}.yaml`), 'utf8'));
  return Buffer.from(JSON.stringify(document));
}

/** Everything but times, in an order of its own: the collector's is that of a Go map. */
function flat(request: Uint8Array): string[] {
  const lines = decodeMessage(REQUEST_MESSAGE.metrics, request);
  return normal(lines).toSorted();
}

function normal(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) {
    const parts = value.map((one) => normal(one, at).toSorted().join(' ')).toSorted();
    return [`${at}[${parts.join('|')}]`];
  }
  if (typeof value !== 'object' || value === null) return [`${at}=${String(value)}`];
  return Object.entries(value)
    .filter(([key]) => !key.endsWith('TimeUnixNano') && key !== 'timeUnixNano')
    .flatMap(([key, inner]) => normal(inner, `${at}.${key}`));
}

/** As the collector's own tests do it: kinds that are not configured count nothing, unless none is configured. */
async function count(signal: Counted, settings: Settings, input: Uint8Array): Promise<Collector> {
  const { context } = testContext({ kind: 'connector', id: 'count' });
  const metrics = new Collector();
  const parsed = config.parse(settings);
  const none = { spans: {}, spanevents: {}, metrics: {}, datapoints: {}, logs: {}, profiles: {} };
  const chosen = Object.fromEntries(
    Object.entries(parsed).filter(([kind]) => Object.keys(settings).length === 0 || Object.hasOwn(settings, kind)),
  );
  const connector = declaration.create({ ...none, ...chosen }, context, { metrics }, new Map());
  await connector.consume(batchOf(signal, input, countItems(signal, input)));
  return metrics;
}

type Settings = Readonly<Record<string, Readonly<Record<string, object>>>>;

const OPTIONAL = 'resource.attributes["resource.optional"] != nil';

/** The configurations of connector_test.go: for one kind of item, by the name of the expected file. */
function casesOf(prefix: string, words: string, options: { item?: string; second?: string; all?: string } = {}) {
  const {
    item = prefix,
    second = `attributes["${item}.optional"] != nil`,
    all = `All ${words.toLowerCase()}s count`,
  } = options;
  const [required, optional] = [{ key: `${item}.required` }, { key: `${item}.optional` }];
  const description = `${words} count if ...`;
  const either = { description, conditions: [OPTIONAL, second] };
  const by = `${words} count by attribute`;
  return {
    one_condition: { [`${prefix}.count.if`]: { description, conditions: [OPTIONAL] } },
    multiple_conditions: { [`${prefix}.count.if`]: either },
    multiple_metrics: { [`${prefix}.count.all`]: { description: all }, [`${prefix}.count.if`]: either },
    one_attribute: { [`${prefix}.count.by_attr`]: { description: by, attributes: [required] } },
    multiple_attributes: { [`${prefix}.count.by_attr`]: { description: `${by}s`, attributes: [required, optional] } },
    default_attribute_value: {
      [`${prefix}.count.by_attr`]: {
        description: `${by} with default`,
        attributes: [required, { ...optional, default_value: 'other' }],
      },
    },
    condition_and_attribute: {
      [`${prefix}.count.if.by_attr`]: { description: `${by} if ...`, conditions: [OPTIONAL], attributes: [required] },
    },
  };
}

const SPANS = casesOf('span', 'Span');
const EVENTS = casesOf('spanevent', 'Span event', { item: 'event' });
const METRICS = casesOf('metric', 'Metric', { second: 'type == METRIC_DATA_TYPE_HISTOGRAM' });
const POINTS = casesOf('datapoint', 'Data point');
const LOGS = casesOf('log', 'Log');
const LOG_IF = { description: 'Count if ...', conditions: [OPTIONAL] };

type Name = keyof typeof SPANS;

const SPAN_IF = {
  'span.count.if.by_attr': {
    ...SPANS.condition_and_attribute['span.count.if.by_attr'],
    description: 'Span count if ...',
  },
};

function settingsOf(signal: Counted, name: Name): Settings {
  if (signal === 'traces')
    return { spans: name === 'condition_and_attribute' ? SPAN_IF : SPANS[name], spanevents: EVENTS[name] };
  if (signal === 'metrics')
    return name.includes('attribute')
      ? { datapoints: POINTS[name] }
      : { metrics: METRICS[name], datapoints: POINTS[name] };
  if (name === 'one_condition') return { logs: { 'count.if': LOG_IF } };
  if (name === 'multiple_conditions') {
    return { logs: { 'count.if': { ...LOG_IF, conditions: [OPTIONAL, 'log.attributes["log.optional"] != nil'] } } };
  }
  if (name === 'multiple_metrics')
    return { logs: { 'count.all': { description: 'All logs count' }, 'count.if': LOG_IF } };
  return { logs: LOGS[name] };
}

function bytesOf(found: Collector): Uint8Array {
  const [batch] = found.batches;
  assert.ok(batch);
  return joinChunks(batch);
}

async function check(signal: Counted, name: string, settings: Settings): Promise<void> {
  const found = await count(signal, settings, jsonToProto(signal, load(signal, 'input')));
  assert.deepEqual(flat(bytesOf(found)), flat(jsonToProto('metrics', load(signal, name))));
}

for (const signal of ['traces', 'metrics', 'logs'] as const) {
  void test(`counts ${signal} as the collector: zero_conditions`, () => check(signal, 'zero_conditions', {}));
  // Safe: the names are the keys of the object.
  for (const name of Object.keys(SPANS) as Name[]) {
    void test(`counts ${signal} as the collector: ${name}`, () => check(signal, name, settingsOf(signal, name)));
  }
}

void test('sums last from the earliest time to the latest, or are of now', async () => {
  const span = { startTimeUnixNano: '5', endTimeUnixNano: '9', name: 'a', events: [{ name: 'e' }] };
  const input = jsonToProto(
    'traces',
    Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })),
  );
  const found = await count('traces', {}, input);
  const text = JSON.stringify(decodeMessage(REQUEST_MESSAGE.metrics, bytesOf(found)), (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  assert.deepEqual(
    [...text.matchAll(/"startTimeUnixNano":"(\d+)","timeUnixNano":"(\d+)"/g)].map(([, start, end]) => [start, end]),
    [
      ['5', '9'],
      [`${Date.UTC(2026, 0, 2)}000000`, `${Date.UTC(2026, 0, 2)}000000`],
    ],
  );
});

void test('nothing counted, nothing sent; a condition that fails refuses the batch', async () => {
  const input = jsonToProto(
    'logs',
    Buffer.from('{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}'),
  );
  const never = await count('logs', { logs: { none: { conditions: ['false'] } } }, input);
  assert.deepEqual(never.batches, []);
  await assert.rejects(
    count('logs', { logs: { broken: { conditions: ['ParseJSON(body) == nil'] } } }, input),
    Rejected,
  );
  assert.equal(config.safeParse({ logs: { a: { conditions: ['bdy == 1'] } } }).success, false);
  assert.equal(config.safeParse({ metrics: { a: { attributes: [{ key: 'x' }] } } }).success, false);
});

void test('an attribute that has the default value is counted with those that lack it', async () => {
  const spans = [{}, { attributes: [{ key: 'a', value: { stringValue: 'none' } }] }];
  const input = jsonToProto('traces', Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })));
  const settings = { spans: { counted: { attributes: [{ key: 'a', default_value: 'none' }] } } };
  const [batch] = (await count('traces', settings, input)).batches;
  assert.ok(batch);
  assert.equal(batch.items, 1);
  assert.match(flat(joinChunks(batch)).join(), /asInt=2/);
});

void test('counts profiles, by conditions and by attributes of their dictionary', async () => {
  const profile = (attributeIndices: number[], time: string) => ({
    attributeIndices,
    timeUnixNano: time,
    samples: [{}],
  });
  const request = (indices: number[]): Uint8Array =>
    jsonToProto(
      'profiles',
      Buffer.from(
        JSON.stringify({
          resourceProfiles: [
            { scopeProfiles: [{ profiles: [profile([0], '5'), profile([1], '7'), profile(indices, '6')] }] },
          ],
          dictionary: {
            stringTable: ['', 'thread', 'main'],
            attributeTable: [
              { keyStrindex: 1, value: { stringValue: 'main' } },
              { keyStrindex: 1, value: { intValue: '1' } },
            ],
          },
        }),
      ),
    );
  const settings = {
    profiles: {
      all: {},
      some: { conditions: ['profile.attributes["thread"] == "main"'] },
      by: { attributes: [{ key: 'thread', default_value: 'none' }] },
    },
  };
  const lines = flat(bytesOf(await count('profiles', settings, request([])))).join();
  const counts = [...lines.matchAll(/(?:name|asInt|stringValue|intValue)=([\w.]+)/g)].map(([, value]) => value);
  assert.deepEqual(counts.slice(0, 11), ['all', '3', 'by', '1', '1', '1', 'main', '1', 'none', 'some', '1']);
  const all = flat(bytesOf(await count('profiles', {}, request([])))).join();
  assert.match(all, /name=profile\.count/);
  await assert.rejects(count('profiles', settings, request([2])), Rejected);
  assert.equal(config.safeParse({ profiles: { a: { conditions: ['profile.name == 1'] } } }).success, false);
});
