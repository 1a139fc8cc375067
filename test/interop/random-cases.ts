// Settings, spans, records and data points at random (fixed seeds), for comparisons that fixed cases are too tidy for.

import * as fc from 'fast-check';
import { attributes } from '../support/processor.ts';
import type { ProcessorCase } from './through-collector.ts';

/** Texts that are numbers for some readers and not for others. */
const NUMERIC_TEXTS = [
  '42 -1 +7 00012 1_000 1_0.5_0e1 .5 5. . 1e 1e400 1e-400 true Inf +inf -Infinity infin NaN 0x10 0x1.8p1 0x.p1',
  '0x1p-1074 0x123456789abcdef12p0 9223372036854775807 9223372036854775808 -9223372036854775808 1.7976931348623159e308',
].flatMap((line) => line.split(' '));
const KEYS = ['a', 'b', 'ab', 'a.b', 'http.url', 'x', 'ä', 'k_1', 'long'.repeat(50)];
const KEY_PATTERNS = ['^a', 'b$', '[.]', '.', '^(?:a|x)$', String.raw`\bab\b`, '(?i)A', 'ä', String.raw`\p{L}`, 'a*?'];
const VALUE_PATTERNS = ['', '^$', 'o{2,}', '(?s)^.*$', '[[:alpha:]]_', '^[-0-9.]+$', 'true|false', ...KEY_PATTERNS];
const EXTRACTORS = [
  '(?P<x>.*)',
  '^(?P<scheme>[a-z]+)://(?P<host>[^/]+)',
  String.raw`(?P<a>\d+)(?P<b>[^0-9]*)$`,
  '(?P<x>o)|(?P<b>e)',
  '(?P<ab>(?:l)+)',
];

const key = fc.constantFrom(...KEYS);
const text = fc.oneof(
  fc.constantFrom(
    ...NUMERIC_TEXTS,
    '',
    ' 1',
    '1 ',
    'x',
    'hello',
    'ünïcode ✓',
    'http://a.b:80/p?q#f',
    '<&>\u2028\n\\\t\u0001',
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);
const fraction = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value));
const scalar = fc.oneof(text, fc.boolean(), fc.maxSafeInteger(), fraction);
/** What configurations hold; the collector writes the entries of a map in any order. */
const configured = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(key, scalar, { maxKeys: 1 }),
);
const value = fc.oneof(
  { weight: 5, arbitrary: configured },
  fc.constantFrom(null, 1e20, 1e21, 1e100, -1e300, [1e20, null, [2]], { b: 1, a: { c: [1e21, 1e-7] } }),
);
const someAttributes = fc.dictionary(key, value, { maxKeys: 6 }).map(attributes);

const yaml = (of: unknown): string => JSON.stringify(of);
/** The same as YAML, with whole numbers written as floats, which JavaScript's numbers are not told from. */
const written = fc.oneof(
  { weight: 4, arbitrary: configured.map(yaml) },
  fc.constantFrom('1.0', '-2.0', '1e3', '5.', '!!float 7', '[1.0, 1]', '{a: 2.0}'),
);
const source = fc.oneof(
  written.map((of) => `value: ${of}`),
  key.map((from) => `from_attribute: ${yaml(from)}`),
  fc.tuple(key, written).map(([from, of]) => `from_attribute: ${yaml(from)}, default_value: ${of}`),
  fc
    .constantFrom('metadata.X-Tenant', 'x-tenant', 'metadata.none', 'client.address', 'auth.x')
    .map((from) => `from_context: ${from}`),
);
const keyPattern = fc.constantFrom(...KEY_PATTERNS).map((pattern) => `pattern: ${yaml(pattern)}`);
const named = key.map((name) => `key: ${yaml(name)}`);
const action = fc.oneof(
  fc
    .tuple(fc.constantFrom('insert', 'update', 'upsert', 'Upsert'), named, source)
    .map((parts) => `action: ${parts.join(', ')}`),
  fc
    .tuple(fc.constantFrom('delete', 'hash', 'HASH'), fc.oneof(named, keyPattern))
    .map((parts) => `action: ${parts.join(', ')}`),
  fc.tuple(named, keyPattern).map((parts) => `action: delete, ${parts.join(', ')}`),
  fc
    .tuple(named, fc.constantFrom(...EXTRACTORS))
    .map(([name, pattern]) => `action: extract, ${name}, pattern: ${yaml(pattern)}`),
  fc
    .tuple(named, fc.constantFrom('int', 'double', 'string'))
    .map(([name, type]) => `action: convert, ${name}, converted_type: ${type}`),
);
const actions = fc.array(action, { minLength: 1, maxLength: 4 }).map((list) => `[{${list.join('}, {')}}]`);

type Signal = ProcessorCase['signal'];

const OF_TRACES = {
  services: { strict: ['shop', '5', '', '<nil-service-name>'], regexp: ['^s', '5', 'nil'] },
  span_names: { strict: ['GET /', 'POST', ''], regexp: ['^GET', '^$', 'T'] },
  span_kinds: { strict: ['SPAN_KIND_CLIENT', 'SPAN_KIND_SERVER'], regexp: ['SERVER', 'UNSPEC', 'CLIENT$'] },
};
const OF_LOGS = {
  log_bodies: { strict: ['hello', '5', 'true'], regexp: ['^h', '5', '[{]', '^1e'] },
  log_severity_texts: { strict: ['INFO', ''], regexp: ['^I', '^$'] },
};
const OF_METRICS = { metric_names: { strict: ['gauge', 'sum'], regexp: ['^g', 'u', '.'] } };

/** `include` or `exclude` of a signal. */
function properties(signal: Signal): fc.Arbitrary<string> {
  return fc.constantFrom('strict' as const, 'regexp' as const).chain((type) => {
    const lists = signal === 'traces' ? OF_TRACES : signal === 'logs' ? OF_LOGS : OF_METRICS;
    const parts = Object.entries(lists).map(([name, texts]) =>
      fc.subarray(texts[type], { minLength: 1 }).map((list) => `${name}: ${yaml(list)}`),
    );
    const wanted = type === 'strict' ? written : fc.constantFrom(...VALUE_PATTERNS).map(yaml);
    const pair = fc
      .tuple(
        named,
        fc.option(
          wanted.map((of) => `, value: ${of}`),
          { nil: '' },
        ),
      )
      .map((pieces) => `{${pieces.join('')}}`);
    if (signal !== 'metrics') {
      parts.push(
        pair.map((one) => `attributes: [${one}]`),
        pair.map((one) => `resources: [${one}]`),
      );
      parts.push(
        fc
          .constantFrom('http', 'http, version: "1.0"', 'http, version: ""', '""')
          .map((name) => `libraries: [{name: ${name}}]`),
      );
    }
    const some = fc
      .subarray(parts, { minLength: 1, maxLength: Math.min(2, parts.length) })
      .chain((chosen) => fc.tuple(...chosen));
    return some.map((chosen) => `{match_type: ${type}, ${chosen.join(', ')}}`);
  });
}

const editCase: fc.Arbitrary<ProcessorCase> = fc.constantFrom<Signal>('traces', 'logs', 'metrics').chain((signal) => {
  const chosen = fc.option(properties(signal), { nil: undefined });
  const settings = fc.tuple(chosen, chosen, actions).map(([include, exclude, list]) => {
    const choice = `${include ? `include: ${include}, ` : ''}${exclude ? `exclude: ${exclude}, ` : ''}`;
    return { signal, type: 'attributes', settings: `{${choice}actions: ${list}}` };
  });
  return fc.oneof(
    { weight: 3, arbitrary: settings },
    actions.map((list) => ({ signal, type: 'resource', settings: `{attributes: ${list}}` })),
  );
});

const service = fc.constantFrom('shop', 'cart', '', 5);
const resource = fc.oneof(
  fc.constant({}),
  fc
    .tuple(someAttributes, service)
    .map(([list, name]) => ({ attributes: [...list, ...attributes({ 'service.name': name })] })),
);
const scope = fc.constantFrom({}, { name: 'http', version: '1.0' }, { name: 'http' }, { name: 'db' });
const span = fc.record({
  name: fc.constantFrom('GET /', 'POST', ''),
  kind: fc.nat({ max: 5 }),
  attributes: someAttributes,
});
const body = fc.constantFrom({ stringValue: 'hello' }, { intValue: '5' }, { boolValue: true }, { doubleValue: 1e21 });
const severity = { severityNumber: fc.nat({ max: 24 }), severityText: fc.constantFrom('INFO', '') };
const record = fc.record({ ...severity, body, attributes: someAttributes });
const point = fc.record({ attributes: someAttributes, timeUnixNano: fc.constant('1'), asInt: fc.constant('1') });
const points = fc.array(point, { minLength: 1, maxLength: 3 });
const metric = fc.oneof(
  points.map((dataPoints) => ({ name: 'gauge', gauge: { dataPoints } })),
  points.map((dataPoints) => ({ name: 'sum', sum: { dataPoints, aggregationTemporality: 2 } })),
);

/** A request of resources, each with scopes, each with items. */
function request(names: readonly [string, string, string], item: fc.Arbitrary<object>): fc.Arbitrary<object> {
  const scopes = fc.record({ scope, [names[2]]: fc.array(item, { minLength: 1, maxLength: 4 }) });
  const resources = fc.record({ resource, [names[1]]: fc.array(scopes, { minLength: 1, maxLength: 3 }) });
  return fc.record({ [names[0]]: fc.array(resources, { minLength: 1, maxLength: 3 }) });
}

const hex = (digits: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.nat({ max: 15 }).map((digit) => digit.toString(16)), minLength: digits, maxLength: digits });
const shortHex = fc.nat({ max: 15 }).chain(hex);
const samplingField = fc.oneof(
  shortHex.map((digits) => `th:${digits}`),
  fc.constantFrom('0', '8', 'c', 'ffff', '00000000000001', 'fffffffffffffe').map((digits) => `th:${digits}`),
  hex(14).map((digits) => `rv:${digits}`),
  shortHex.map((digits) => `rv:${digits}`),
  fc.constantFrom('', 'th', ':x', 'TH:8', 'th:8 ', ' th:8', 'a1:B_c.-'),
);
const member = fc.oneof(
  fc.array(samplingField, { minLength: 1, maxLength: 3 }).map((fields) => `ot=${fields.join(';')}`),
  fc.constantFrom(
    'v=1',
    'a@b= x',
    'k=',
    '',
    ' ',
    'a/b*c-d_e=~!',
    '\tq=1 ',
    'A=1',
    '1a=2',
    'é=1',
    '@b=1',
    'a@b@c=1',
    '1a@b=2',
  ),
);
const traceState = fc.array(member, { maxLength: 3 }).map((members) => members.join(','));
const traceId = fc.oneof({ weight: 4, arbitrary: hex(32) }, fc.constant(''));
const priority = fc.oneof(value, fc.constantFrom(0, 1, -1, '0', '-0', '1', 0.1, 50, 100, 200));
const one = (name: string, of: fc.Arbitrary<unknown>): fc.Arbitrary<object[]> =>
  fc.option(of, { nil: undefined }).map((content) => (content === undefined ? [] : attributes({ [name]: content })));
const sampledSpan = fc.record({ traceId, spanId: hex(16), traceState, attributes: one('sampling.priority', priority) });
const notes = fc.tuple(
  one('sampling.threshold', fc.oneof(shortHex, fc.constantFrom('8', 'c', 5))),
  one('sampling.randomness', fc.oneof(hex(14), shortHex, fc.constant(7))),
  one('id', value),
  one('prio', priority),
);
const sampledRecord = fc.record({ traceId, body, attributes: notes.map((lists) => lists.flat()) });

const option = (name: string, ...values: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom('', ...values.map((of) => `, ${name}: ${of}`));
const percentage = fc.oneof(
  fc.constantFrom('0', '1', '10', '25', '33.3', '50', '66.6', '75', '99.9', '100', '150', '0.01', '1.0e-10'),
  fc
    .integer({ min: 1, max: 9_999 })
    .filter((number) => number % 100 > 0)
    .map((number) => String(number / 100)),
);
const samplerCase: fc.Arbitrary<ProcessorCase> = fc
  .tuple(
    fc.constantFrom<'traces' | 'logs'>('traces', 'logs'),
    percentage,
    option('mode', 'hash_seed', 'proportional', 'equalizing'),
    option('fail_closed', 'false'),
    fc.tuple(option('hash_seed', '22', '4294967295'), option('sampling_precision', '1', '7', '14')),
    fc.tuple(option('from_attribute', 'id'), option('attribute_source', 'record'), option('sampling_priority', 'prio')),
  )
  .map(([signal, percent, mode, failClosed, numbers, ofLogs]) => {
    const more = [mode, failClosed, ...numbers, ...(signal === 'logs' ? ofLogs : [])].join('');
    return { signal, type: 'probabilistic_sampler', settings: `{sampling_percentage: ${percent}${more}}` };
  });

const NAMES = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
} as const;

export const RANDOM_EDIT_CASES = fc.sample(editCase, { seed: 1, numRuns: 120 });
export const RANDOM_EDIT_REQUESTS = {
  traces: fc.sample(request(NAMES.traces, span), { seed: 2, numRuns: 3 }),
  logs: fc.sample(request(NAMES.logs, record), { seed: 3, numRuns: 3 }),
  metrics: fc.sample(request(NAMES.metrics, metric), { seed: 4, numRuns: 3 }),
};
export const RANDOM_SAMPLER_CASES = fc.sample(samplerCase, { seed: 5, numRuns: 60 });
export const RANDOM_SAMPLER_REQUESTS = {
  traces: fc.sample(request(NAMES.traces, sampledSpan), { seed: 6, numRuns: 8 }),
  logs: fc.sample(request(NAMES.logs, sampledRecord), { seed: 7, numRuns: 8 }),
};
