import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { batchOf } from '../../../pipeline/batch.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import type { Signal } from '../../../pipeline/signal.ts';
import attributesProcessor from '../../../processors/attributes/index.ts';
import { SOON } from '../../support/context.ts';
import { allAttributes, attributes, batchOfJson, decoded, running } from '../../support/processor.ts';

const MARK = 'actions: [{key: hit, value: yes, action: insert}]';

const TRACES = {
  resourceSpans: [
    {
      resource: { attributes: attributes({ 'service.name': 'shop', zone: 1 }) },
      scopeSpans: [
        {
          scope: { name: 'http', version: '1.2' },
          spans: [
            { name: 'GET /a', kind: 2, attributes: attributes({ n: 'get', user: 'x' }) },
            { name: 'POST /b', kind: 3, attributes: attributes({ n: 'post', size: 1.5, list: [1, 'a'] }) },
          ],
        },
        { scope: { name: 'db' }, spans: [{ name: 'SELECT', attributes: attributes({ n: 'select' }) }] },
      ],
    },
    { scopeSpans: [{ spans: [{ name: 'GET /c', attributes: attributes({ n: 'bare' }) }] }] },
  ],
};

const LOGS = {
  resourceLogs: [
    {
      resource: { attributes: attributes({ zone: 1 }) },
      scopeLogs: [
        {
          logRecords: [
            {
              severityNumber: 9,
              severityText: 'INFO',
              body: { stringValue: 'hello' },
              attributes: attributes({ n: 'info' }),
            },
            {
              severityNumber: 17,
              severityText: 'ERROR',
              body: { intValue: '5' },
              attributes: attributes({ n: 'error' }),
            },
            { attributes: attributes({ n: 'none' }) },
          ],
        },
      ],
    },
  ],
};

const point = (n: string): object => ({ attributes: attributes({ n }), timeUnixNano: '1' });
const METRICS = {
  resourceMetrics: [
    {
      resource: { attributes: attributes({ zone: 1 }) },
      scopeMetrics: [
        {
          metrics: [
            { name: 'g', gauge: { dataPoints: [point('gauge')] } },
            { name: 's', sum: { dataPoints: [point('sum1'), point('sum2')] } },
            { name: 'h', histogram: { dataPoints: [point('histogram')] } },
            { name: 'e', exponentialHistogram: { dataPoints: [point('exponential')] } },
            { name: 'q', summary: { dataPoints: [point('summary')] } },
          ],
        },
      ],
    },
  ],
};

const REQUESTS = { traces: TRACES, logs: LOGS, metrics: METRICS };

/** Which items (by their attribute `n`) these settings change. */
async function hits(signal: 'traces' | 'logs' | 'metrics', settings: string): Promise<unknown[]> {
  const { processor, next } = running(attributesProcessor, `${settings}\n${MARK}`, signal);
  await processor.consume(batchOfJson(signal, REQUESTS[signal]));
  return allAttributes(next.batches[0])
    .filter((one) => one['hit'] !== undefined)
    .map((one) => one['n']);
}

const CHOICES: readonly (readonly ['traces' | 'logs' | 'metrics', string, readonly string[]])[] = [
  ['traces', '', ['get', 'post', 'select', 'bare']],
  ['traces', 'include: {match_type: strict, services: [shop]}', ['get', 'post', 'select']],
  ['traces', 'include: {match_type: strict, services: ["<nil-service-name>"]}', ['bare']],
  ['traces', 'exclude: {match_type: regexp, services: ["^sh"]}', ['bare']],
  ['traces', 'include: {match_type: regexp, span_names: ["^GET", "^x$"]}', ['get', 'bare']],
  ['traces', 'include: {match_type: strict, span_kinds: [SPAN_KIND_CLIENT]}', ['post']],
  ['traces', 'include: {match_type: regexp, span_kinds: ["SERVER|CLIENT"]}', ['get', 'post']],
  ['traces', 'include: {match_type: strict, libraries: [{name: http, version: "1.2"}]}', ['get', 'post']],
  ['traces', 'include: {match_type: strict, libraries: [{name: http, version: "1.3"}]}', []],
  ['traces', 'include: {match_type: strict, attributes: [{key: size}]}', ['post']],
  ['traces', 'include: {match_type: strict, attributes: [{key: size, value: 1.5}]}', ['post']],
  ['traces', 'include: {match_type: regexp, attributes: [{key: size, value: "^1[.]5$"}]}', ['post']],
  ['traces', 'include: {match_type: strict, attributes: [{key: list, value: [1, a]}]}', ['post']],
  ['traces', 'include: {match_type: strict, attributes: [{key: n, value: get}, {key: user, value: y}]}', []],
  ['traces', 'include: {match_type: strict, resources: [{key: zone, value: 1}]}', ['get', 'post', 'select']],
  ['traces', 'include: {match_type: strict, resources: [{key: zone, value: "1"}]}', []],
  [
    'traces',
    'include: {match_type: strict, services: [shop]}\nexclude: {match_type: regexp, span_names: [POST]}',
    ['get', 'select'],
  ],
  ['logs', 'include: {match_type: regexp, log_bodies: ["^(hello|5)$"]}', ['info', 'error']],
  ['logs', 'include: {match_type: strict, log_severity_texts: [ERROR]}', ['error']],
  ['logs', 'include: {log_severity_number: {min: 10}}', ['error']],
  ['logs', 'include: {log_severity_number: {min: 10, match_undefined: true}}', ['error', 'none']],
  ['logs', 'exclude: {match_type: strict, resources: [{key: zone, value: 1}]}', []],
  ['metrics', '', ['gauge', 'sum1', 'sum2', 'histogram', 'exponential', 'summary']],
  ['metrics', 'include: {match_type: strict, metric_names: [s, e]}', ['sum1', 'sum2', 'exponential']],
  ['metrics', 'exclude: {match_type: regexp, metric_names: ["[gs]"]}', ['histogram', 'exponential', 'summary']],
  // Resources of metrics are taken, but not looked at, as in the collector.
  [
    'metrics',
    'exclude: {match_type: strict, resources: [{key: zone, value: 1}]}',
    ['gauge', 'sum1', 'sum2', 'histogram', 'exponential', 'summary'],
  ],
];

void test('include and exclude choose items', async () => {
  for (const [signal, settings, expected] of CHOICES) {
    assert.deepEqual(await hits(signal, settings), expected, `${signal}: ${settings}`);
  }
});

void test('nothing but the chosen attributes changes', async () => {
  const { processor, next } = running(
    attributesProcessor,
    'include: {match_type: strict, span_names: [POST /b]}\nactions: [{key: n, value: new, action: update}]',
  );
  await processor.consume(batchOfJson('traces', TRACES));
  const expected = structuredClone(TRACES);
  expected.resourceSpans[0]!.scopeSpans[0]!.spans[1]!.attributes[0] = { key: 'n', value: { stringValue: 'new' } };
  assert.deepEqual(decoded(next.batches[0]), decoded(batchOfJson('traces', expected)));
});

void test('a batch in which nothing is chosen stays the same object', async () => {
  const { processor, next } = running(attributesProcessor, `include: {match_type: strict, services: [other]}\n${MARK}`);
  const batch = batchOfJson('traces', TRACES);
  await processor.consume(batch);
  assert.equal(next.batches[0], batch);
});

void test('properties that mean nothing for the signal are refused when the pipeline is built', () => {
  const cases: readonly (readonly [Signal, string, RegExp])[] = [
    ['traces', 'include: {match_type: strict, log_bodies: [x]}', /log_bodies can not be used for traces/],
    ['traces', 'include: {match_type: strict}', /at least one of services/],
    ['traces', 'include: {match_type: strict, span_kinds: [server]}', /"server" is not one of the span kinds/],
    ['logs', 'exclude: {match_type: strict, services: [x]}', /services can not be used for logs/],
    ['metrics', 'include: {match_type: strict, attributes: [{key: x}]}', /attributes can not be used for metrics/],
    ['metrics', 'include: {match_type: strict}', /at least one of metric_names/],
  ];
  for (const [signal, settings, message] of cases) {
    assert.throws(() => running(attributesProcessor, `${settings}\n${MARK}`, signal), message);
  }
});

void test('bad settings are refused', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['include: {services: [x]}', /match_type is missing/],
    ['include: {match_type: glob, services: [x]}', /strict.*regexp/],
    ['include: {match_type: regexp, services: ["("]}', /is not a regular expression/],
    ['include: {match_type: regexp, attributes: [{key: a, value: 1}]}', /only supports text/],
    ['include: {match_type: strict, attributes: [{value: 1}]}', /key/],
    ['include: {match_type: strict, nope: [x]}', /nope/],
  ];
  for (const [settings, message] of cases) {
    assert.throws(() => attributesProcessor.config.parse(parse(`${settings}\n${MARK}`)), message, settings);
  }
  assert.throws(() => attributesProcessor.config.parse({}), /missing required field/);
});

void test('what the next component says comes back, and malformed bytes are rejected', async () => {
  const { processor, next } = running(attributesProcessor, MARK);
  const full = new Refused('full');
  next.fail = () => full;
  await processor.start();
  await assert.rejects(processor.consume(batchOfJson('traces', TRACES)), (error) => error === full);
  await assert.rejects(
    processor.consume(batchOf('traces', Uint8Array.of(0x0a, 0x05, 0x0a), 2)),
    (error) => error instanceof Rejected && error.count === 2,
  );
  await processor.stop(SOON());
});
