// Writers of both messages, read by an implementation that nobody here wrote.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { METRIC_TYPE, V1_MESSAGE, V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import { writeExponential } from '../../../proto/prometheus/remote-write/writer-histogram.ts';
import { v1FromV2 } from '../../../proto/prometheus/remote-write/writer-v1-from-v2.ts';
import { WriterV1 } from '../../../proto/prometheus/remote-write/writer-v1.ts';
import { WriterV2 } from '../../../proto/prometheus/remote-write/writer-v2.ts';
import { compareTexts, type RequestWriter, SeriesLabels } from '../../../proto/prometheus/remote-write/writer.ts';
import { ProtoWriter } from '../../../proto/wire-writer.ts';
import { seriesOf } from '../../exporters/prometheus_remote_write/expected.ts';
import { decodeRequest, STALE } from '../../exporters/prometheus_remote_write/messages.ts';

const counts = fc.array(fc.oneof(fc.constant(0), fc.nat(1000), fc.integer({ min: 2 ** 40, max: 2 ** 51 })), {
  maxLength: 30,
});
const range = fc.record({ offset: fc.integer({ min: -2000, max: 2000 }), counts });
const histogram = fc.record({
  count: fc.nat(),
  sum: fc.double({ noNaN: true }),
  scale: fc.integer({ min: -4, max: 8 }),
  zeroCount: fc.nat(),
  zeroThreshold: fc.constantFrom(0, 0.5),
  positive: range,
  negative: range,
});
const time = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
const text = fc.string({ unit: fc.constantFrom(...Array.from('ab_é字😀\uff5e')), maxLength: 200 });
const series = fc.record({
  labels: fc.dictionary(text, text, { maxKeys: 5 }),
  samples: fc.array(
    fc.record({ value: fc.double({ noNaN: true }), timeMs: time, startMs: time, isStale: fc.boolean() }),
    {
      maxLength: 4,
    },
  ),
  histograms: fc.array(fc.record({ histogram, timeMs: time, startMs: time, isStale: fc.boolean() }), { maxLength: 2 }),
  exemplars: fc.array(
    fc.record({ labels: fc.dictionary(text, text, { maxKeys: 2 }), value: fc.double(), timeMs: time }),
    {
      maxLength: 2,
    },
  ),
  help: text,
});
type Series = typeof series extends fc.Arbitrary<infer T> ? T : never;

const sorted = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels)
    .toSorted(([a], [b]) => compareTexts(a, b))
    .flat();

function write(writer: RequestWriter, all: readonly Series[]): void {
  const histograms = new ProtoWriter(16);
  for (const one of all) {
    writer.beginSeries(new SeriesLabels(sorted(one.labels)), { type: METRIC_TYPE.counter, help: one.help, unit: 's' });
    for (const { value, isStale, timeMs, startMs } of one.samples) writer.sample(value, isStale, timeMs, startMs);
    for (const { histogram: given, timeMs, startMs, isStale } of one.histograms) {
      histograms.clear();
      writeExponential(histograms, given, timeMs, isStale);
      writer.histogram(histograms.bytes, 0, histograms.length, startMs);
    }
    for (const { labels, value, timeMs } of one.exemplars) writer.exemplar(sorted(labels), value, timeMs);
    writer.endSeries();
  }
}

const requests = fc.array(series, { maxLength: 4 });

void test('what is written is read', () => {
  const v1 = new WriterV1();
  const v2 = new WriterV2();
  fc.assert(
    fc.property(requests, requests, (taken, undone) => {
      for (const [writer, protocol] of [
        [v1, V1_MESSAGE],
        [v2, V2_MESSAGE],
      ] as const) {
        write(writer, taken);
        const { length, seriesCount } = writer;
        for (const one of undone) {
          write(writer, [one]);
          writer.undoSeries();
        }
        assert.deepEqual([writer.length, writer.seriesCount], [length, seriesCount]);
        const decoded = decodeRequest(protocol, writer.finish());
        assert.equal(decoded.timeseries.length, taken.length);
        for (const [index, { samples, exemplars, histograms, help, labels }] of taken.entries()) {
          const found = decoded.timeseries[index];
          assert.ok(found);
          const symbols = decoded.symbols ?? [];
          const textsOf = (of: {
            labels?: readonly { name: string; value: string }[];
            labels_refs?: readonly number[];
          }) =>
            protocol === V1_MESSAGE
              ? (of.labels ?? []).flatMap(({ name, value }) => [name, value])
              : (of.labels_refs ?? []).map((ref) => symbols[ref]);
          assert.deepEqual(textsOf(found), sorted(labels));
          assert.deepEqual(
            found.samples.map(({ value, timestamp }) => (value === STALE ? 'stale' : value) + timestamp),
            samples.map(({ value, isStale, timeMs }) => (isStale ? 'stale' : value) + String(timeMs)),
          );
          assert.deepEqual(
            found.exemplars.map((one) => [textsOf(one), one.value, one.timestamp]),
            exemplars.map((one) => [sorted(one.labels), one.value, String(one.timeMs)]),
          );
          if (protocol === V2_MESSAGE) {
            assert.equal(symbols[found.metadata?.help_ref ?? -1], help);
            assert.deepEqual(
              found.samples.map(({ start_timestamp: start }) => start),
              samples.map(({ startMs }) => String(startMs)),
            );
          }
          const expected = histograms.map(({ histogram: { positive, negative }, isStale }) => [
            isStale,
            [negative.counts.filter((count) => count > 0).toReversed(), positive.counts.filter((count) => count > 0)],
          ]);
          const [read] = seriesOf([{ ...decoded, timeseries: [found] }]);
          assert.deepEqual(
            read?.histograms.map((one, at) => {
              const zeroes = Number(found.histograms[at]?.zero_count_int) > 0 ? 1 : 0;
              const all = one.buckets.map(([, , count]) => count);
              const below = histograms[at]?.histogram.negative.counts.filter((count) => count > 0).length ?? 0;
              return [one.isStale, [all.slice(0, below), all.slice(below + zeroes)]];
            }),
            expected,
          );
        }
      }
    }),
    { seed: 12, numRuns: 150 },
  );
});

void test('a message of 2.0 as one of 1.0 says the same', () => {
  const v1 = new WriterV1();
  const v2 = new WriterV2();
  fc.assert(
    fc.property(requests, (all) => {
      write(v1, all);
      write(v2, all);
      assert.deepEqual(decodeRequest(V1_MESSAGE, v1FromV2(v2.finish())), decodeRequest(V1_MESSAGE, v1.finish()));
    }),
    { seed: 13, numRuns: 100 },
  );
  assert.throws(() => v1FromV2(Uint8Array.of(0x2a, 4, 0x0a, 2, 7, 7)), /reference past the table of symbols/);
});

void test('texts are sorted by their UTF-8', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(compareTexts(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { seed: 14 },
  );
});
