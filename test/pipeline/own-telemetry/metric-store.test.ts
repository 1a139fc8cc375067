import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CounterSeries,
  GaugeSeries,
  HistogramSeries,
  MetricStore,
} from '../../../pipeline/own-telemetry/metric-store.ts';

/** As it arrives from another thread. */
function told(store: MetricStore): ReturnType<MetricStore['part']> {
  return structuredClone(store.part());
}

function valueOf(store: MetricStore, name: string, labels: object): unknown {
  for (const family of store.families()) {
    if (family.name !== name) continue;
    for (const one of family.series.values()) {
      if (JSON.stringify(one.labels) !== JSON.stringify(labels)) continue;
      if (one instanceof HistogramSeries) return { counts: one.counts, sum: one.sum, count: one.count };
      return one instanceof GaugeSeries ? one.value() : one.value;
    }
  }
  return undefined;
}

void test('series of other threads are added to those of the same name and labels', () => {
  const stores = [new MetricStore('normal'), new MetricStore('normal')] as const;
  for (const [index, store] of stores.entries()) {
    store.counter(store, { name: 'sent', help: 'h' }, { exporter: 'a' }).add(index + 1);
    store.gauge(store, { name: 'size', help: 'h' }, { exporter: 'a' }, () => 10 * (index + 1));
    const histogram = store.histogram(store, { name: 'batch', help: 'h' }, {}, [1, 5]);
    histogram.record(index === 0 ? 1 : 3);
    histogram.record(9);
  }
  const [main, other] = stores;
  other.counter(other, { name: 'sent', help: 'h' }, { exporter: 'b' }).add(7);
  other.observedCounter(other, { name: 'elsewhere', help: 'h' }, {}, () => 4);
  main.setPart(1, told(other));
  assert.equal(valueOf(main, 'sent', { exporter: 'a' }), 3);
  assert.equal(valueOf(main, 'sent', { exporter: 'b' }), 7);
  assert.equal(valueOf(main, 'size', { exporter: 'a' }), 30);
  assert.equal(valueOf(main, 'elsewhere', {}), 4);
  assert.deepEqual(valueOf(main, 'batch', {}), { counts: [1, 1, 2], sum: 22, count: 4 });
});

void test('what a thread tells replaces what it told before, and reading changes nothing', () => {
  const [main, other] = [new MetricStore('normal'), new MetricStore('normal')];
  const own = main.counter(main, { name: 'sent', help: 'h' }, {});
  const others = other.counter(other, { name: 'sent', help: 'h' }, {});
  own.add(1);
  others.add(1);
  main.setPart(1, told(other));
  others.add(1);
  main.setPart(1, told(other));
  assert.equal(valueOf(main, 'sent', {}), 3);
  assert.equal(valueOf(main, 'sent', {}), 3);
  assert.equal(own.value, 1);
  other.release(other);
  main.setPart(1, told(other));
  assert.equal(valueOf(main, 'sent', {}), 1);
  assert(main.families().every(({ series }) => [...series.values()].every((one) => one instanceof CounterSeries)));
});
