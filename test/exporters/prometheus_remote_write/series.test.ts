// The series of remote write beside those of the collector's exporter, recorded in test/data/prometheus-remote-write.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { config } from '../../../exporters/prometheus_remote_write/config.ts';
import { Conversion } from '../../../exporters/prometheus_remote_write/conversion.ts';
import { batchOf } from '../../../pipeline/batch.ts';
import { snappyUncompress } from '../../../pipeline/transport/snappy.ts';
import { countItems } from '../../../proto/otlp/count.ts';
import { V1_MESSAGE, V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import { requests } from '../../proto/arbitrary.ts';
import { encode } from '../../proto/reference.ts';
import { batchOfJson } from '../../support/processor.ts';
import { asTheCollectors, REQUESTS, SETTINGS } from './cases.ts';
import { seriesOf } from './expected.ts';
import { comparableSeries, decodeRequest } from './messages.ts';
import { sentBy } from './running.ts';

for (const [name, settings] of Object.entries(SETTINGS)) {
  void test(`the collector's series: ${name}`, async () => {
    const recorded = readFileSync(new URL(`../../data/prometheus-remote-write/${name}.txt`, import.meta.url), 'utf8');
    const received = await sentBy(
      settings,
      REQUESTS.map((request) => batchOfJson('metrics', request)),
    );
    assert.deepEqual(asTheCollectors(received), recorded.trimEnd().split('\n'));
  });
}

void test('deltas are added up', async () => {
  const received = await sentBy(
    { convert_explicit_histograms_to_nhcb: true, keep_classic_histograms: true },
    REQUESTS.map((request) => batchOfJson('metrics', request)),
  );
  const lines = comparableSeries(received.map(({ request }) => request));
  const labels = 'instance="d",job="deltas"';
  assert.deepEqual(
    lines
      .filter((line) => line.includes('"delta_'))
      .map((line) => line.replaceAll(/ custom_values.*?zero_threshold=\S+/g, '')),
    [
      `{__name__="delta_count_total",${labels}} | 5@1700000060123 | 12@1700000120123`,
      `{__name__="delta_exponential",${labels}} | H count_int="3" sum=3 positive [1:1 2:2] negative [] | H count_int="8" sum=13 positive [1:3 4:4] negative []`,
      `{__name__="delta_histogram",${labels}} | H count_int="3" sum=3 positive [0:1 1:2] negative [] | H count_int="7" sum=13 positive [0:5 1:2] negative []`,
      `{__name__="delta_histogram_bucket",${labels},le="+Inf"} | 3@1700000060123 | 7@1700000120123`,
      `{__name__="delta_histogram_bucket",${labels},le="1"} | 1@1700000060123 | 5@1700000120123`,
      `{__name__="delta_histogram_count",${labels}} | 3@1700000060123 | 7@1700000120123`,
      `{__name__="delta_histogram_sum",${labels}} | 3@1700000060123 | 13@1700000120123`,
    ],
  );
});

void test('labels are sorted, and samples and exemplars in the order of time', async () => {
  for (const settings of Object.values(SETTINGS)) {
    const received = await sentBy(
      settings,
      REQUESTS.map((request) => batchOfJson('metrics', request)),
    );
    for (const { request } of received) {
      const { symbols = [] } = request;
      assert.equal(symbols[0] ?? '', '');
      assert.equal(new Set(symbols).size, symbols.length);
      for (const series of request.timeseries) {
        const names =
          series.labels && series.labels.length > 0
            ? series.labels.map((label) => label.name)
            : (series.labels_refs ?? []).filter((_, index) => index % 2 === 0).map((ref) => symbols[ref] ?? '');
        assert.deepEqual(names, [...new Set(names)].toSorted());
        for (const sorted of [series.samples, series.histograms, series.exemplars]) {
          const times = sorted.map((one) => Number(one['timestamp']));
          assert.deepEqual(
            times,
            times.toSorted((a, b) => a - b),
          );
        }
      }
    }
  }
});

void test('whatever comes, what goes out is whole', () => {
  for (const protocol of [V1_MESSAGE, V2_MESSAGE] as const) {
    const settings = config.parse({ endpoint: 'http://a/', protobuf_message: protocol, max_batch_size_bytes: 4_000 });
    const conversion = new Conversion(settings);
    for (const request of fc.sample(requests.metrics, { seed: 71, numRuns: 100 })) {
      const bytes = encode('metrics', request);
      const batch = batchOf('metrics', bytes, countItems('metrics', bytes));
      const converted = conversion.convert(batch, protocol, 0);
      let points = 0;
      for (const dropped of converted.dropped.values()) points += dropped;
      for (const one of converted.requests) {
        points += one.points;
        const decoded = decodeRequest(protocol, snappyUncompress(one.body, 1 << 24));
        assert.ok(one.bytes <= 4_000 || decoded.timeseries.length === 1);
        for (const { labels } of seriesOf([decoded]))
          assert.ok(labels['__name__'] !== undefined, JSON.stringify(labels));
      }
      assert.equal(points, batch.items);
    }
  }
});
