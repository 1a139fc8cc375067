// Pages of targets: whole, broken and changing from scrape to scrape, in all three formats, up to the OTLP that is made of them.

import { test, type TestContext } from 'node:test';
import { validate } from '../../../proto/otlp/validate.ts';
import { checkOpenMetrics } from '../../../proto/prometheus/openmetrics-check.ts';
import { PageError, type PageFormat } from '../../../proto/prometheus/page-reader.ts';
import { PageRun } from '../../../receivers/prometheus/conversion/page-run.ts';
import type { ConversionSettings } from '../../../receivers/prometheus/conversion/settings.ts';
import { TargetSeries } from '../../../receivers/prometheus/conversion/target-series.ts';
import { compileRelabelling } from '../../../receivers/prometheus/relabel.ts';
import { protobufPage } from '../../interop/protobuf-pages.ts';
import { textparseCases } from '../../interop/textparse-cases.ts';
import { testContext } from '../../support/context.ts';
import { shopTarget } from '../../support/prometheus/conversion.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { fuzz, type Verdict } from './driver.ts';
import { mutateBytes, mutateText } from './mutate.ts';

const SETTINGS: ConversionSettings = {
  honorLabels: false,
  honorTimestamps: true,
  trackTimestampsStaleness: true,
  sampleLimit: 5_000,
  labelLimit: 100,
  labelNameLengthLimit: 200,
  labelValueLengthLimit: 10_000,
  nativeHistogramBucketLimit: 10,
  nativeHistogramMinBucketFactor: 1.1,
  nameValidation: 'utf8',
  hasExtraMetrics: true,
  fallbackFormat: 'text',
  relabelling: undefined,
  externalLabels: new Map([['region', 'eu']]),
};
const RELABELLED: ConversionSettings = {
  ...SETTINGS,
  honorLabels: true,
  honorTimestamps: false,
  relabelling: compileRelabelling([]),
};

const CONTENT_TYPES: Readonly<Record<PageFormat, string>> = {
  text: 'text/plain; version=0.0.4',
  openmetrics: 'application/openmetrics-text; version=1.0.0',
  protobuf: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
};

const TARGET = { ...shopTarget({ zone: 'a' }), alwaysScrapeClassicHistograms: true };

const WORDS = [
  '# TYPE ', '# HELP ', '# UNIT ', '# EOF\n', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset', 'unknown', '_bucket',
  '_count', '_sum', '_total', '_created', '_info', '{le="1"}', '{le="+Inf"}', '{quantile="2"}', ' # {trace_id="00"} 1', 'NaN',
  '+Inf', '-1e308', '1e-400', '18446744073709551616', '-9223372036854775808', 'target_info{a="b"} 1\n', 'otel_scope_name="x"',
  'otel_scope_info', 'job="other"', 'instance=""', '__name__="x"', '"with.dots"', '\\n', 'exported_job="x"',
] as const; // prettier-ignore

/** One target of each kind, which meets page after page. */
function target(format: PageFormat): (page: Uint8Array) => Verdict {
  const { context } = testContext({ kind: 'receiver', id: 'prometheus' });
  const run = new PageRun({ name: 'receiver', version: '1', schemaUrl: '', attributes: [] }, true);
  const all = [SETTINGS, RELABELLED].map((settings) => new TargetSeries(TARGET, settings, run, context.log));
  let timeMs = 1_700_000_000_000;
  return (page) => {
    let verdict: Verdict = 'accepted';
    timeMs += 1_000;
    for (const series of all) {
      let counts = { scraped: 0, kept: 0, added: 0 };
      try {
        counts = series.convert(page, CONTENT_TYPES[format], timeMs);
      } catch (error) {
        if (!(error instanceof PageError)) throw error;
        verdict = 'refused';
        series.convertNothing(timeMs);
      }
      const report = { isUp: verdict === 'accepted', durationSeconds: 0.25, bodyBytes: page.length, ...counts };
      const { request, points } = series.finish(report, timeMs);
      if (validate('metrics', request) !== points) throw new Error(`there are not ${points} points`);
    }
    return verdict;
  };
}

const texts = (format: PageFormat): string[] =>
  textparseCases()
    .filter((one) => one.format === format && one.page.length < 10_000)
    .slice(0, 300)
    .map(({ page }) => page.toString());

async function fuzzTexts(context: TestContext, format: 'text' | 'openmetrics'): Promise<void> {
  const pages = texts(format);
  const convert = target(format);
  await fuzz(
    context,
    {
      name: `prometheus ${format} page`,
      make: (random: SeededRandom) => {
        const page = pages[random.below(pages.length)] ?? '';
        if (random.chance(0.1)) return Buffer.from(page);
        if (random.chance(0.2)) return mutateBytes(Buffer.from(page), random, []);
        return Buffer.from(mutateText(page, random, WORDS, pages));
      },
      try: (page) => {
        if (format === 'openmetrics') {
          try {
            checkOpenMetrics(page);
          } catch (error) {
            if (!(error instanceof PageError)) throw error;
          }
        }
        return convert(page);
      },
    },
    20,
  );
}

void test('text pages', (context) => fuzzTexts(context, 'text'));

void test('OpenMetrics pages', (context) => fuzzTexts(context, 'openmetrics'));

void test('protobuf pages', async (context) => {
  const convert = target('protobuf');
  await fuzz(
    context,
    {
      name: 'prometheus protobuf page',
      make: (random) => {
        const page = protobufPage(random);
        return random.chance(0.3) ? page : mutateBytes(page, random, [protobufPage(random)]);
      },
      try: convert,
    },
    20,
  );
});
