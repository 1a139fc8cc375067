import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentError } from '../../../pipeline/errors.ts';
import { OwnedMetrics } from '../../../pipeline/own-telemetry/component-metrics.ts';
import { HistogramSeries, MetricStore, partOf } from '../../../pipeline/own-telemetry/metric-store.ts';
import type { ViewSettings } from '../../../pipeline/own-telemetry/settings.ts';
import { Views } from '../../../pipeline/own-telemetry/views.ts';

function setUp(...settings: ViewSettings[]) {
  const said: string[] = [];
  const say = (_: object, message: string): void => void said.push(message);
  const log = { debug: say, info: say, warn: say, error: say };
  const store = new MetricStore('detailed', new Views(settings, log));
  const exporter = (id: string) => new OwnedMetrics(store, 'exporter', id);
  /** `name{labels} value`, as readers see it. */
  const shown = (): string[] =>
    store.shown().flatMap(({ name, series }) =>
      [...series.values()].map((one) => {
        const part = partOf(one);
        const value = 'value' in part ? part.value : `${part.counts.join('/')} ≤ ${part.bounds.join('/')}`;
        return `${name}${JSON.stringify(one.labels)} ${value}`;
      }),
    );
  return { store, exporter, shown, said };
}

const SENT = { name: 'otelcol_exporter_sent_spans', help: 'Sent.', unit: '{span}' };
const QUEUE = { name: 'otelcol_exporter_queue_size', help: 'Queued.', unit: '{batch}' };
const SIZE = { name: 'otelcol_processor_batch_batch_send_size', help: 'Sizes.', unit: '{unit}', buckets: [10, 100] };

void test('a view renames, describes and drops; what no view names stays', () => {
  const { exporter, shown, store, said } = setUp(
    { selector: { instrument_name: SENT.name }, stream: { name: 'sent', description: 'New.' } },
    { selector: { instrument_name: 'otelcol_exporter_queue_*' }, stream: { aggregation: { drop: {} } } },
  );
  const metrics = exporter('a');
  metrics.counter(SENT).add(3);
  metrics.counter({ ...SENT, name: 'otelcol_exporter_sent_log_records' }).add(4);
  metrics.gauge(QUEUE, () => 5);
  assert.deepEqual(shown(), ['otelcol_exporter_sent_log_records{"exporter":"a"} 4', 'sent{"exporter":"a"} 3']);
  const renamed = store.shown().find(({ name }) => name === 'sent');
  assert.deepEqual([renamed?.help, renamed?.unit], ['New.', '{span}']);
  assert.equal(renamed?.scope, 'go.opentelemetry.io/collector/exporter/exporterhelper');
  // What is dropped is not shown, and goes on being counted for the live view.
  assert(store.families().some(({ name }) => name === QUEUE.name));
  assert.deepEqual(said, []);
});

void test('labels that go fold series: counters and histograms add up, of gauges the last counts', () => {
  const stream = { attribute_keys: { excluded: ['exporter'] } };
  const { exporter, shown } = setUp(
    { selector: { instrument_name: 'otelcol_*' }, stream },
    { selector: { instrument_type: 'histogram' }, stream: { name: 'twice', attribute_keys: { included: ['other'] } } },
  );
  for (const [id, value] of [
    ['a', 20],
    ['b', 1],
  ] as const) {
    exporter(id).counter(SENT).add(value);
    exporter(id).gauge(QUEUE, () => value);
    exporter(id).histogram(SIZE).record(value);
  }
  assert.deepEqual(shown(), [
    'otelcol_exporter_queue_size{} 1',
    'otelcol_exporter_sent_spans{} 21',
    'otelcol_processor_batch_batch_send_size{} 1/1/0 ≤ 10/100',
    'twice{} 1/1/0 ≤ 10/100',
  ]);
  // Reading does not add to what is counted.
  assert.deepEqual(shown().slice(0, 2), ['otelcol_exporter_queue_size{} 1', 'otelcol_exporter_sent_spans{} 21']);
});

void test('a histogram is counted in the buckets of its view, and may be shown as its sum', () => {
  const { exporter, shown, store } = setUp(
    {
      selector: { instrument_name: SIZE.name },
      stream: { aggregation: { explicit_bucket_histogram: { boundaries: [1, 50, 70] } } },
    },
    {
      selector: { instrument_name: SIZE.name },
      stream: { name: 'coarse', aggregation: { explicit_bucket_histogram: { boundaries: [50] } } },
    },
    { selector: { instrument_name: SIZE.name }, stream: { name: 'total', aggregation: { sum: {} } } },
  );
  const histogram = exporter('a').histogram(SIZE);
  for (const value of [1, 2, 50, 60, 1_000]) histogram.record(value);
  assert.deepEqual(shown(), [
    'coarse{"exporter":"a"} 3/2 ≤ 50',
    'otelcol_processor_batch_batch_send_size{"exporter":"a"} 1/2/1/1 ≤ 1/50/70',
    'total{"exporter":"a"} 1113',
  ]);
  assert.equal(store.shown().find(({ name }) => name === 'total')?.type, 'counter');
  assert(histogram instanceof HistogramSeries);
});

void test('a selector matches by everything it names: kind, unit, scope, and wildcards', () => {
  const drop = { aggregation: { drop: {} } };
  const cases: [ViewSettings['selector'], boolean][] = [
    [{ instrument_name: 'otelcol_exporter_sent_span?' }, true],
    [{ instrument_name: 'otelcol.exporter_*' }, false],
    [{ instrument_name: 'OTELCOL_*' }, false],
    [{ instrument_type: 'counter' }, true],
    [{ instrument_type: 'up_down_counter' }, false],
    [{ unit: '{span}' }, true],
    [{ unit: 's' }, false],
    [{ meter_name: 'go.opentelemetry.io/collector/exporter/exporterhelper' }, true],
    [{ meter_name: 'go.opentelemetry.io/collector/exporter/exporterhelper', meter_version: '1' }, false],
    [{ instrument_name: '*', unit: 's' }, false],
  ];
  for (const [selector, isDropped] of cases) {
    const { exporter, shown } = setUp({ selector, stream: drop });
    exporter('a').counter(SENT).add(1);
    assert.equal(shown().length, isDropped ? 0 : 1, JSON.stringify(selector));
  }
});

void test('what does not fit a metric is left out, and said once', () => {
  const { exporter, shown, said } = setUp(
    { selector: { instrument_name: SENT.name }, stream: { aggregation: { last_value: {} } } },
    { selector: { instrument_name: QUEUE.name }, stream: { aggregation: { sum: {} } } },
    { selector: { instrument_name: SIZE.name }, stream: { aggregation: { base2_exponential_bucket_histogram: {} } } },
    {
      selector: { instrument_name: 'other' },
      stream: { aggregation: { explicit_bucket_histogram: { boundaries: [1] } } },
    },
    { selector: { instrument_name: 'otelcol_*' }, stream: { name: 'one' } },
    {
      selector: { instrument_name: 'x' },
      stream: { aggregation: { explicit_bucket_histogram: { boundaries: [2, 1] } } },
    },
  );
  const metrics = exporter('a');
  metrics.counter(SENT).add(1);
  metrics.gauge(QUEUE, () => 1);
  metrics.histogram(SIZE).record(1);
  metrics.counter({ ...SENT, name: 'other' }).add(2);
  const expected = [
    'otelcol_processor_batch_batch_send_size{"exporter":"a"} 1/0/0 ≤ 10/100',
    'other{"exporter":"a"} 2',
  ];
  assert.deepEqual(shown(), expected);
  assert.deepEqual(shown(), expected);
  assert.equal(said.length, 6, said.join('\n'));
});

void test('two metrics under one name of a kind become one; of two kinds the first stays', () => {
  const stream = { name: 'sent' };
  const { exporter, shown, said } = setUp(
    { selector: { instrument_name: SENT.name }, stream },
    { selector: { instrument_name: 'otelcol_exporter_sent_log_records' }, stream },
    { selector: { instrument_name: QUEUE.name }, stream },
  );
  exporter('a').counter(SENT).add(1);
  exporter('b')
    .counter({ ...SENT, name: 'otelcol_exporter_sent_log_records' })
    .add(2);
  exporter('c').gauge(QUEUE, () => 3);
  assert.deepEqual(shown(), ['sent{"exporter":"c"} 3']);
  assert.equal(said.length, 1);
});

void test('a view that the collector would not start with is refused', () => {
  const bad: [ViewSettings, RegExp][] = [
    [{}, /views\[0\]::selector/],
    [{ selector: {} }, /needs a selector/],
    [{ selector: { instrument_name: '' } }, /needs a selector/],
    [
      { selector: { unit: 's' }, stream: { attribute_keys: { included: ['a'], excluded: ['a'] } } },
      /"a" can not be both/,
    ],
  ];
  for (const [settings, message] of bad) {
    assert.throws(
      () => setUp(settings),
      (error) => error instanceof AgentError && error.code === 'TELEMETRY_VIEW' && message.test(String(error)),
    );
  }
});
