// The same traces, logs and metrics through otelcol's groupbyattrs and through ours. Needs a collector that has the processor
// (bench/otelcol/builder.yaml), its path in OTELCOL.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signal } from '../../pipeline/signal.ts';
import groupByAttrs from '../../processors/groupbyattrs/index.ts';
import { attributes, batchOfJson, decoded, normalised, running } from '../support/processor.ts';
import { collector } from '../support/peers.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { throughCollector } from './through-collector.ts';

const TYPE = 'groupbyattrs';

const { program: otelcol, skip } = collector(TYPE);

const SETTINGS: readonly string[] = [
  '{keys: [host]}',
  '{keys: [host, "", zone, host, nothing]}',
  '{keys: [service.name]}',
  '{}',
];

/** Attributes of a few keys and values, so that many are alike. */
function some(random: SeededRandom, keys: readonly string[]): object[] {
  const values = ['a', 'b', 3, true, ['x'], { deep: 1 }];
  const entries = keys
    .filter(() => random.chance(0.6))
    .map((key) => [key, values[random.below(values.length)]] as const);
  return attributes(Object.fromEntries(random.chance(0.5) ? entries : entries.toReversed()));
}

const ITEM_KEYS = ['host', 'zone', 'service.name', 'other'];

function items<T>(random: SeededRandom, make: () => T): T[] {
  return Array.from({ length: random.below(4) }, make);
}

function metric(random: SeededRandom): object {
  const point = (): object => ({ attributes: some(random, ITEM_KEYS), timeUnixNano: String(1 + random.below(9)) });
  const number = (): object => ({ ...point(), asInt: String(random.below(9)) });
  const name = `m${random.below(3)}`;
  switch (random.below(6)) {
    case 0:
      return { name, unit: 's', description: 'd', gauge: { dataPoints: items(random, number) } };
    case 1:
      return { name, sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: items(random, number) } };
    case 2:
      return {
        name,
        histogram: { aggregationTemporality: 1, dataPoints: items(random, () => ({ ...point(), count: '2' })) },
      };
    case 3:
      return {
        name,
        metadata: attributes({ m: 1 }),
        exponentialHistogram: {
          aggregationTemporality: 2,
          dataPoints: items(random, () => ({
            ...point(),
            count: '1',
            positive: { offset: 1, bucketCounts: ['1'] },
            negative: { offset: 1, bucketCounts: ['1'] },
          })),
        },
      };
    case 4:
      return { name, summary: { dataPoints: items(random, () => ({ ...point(), count: '2', sum: 3 })) } };
    default:
      return { name };
  }
}

function requestOf(signal: Signal, seed: number): object {
  const random = new SeededRandom(seed);
  const scope = (): object => ({
    name: `l${random.below(2)}`,
    version: `${random.below(2)}`,
    attributes: attributes({ s: 1 }),
  });
  const resource = (): object => ({ attributes: some(random, ['service.name', 'host', 'region']) });
  switch (signal) {
    case 'traces': {
      const span = (): object => ({ name: `s${random.below(9)}`, kind: 2, attributes: some(random, ITEM_KEYS) });
      const scopeSpans = (): object => ({ scope: scope(), spans: items(random, span) });
      return { resourceSpans: items(random, () => ({ resource: resource(), scopeSpans: items(random, scopeSpans) })) };
    }
    case 'logs': {
      const record = (): object => ({
        body: { stringValue: `${random.below(9)}` },
        attributes: some(random, ITEM_KEYS),
      });
      const scopeLogs = (): object => ({ scope: scope(), logRecords: items(random, record) });
      return { resourceLogs: items(random, () => ({ resource: resource(), scopeLogs: items(random, scopeLogs) })) };
    }
    default: {
      const scopeMetrics = (): object => ({ scope: scope(), metrics: items(random, () => metric(random)) });
      return {
        resourceMetrics: items(random, () => ({ resource: resource(), scopeMetrics: items(random, scopeMetrics) })),
      };
    }
  }
}

for (const signal of ['traces', 'logs', 'metrics'] as const) {
  void test(`seeded ${signal}`, { skip }, async () => {
    const requests = Array.from({ length: 30 }, (_, seed) => requestOf(signal, seed + 1)).filter(
      (request) => JSON.stringify(request).length > 60,
    );
    const cases = SETTINGS.map((settings) => ({ signal, type: TYPE, settings }));
    const theirs = await throughCollector(otelcol, cases, { [signal]: requests });
    for (const [index, settings] of SETTINGS.entries()) {
      const { processor, next } = running(groupByAttrs, settings, signal);
      for (const request of requests) await processor.consume(batchOfJson(signal, request));
      // The collector also sends on what has nothing left in it.
      const expected = (theirs[index] ?? [])
        .filter((request) => Object.keys(request).length > 0)
        .map((request) => normalised(decoded(batchOfJson(signal, request))));
      assert.ok(expected.length > 10, 'there is something to compare');
      assert.deepEqual(
        next.batches.map((batch) => normalised(decoded(batch))),
        expected,
        settings,
      );
    }
  });
}
