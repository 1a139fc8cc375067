import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf } from '../../../pipeline/batch.ts';
import { type Drop, SAMPLED_IDS } from '../../../pipeline/drops.ts';
import { RecentDrops } from '../../../pipeline/own-telemetry/drop-log.ts';
import { CounterSeries, MetricStore } from '../../../pipeline/own-telemetry/metric-store.ts';

const LOSS: Drop = {
  component: 'exporter:otlp_grpc/far',
  rule: 'queue_full',
  reason: 'the queue is full',
  signal: 'traces',
  count: 10,
  intentional: false,
};
const INTENDED: Drop = { ...LOSS, component: 'processor:filter', rule: 'traces.span[0]', intentional: true };

function setUp() {
  const lines: { level: string; fields: object }[] = [];
  const sampled: number[] = [];
  const store = new MetricStore('normal');
  const clock = { now: 1_000_000 };
  const write = (level: string) => (fields: object) => void lines.push({ level, fields });
  const drops = new RecentDrops({
    store,
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    now: () => clock.now,
    sampleTraceIds: (batch, max) => {
      sampled.push(max);
      return Array.from({ length: Math.min(batch.items, max) }, (_, index) => `${clock.now}-${index}`);
    },
  });
  const counted = (): Record<string, number> =>
    Object.fromEntries(
      store
        .families()
        .flatMap(({ series }) => [...series.values()])
        .map((one) => [
          `${one.labels['component']} ${one.labels['rule']}`,
          one instanceof CounterSeries ? one.value : -1,
        ]),
    );
  return { drops, lines, sampled, clock, counted };
}

const batch = (items: number) => batchOf('traces', new Uint8Array(1), items);

void test('a lost span is found by its trace id, whatever the case', () => {
  const { drops, counted } = setUp();
  drops.record(LOSS, ['0af7651916cd43dd8448eb211c80319c']);
  const [found, ...more] = drops.recent('0AF7651916CD43DD8448EB211C80319C');
  assert.deepEqual(found, { ...LOSS, timeUnixMs: 1_000_000, traceIds: ['0af7651916cd43dd8448eb211c80319c'] });
  assert.deepEqual(more, []);
  assert.deepEqual(drops.recent('00000000000000000000000000000000'), []);
  assert.deepEqual(counted(), { 'exporter:otlp_grpc/far queue_full': 10 });
});

void test('a drop of nothing is none', () => {
  const { drops, lines, counted } = setUp();
  drops.record({ ...LOSS, count: 0 }, []);
  assert.deepEqual([drops.recent(), lines, counted()], [[], [], {}]);
});

void test('intended drops at a high rate sample ids once a second and are all counted', () => {
  const { drops, sampled, clock, counted } = setUp();
  for (let second = 0; second < 3; second += 1) {
    for (let index = 0; index < 1_000; index += 1) drops.record(INTENDED, batch(100));
    clock.now += 1_000;
  }
  assert.equal(sampled.length, 3);
  assert.deepEqual(counted(), { 'processor:filter traces.span[0]': 30_000 });
  const records = drops.recent();
  assert.equal(records.length, 3);
  assert.equal(
    records.reduce((sum, { count }) => sum + count, 0),
    30_000,
  );
  for (const { traceIds } of records) assert.equal(traceIds.length, SAMPLED_IDS);
});

void test('small drops share a record until its sample is full', () => {
  const { drops } = setUp();
  for (let index = 0; index < 70; index += 1) drops.record({ ...LOSS, count: 1 }, [`id${index}`]);
  const records = drops.recent();
  assert.deepEqual(
    records.map(({ count, traceIds }) => [count, traceIds.length]).toSorted(([a = 0], [b = 0]) => a - b),
    [
      [6, 6],
      [64, 64],
    ],
  );
  assert.equal(drops.recent('id69').length, 1);
});

void test('intended drops never push losses out, and the rings are bounded', () => {
  const { drops, clock } = setUp();
  drops.record(LOSS, ['lost']);
  for (let index = 0; index < 3_000; index += 1) {
    clock.now += 1_000;
    drops.record(INTENDED, [`meant${index}`]);
  }
  assert.equal(drops.recent('lost').length, 1);
  assert.equal(drops.recent('meant0').length, 0);
  assert.equal(drops.recent('meant2999').length, 1);
  assert.equal(drops.recent()[0]?.traceIds[0], 'meant2999');
  assert.equal(drops.recent().length, 1_001);
});

void test('one log line per rule and ten seconds, with what came between; nothing is left unsaid', () => {
  const { drops, lines, clock } = setUp();
  for (let index = 0; index < 5; index += 1) drops.record(LOSS, []);
  drops.record(INTENDED, []);
  assert.deepEqual(
    lines.map(({ level, fields }) => [level, 'items' in fields ? fields.items : undefined]),
    [
      ['warn', 10],
      ['debug', 10],
    ],
  );
  clock.now += 10_000;
  drops.record(LOSS, []);
  assert.deepEqual(lines.at(-1)?.fields, {
    component: LOSS.component,
    rule: LOSS.rule,
    reason: LOSS.reason,
    signal: 'traces',
    items: 50,
  });
  drops.record(LOSS, []);
  drops.close();
  assert.equal(lines.length, 4);
});

void test('a forgotten component takes its series along, not its records', () => {
  const { drops, counted } = setUp();
  drops.record(LOSS, ['lost']);
  drops.record(INTENDED, []);
  drops.forget(LOSS.component);
  assert.deepEqual(counted(), { 'processor:filter traces.span[0]': 10 });
  assert.equal(drops.recent('lost').length, 1);
  drops.record(LOSS, []);
  assert.equal(counted()['exporter:otlp_grpc/far queue_full'], 10);
  drops.close();
});

void test('however many rules there are, the series stay bounded', () => {
  const { drops, counted } = setUp();
  for (let index = 0; index < 5_000; index += 1) drops.record({ ...LOSS, rule: `rule${index}`, count: 1 }, []);
  const series = counted();
  assert.equal(Object.keys(series).length, 2_001);
  assert.equal(series[`${LOSS.component} other`], 3_000);
  drops.close();
});
