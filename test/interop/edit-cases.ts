// What the resource and attributes processors are compared on.

import { attributes } from '../support/processor.ts';
import type { ProcessorCase } from './through-collector.ts';

const VALUES = {
  text: 'hello',
  number: 42,
  negative: -7,
  ratio: 1.5,
  large: 1e300,
  small: 1.5e-9,
  flag: true,
  off: false,
  list: [1, 'two', { three: 3 }],
  map: { b: '<&>', a: [true, 2.5], c: null },
  empty: null,
  digits: '0123',
  exponent: '1e3',
  huge: '9223372036854775808',
  hex: '0x1p4',
  infinite: '-Infinity',
  url: 'https://shop.example.com:8443/cart?id=7',
  'http.request.header.a': 'x',
  'http.request.header.b': 'y',
};

const span = (name: string, kind: number, extra: object): object => ({
  traceId: '0102030405060708090a0b0c0d0e0f10',
  spanId: '0102030405060708',
  name,
  kind,
  startTimeUnixNano: '1700000000000000000',
  endTimeUnixNano: '1700000001000000000',
  attributes: attributes({ ...VALUES, ...extra }),
});

const resource = { attributes: attributes({ 'service.name': 'shop', ...VALUES }) };

const points = [
  { attributes: attributes(VALUES), timeUnixNano: '1', asInt: '1' },
  { timeUnixNano: '2', asDouble: 2 },
];
const histogramPoints = [
  { attributes: attributes(VALUES), timeUnixNano: '1', count: '1', sum: 1, bucketCounts: ['1'] },
];

export const EDIT_REQUESTS = {
  traces: [
    {
      resourceSpans: [
        {
          resource,
          scopeSpans: [
            {
              scope: { name: 'http', version: '1.0' },
              spans: [span('GET /', 2, {}), span('POST /', 3, { user: 'x' })],
            },
            { scope: { name: 'db' }, spans: [span('SELECT', 3, {})] },
          ],
        },
        { resource: {}, scopeSpans: [{ spans: [span('lonely', 0, {})] }] },
      ],
    },
  ],
  logs: [
    {
      resourceLogs: [
        {
          resource,
          scopeLogs: [
            {
              logRecords: [
                {
                  severityNumber: 9,
                  severityText: 'INFO',
                  body: { stringValue: 'one' },
                  attributes: attributes(VALUES),
                },
                {
                  severityNumber: 17,
                  severityText: 'ERROR',
                  body: { intValue: '2' },
                  attributes: attributes({ user: 'x' }),
                },
                { body: { kvlistValue: { values: attributes({ k: 'v' }) } } },
              ],
            },
          ],
        },
      ],
    },
  ],
  metrics: [
    {
      resourceMetrics: [
        {
          resource,
          scopeMetrics: [
            {
              metrics: [
                { name: 'gauge', gauge: { dataPoints: points } },
                { name: 'sum', sum: { dataPoints: points, aggregationTemporality: 2 } },
                { name: 'histogram', histogram: { dataPoints: histogramPoints, aggregationTemporality: 2 } },
              ],
            },
          ],
        },
      ],
    },
  ],
};

const KEYS = Object.keys(VALUES);

const convert = (type: string): string =>
  `[${KEYS.map((key) => `{key: ${key}, converted_type: ${type}, action: convert}`).join(', ')}]`;

const ACTIONS = [
  '[{key: new, value: x, action: insert}, {key: text, value: y, action: insert}, {key: number, value: 1.5, action: update}, {key: flag, value: [1, {a: b}], action: upsert}]',
  '[{key: copy, from_attribute: map, action: insert}, {key: text, from_attribute: number, action: update}, {key: none, from_attribute: absent, action: upsert}, {key: fallback, from_attribute: absent, default_value: {a: 1}, action: upsert}]',
  '[{key: tenant, from_context: metadata.X-Tenant, action: insert}, {key: bare, from_context: x-tenant, action: insert}, {key: where, from_context: client.address, action: insert}, {key: who, from_context: auth.subject, action: insert}]',
  '[{key: whole, value: 1.0, action: insert}, {key: list, value: [1.0, 1, {a: 1e3}], action: upsert}, {key: default, from_attribute: absent, default_value: 5., action: insert}, {key: number, value: -3.0, action: update}]',
  '[{key: text, action: delete}, {pattern: "^http[.]", action: delete}, {key: absent, action: delete}]',
  `[${KEYS.map((key) => `{key: ${key}, action: hash}`).join(', ')}]`,
  '[{key: number, pattern: "^(n|t)", action: hash}]',
  '[{key: url, pattern: "^(?P<scheme>[a-z]+)://(?P<host>[^:/]+)(?::(?P<port>[0-9]+))?(?P<text>/.*)?$", action: extract}, {key: number, pattern: "(?P<x>.*)", action: extract}]',
  convert('int'),
  convert('double'),
  convert('string'),
];

const CHOICES: readonly (readonly [ProcessorCase['signal'], string])[] = [
  ['traces', 'include: {match_type: strict, services: [shop]}'],
  ['traces', 'exclude: {match_type: regexp, span_names: ["^GET", SELECT]}'],
  [
    'traces',
    'include: {match_type: strict, span_kinds: [SPAN_KIND_CLIENT]}, exclude: {match_type: strict, attributes: [{key: user}]}',
  ],
  ['traces', 'include: {match_type: regexp, span_kinds: [UNSPECIFIED]}'],
  ['traces', 'include: {match_type: strict, libraries: [{name: http, version: "1.0"}]}'],
  ['traces', 'include: {match_type: strict, libraries: [{name: ""}]}'],
  ['traces', 'include: {match_type: strict, resources: [{key: list, value: [1, two, {three: 3}]}]}'],
  [
    'traces',
    'include: {match_type: regexp, attributes: [{key: large, value: "^1000"}, {key: small, value: "^0[.]0"}]}',
  ],
  ['traces', 'include: {match_type: regexp, attributes: [{key: list, value: ".*"}]}'],
  ['logs', 'include: {match_type: regexp, log_bodies: ["^one$", "k"]}'],
  ['logs', 'include: {match_type: strict, log_severity_texts: [INFO]}'],
  [
    'logs',
    'include: {log_severity_number: {min: 9, match_undefined: true}}, exclude: {match_type: strict, attributes: [{key: user, value: x}]}',
  ],
  ['metrics', 'include: {match_type: strict, metric_names: [sum, histogram]}'],
  ['metrics', 'exclude: {match_type: strict, resources: [{key: number, value: 42}]}'],
];

export const EDIT_CASES: readonly ProcessorCase[] = [
  ...ACTIONS.map((actions) => ({ signal: 'traces', type: 'resource', settings: `{attributes: ${actions}}` }) as const),
  ...ACTIONS.map((actions) => ({ signal: 'traces', type: 'attributes', settings: `{actions: ${actions}}` }) as const),
  ...ACTIONS.map((actions) => ({ signal: 'metrics', type: 'attributes', settings: `{actions: ${actions}}` }) as const),
  ...ACTIONS.map((actions) => ({ signal: 'logs', type: 'attributes', settings: `{actions: ${actions}}` }) as const),
  ...CHOICES.map(
    ([signal, choice]) =>
      ({
        signal,
        type: 'attributes',
        settings: `{${choice}, actions: [{key: hit, value: 1, action: insert}]}`,
      }) as const,
  ),
];

/** Attributes that name their keys and texts by index into the dictionary's string table. */
const REFERENCES = [
  { keyStrindex: 1, value: { stringValueStrindex: 2 } },
  { keyStrindex: 3, value: { arrayValue: { values: [{ stringValueStrindex: 1 }, { intValue: '1' }] } } },
  {
    key: 'map',
    value: { kvlistValue: { values: [{ keyStrindex: 2, value: { stringValueStrindex: 1 } }] } },
  },
  { key: 'number', value: { intValue: '42' } },
];

export const PROFILE_REQUESTS = {
  profiles: [
    {
      resourceProfiles: [
        {
          resource: { attributes: REFERENCES },
          scopeProfiles: [
            { scope: { name: 's', attributes: REFERENCES }, profiles: [{ samples: [{ values: ['1'] }] }] },
          ],
        },
        { resource, scopeProfiles: [{ profiles: [{ samples: [{}, {}] }] }] },
      ],
      dictionary: { stringTable: ['', 'service.name', 'shop', 'list'] },
    },
  ],
};

export const PROFILE_CASES: readonly ProcessorCase[] = [
  ...ACTIONS,
  '[{key: service.name, action: hash}, {key: list, action: delete}, {key: copy, from_attribute: map, action: insert}]',
].map((actions) => ({ signal: 'profiles', type: 'resource', settings: `{attributes: ${actions}}` }));
