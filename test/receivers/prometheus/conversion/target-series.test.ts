// Pages as OTLP, by the rules of the collector's prometheusreceiver v0.161: types, resources, scopes, start times, markers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageRun } from '../../../../receivers/prometheus/conversion/page-run.ts';
import type { ConversionSettings } from '../../../../receivers/prometheus/conversion/settings.ts';
import { TargetSeries } from '../../../../receivers/prometheus/conversion/target-series.ts';
import { validate } from '../../../../proto/otlp/validate.ts';
import { testContext } from '../../../support/context.ts';
import { CONVERSION, shopTarget } from '../../../support/prometheus/conversion.ts';
import { linesOf, pointsOf } from './lines.ts';

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0';
const TEXT = 'text/plain; version=0.0.4';

interface Scraping {
  readonly scrape: (page: string, contentType?: string) => Uint8Array;
  readonly fail: () => Uint8Array;
  readonly gone: () => Uint8Array;
  counts: { scraped: number; kept: number; added: number };
  readonly warnings: string[];
}

function scraping(
  settings: Partial<ConversionSettings> = {},
  labels: Readonly<Record<string, string>> = {},
  trimSuffixes = false,
): Scraping {
  const warnings: string[] = [];
  const { context } = testContext({ kind: 'receiver', id: 'prometheus' });
  const log = { ...context.log, warn: (fields: object) => void warnings.push(String(Object(fields).first)) };
  const run = new PageRun({ name: 'receiver', version: '1', schemaUrl: '', attributes: [] }, trimSuffixes);
  const series = new TargetSeries(shopTarget(labels), { ...CONVERSION, ...settings }, run, log);
  const report = { isUp: true, durationSeconds: 0.25, bodyBytes: 100 };
  let timeMs = 0;
  const valid = (request: Uint8Array): Uint8Array => {
    validate('metrics', request);
    return request;
  };
  const self: Scraping = {
    scrape: (page, contentType = OPENMETRICS) => {
      timeMs += 1_000;
      try {
        series.convert(Buffer.from(page), contentType, timeMs);
      } finally {
        self.counts = { ...series.counts };
      }
      return valid(series.finish({ ...report, ...self.counts }, timeMs).request);
    },
    fail: () => {
      timeMs += 1_000;
      series.convertNothing(timeMs);
      return valid(series.finish({ ...report, isUp: false, scraped: 0, kept: 0, added: 0 }, timeMs).request);
    },
    gone: () => {
      timeMs += 1_000;
      return valid(series.stale(timeMs).request);
    },
    counts: { scraped: 0, kept: 0, added: 0 },
    warnings,
  };
  return self;
}

void test('resource, scope and the series of the scrape itself', () => {
  const { scrape } = scraping({ hasExtraMetrics: true, sampleLimit: 7 }, { env: 'prod' });
  assert.deepEqual(linesOf(scrape('target_info{version="1.2",job="shop",empty=""} 1\n', TEXT)), [
    'resource{service.name=shop,server.address=shop.example,service.instance.id=shop.example:9100,server.port=9100,url.scheme=http,version=1.2,env=prod,exported_job=shop}',
    'scope receiver 1{}',
    'up gauge:gauge{env=prod} 1 @1000 help "The scraping was successful"',
    'scrape_duration_seconds gauge:gauge{env=prod} 0.25 @1000 unit s help "Duration of the scrape"',
    'scrape_samples_scraped gauge:gauge{env=prod} 1 @1000 help "The number of samples the target exposed"',
    'scrape_samples_post_metric_relabeling gauge:gauge{env=prod} 1 @1000 help "The number of samples remaining after metric relabeling was applied"',
    'scrape_series_added gauge:gauge{env=prod} 1 @1000 help "The approximate number of new series in this scrape"',
    'scrape_timeout_seconds unknown:gauge{env=prod} 10 @1000',
    'scrape_sample_limit unknown:gauge{env=prod} 7 @1000',
    'scrape_body_size_bytes unknown:gauge{env=prod} 100 @1000',
  ]);
});

void test('counters keep their names; times of creation and exemplars go with them', () => {
  const { scrape } = scraping();
  const page = `# TYPE requests counter
# HELP requests Requests \\"all\\".
requests_total{code="200"} 5 # {trace_id="0102030405060708090a0b0c0d0e0f10",user="x"} 1 1.5
requests_created{code="200"} 12.5
requests_total{code="500"} 6
# TYPE wait_seconds gauge
# UNIT wait_seconds seconds
wait_seconds 0.5
# EOF
`;
  assert.deepEqual(pointsOf(scrape(page)), [
    'requests_total counter:monotonic sum{code=200} 5 @1000 since 12500 exemplar 1 0102030405060708090a0b0c0d0e0f10{user=x} help "Requests \\"all\\"."',
    'requests_total counter:monotonic sum{code=500} 6 @1000 help "Requests \\"all\\"."',
    'wait_seconds gauge:gauge{} 0.5 @1000 unit s',
  ]);
  assert.deepEqual(
    pointsOf(scraping({}, {}, true).scrape(page)).map((line) => line.split(' ', 1)[0]),
    ['requests', 'requests', 'wait'],
  );
});

void test('histograms and summaries are points with all their parts, in whatever order these come', () => {
  const { scrape, warnings } = scraping();
  const page = `# TYPE size histogram
size_bucket{zone="a",le="+Inf"} 6
size_bucket{zone="a",le="1"} 1
size_bucket{zone="a",le="5"} 4
size_bucket{zone="b",le="1"} 2
size_sum{zone="b"} 3
size_sum{zone="a"} 20
size_count{zone="a"} 6
size_count{zone="b"} 3
size_bucket{zone="c",le="1"} 3
size_bucket{zone="c"} 3
# TYPE lag summary
lag{quantile="0.9"} 3
lag{quantile="0.5"} 2
lag_sum 9
lag_count 4
`;
  assert.deepEqual(pointsOf(scrape(page, TEXT)), [
    'size histogram:histogram{zone=a} count 6 sum 20 buckets 1,3,2 to 1,5 @1000',
    'size histogram:histogram{zone=b} count 3 sum 3 buckets 2,1 to 1 @1000',
    'lag summary:summary{} count 4 sum 9 q0.5=2 q0.9=3 @1000',
  ]);
  assert.deepEqual(warnings, ['line 11: size_bucket has no label le with a number']);
});

void test('what is gone gets a marker once, and so does everything when a scrape fails or the target goes', () => {
  const all = scraping();
  const { scrape, fail, gone } = all;
  const page = `a{x="1"} 1
a{x="2"} 2
# TYPE h histogram
h_bucket{le="1"} 1
h_bucket{le="+Inf"} 2
h_sum 3
h_count 2
own_time 4 500
`;
  scrape(page, TEXT);
  assert.deepEqual(all.counts, { scraped: 7, kept: 7, added: 7 });
  assert.deepEqual(pointsOf(scrape('a{x="2"} 2\nb 1\n', TEXT)), [
    'a unknown:gauge{x=2} 2 @2000',
    'b unknown:gauge{} 1 @2000',
    'a unknown:gauge{x=1} stale @2000',
    'h histogram:histogram{} stale buckets 0,0 to 1 @2000',
  ]);
  assert.deepEqual(all.counts, { scraped: 2, kept: 2, added: 1 });
  assert.deepEqual(pointsOf(scrape('a{x="2"} 2\nb 1\n', TEXT)), [
    'a unknown:gauge{x=2} 2 @3000',
    'b unknown:gauge{} 1 @3000',
  ]);
  assert.deepEqual(pointsOf(fail()), ['a unknown:gauge{x=2} stale @4000', 'b unknown:gauge{} stale @4000']);
  assert.deepEqual(pointsOf(fail()), []);
  assert.deepEqual(pointsOf(scrape('b 1\na{x="2"} 3\n', TEXT)), [
    'b unknown:gauge{} 1 @6000',
    'a unknown:gauge{x=2} 3 @6000',
  ]);
  assert.deepEqual(all.counts, { scraped: 2, kept: 2, added: 0 });
  assert.deepEqual(pointsOf(gone()).length, 2);
  assert.equal(linesOf(gone()).filter((line) => line.includes(' stale ')).length, 5, 'the series of the scrape itself');
  const tracking = scraping({ trackTimestampsStaleness: true });
  tracking.scrape(page, TEXT);
  assert.ok(pointsOf(tracking.fail()).includes('own_time unknown:gauge{} stale @2000'));
});

void test('labels of the target win, or those of the page where they are honoured', () => {
  const page = 'm{job="other",env="x",exported_env="y",place="z"} 1\n';
  assert.deepEqual(
    linesOf(scraping({}, { env: 'prod' }).scrape(page, TEXT))[2],
    'm unknown:gauge{env=prod,exported_env=y,place=z,exported_job=other,exported_exported_env=x} 1 @1000',
  );
  const honoured = linesOf(scraping({ honorLabels: true }, { env: 'prod' }).scrape(page, TEXT));
  assert.ok(honoured.includes('m unknown:gauge{env=x,exported_env=y,place=z} 1 @1000'));
  assert.ok(honoured.some((line) => line.startsWith('resource{service.name=other,')));
  const external = scraping({ externalLabels: new Map([['place', 'all']]) }).scrape(page, TEXT);
  assert.ok(linesOf(external).some((line) => line.startsWith('m ') && line.includes('place=all')));
});

void test('metric relabelling drops and renames; limits fail the scrape as a whole', () => {
  const relabelling = (labels: ReadonlyMap<string, string>): Map<string, string> | undefined =>
    labels.get('drop') === 'yes' ? undefined : new Map([...labels, ['added', 'by rule']]);
  const all = scraping({ relabelling, sampleLimit: 2 });
  for (let round = 1; round <= 3; round++) {
    assert.deepEqual(pointsOf(all.scrape('a{drop="yes"} 1\na 2\nb 3\n', TEXT)), [
      `a unknown:gauge{added=by rule} 2 @${round * 1_000}`,
      `b unknown:gauge{added=by rule} 3 @${round * 1_000}`,
    ]);
    assert.deepEqual(all.counts, { scraped: 3, kept: 2, added: round === 1 ? 2 : 0 });
  }
  assert.throws(() => all.scrape('a 1\nb 2\nc 3\nd 4\n', TEXT), /more samples than sample_limit, 2: 4/);
  assert.deepEqual(all.counts, { scraped: 4, kept: 4, added: 0 }, 'people learn how many there are');
  assert.equal(pointsOf(all.fail()).length, 2, 'those of the last good scrape');
  assert.throws(
    () => scraping({ labelLimit: 3 }).scrape('a{x="1"} 1\n', TEXT),
    /line 1: a has 4 labels, label_limit is 3/,
  );
  assert.throws(
    () => scraping({ labelValueLengthLimit: 2 }).scrape('a{x="123"} 1\n', TEXT),
    /label_value_length_limit, 2 bytes/,
  );
  assert.throws(
    () => scraping({ labelNameLengthLimit: 9 }).scrape('a{long_label_name="1"} 1\n', TEXT),
    /label_name_length_limit/,
  );
  assert.throws(() => scraping({ nameValidation: 'legacy' }).scrape('{"a.b"} 1\n', TEXT), /"a\.b" is no name/);
  assert.throws(() => scraping().scrape('a{x="1",y="2",x="3"} 1\n', TEXT), /line 1: a label is there twice/);
});

void test('scopes by labels, and series that are there twice', () => {
  const { scrape, warnings } = scraping();
  const lines = linesOf(
    scrape(
      'm{otel_scope_name="lib",otel_scope_version="2",otel_scope_k="v",x="1"} 1\nm{x="1"} 2\nm{x="1"} 3\nm{x="1"} 4 7000\n',
      TEXT,
    ),
  );
  assert.ok(lines.includes('scope lib 2{k=v}'));
  assert.deepEqual(
    lines.filter((line) => line.startsWith('m ')),
    ['m unknown:gauge{x=1} 2 @1000', 'm unknown:gauge{x=1} 4 @7000', 'm unknown:gauge{x=1} 1 @1000'],
  );
  assert.deepEqual(warnings, ['line 3: a series of m is there twice; the first counts']);
});

void test('a page that breaks off says where, and costs only itself', () => {
  const { scrape } = scraping();
  scrape('a 1\nb 2\n', TEXT);
  assert.throws(() => scrape('a 1\nb two\n', TEXT), /line 2, column 3: expected a value, found "two", in "b two"/);
  assert.throws(() => scrape('a 1\n'), /the page ends without # EOF/);
  assert.deepEqual(pointsOf(scrape('a 1\nb 2', TEXT)), ['a unknown:gauge{} 1 @4000', 'b unknown:gauge{} 2 @4000']);
});
