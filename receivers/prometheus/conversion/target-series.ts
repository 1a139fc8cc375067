// A target's series from scrape to scrape: what its page says as OTLP, and markers for what it does not say any more.

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ComponentLogger } from '../../../pipeline/telemetry.ts';
import { AttributeList } from '../../../proto/otlp/metric-writer.ts';
import { NUMBER_DATA_POINT, METRIC_DATA } from '../../../proto/otlp/metrics.ts';
import { equalBytes } from '../../../proto/otlp/text.ts';
import {
  LABEL_NAME_ESCAPED,
  LABEL_STRIDE,
  LABEL_VALUE_ESCAPED,
  type NativeHistogram,
  PageError,
  pageFormat,
  type PageFormat,
  type PageReader,
} from '../../../proto/prometheus/page-reader.ts';
import { ProtobufReader } from '../../../proto/prometheus/protobuf-reader.ts';
import { TextReader } from '../../../proto/prometheus/text-reader.ts';
import type { Scraped, ScrapeReport, Series } from '../scrape-loop.ts';
import type { ScrapeTarget } from '../targets.ts';
import { NativeLimits } from './native-limits.ts';
import { NO_RECORDED_VALUE } from './point-group.ts';
import type { PageRun, SampleRules } from './page-run.ts';
import type { SeriesForm } from './series-form.ts';
import type { SeriesHash } from '../../../proto/prometheus/series-hash.ts';
import { SeriesLimits } from './series-limits.ts';
import { SeriesRewriting } from './series-rewriting.ts';
import { NEW, SEEN_TWICE, SeriesTracker } from './series-tracker.ts';
import type { ConversionSettings } from './settings.ts';
import { targetResource } from './target-resource.ts';

type Counts = Omit<ScrapeReport, 'isUp' | 'durationSeconds' | 'bodyBytes'>;

/** A page as it is kept. */
interface KeptPage {
  readonly compressed: Uint8Array;
  readonly bytes: number;
  readonly format: PageFormat;
}

const CREATED = '_created';
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

export class TargetSeries implements Series {
  readonly #target: ScrapeTarget;
  readonly #settings: ConversionSettings;
  readonly #log: ComponentLogger;
  readonly #run: PageRun;
  readonly #limits: SeriesLimits;
  readonly #nativeLimits: NativeLimits;
  readonly #rewriting: SeriesRewriting;
  readonly #tracker = new SeriesTracker();
  readonly #constants: AttributeList;
  /** Names of labels that every series gets: those of the target, and external ones. */
  readonly #ownLabels: readonly Uint8Array[];
  /** A page with the series of the last scrape; undefined where they have been said to be gone. */
  #page: KeptPage | undefined;
  #counts = { scraped: 0, kept: 0, added: 0 };
  #problems = 0;
  #problem = '';
  #saidProblem = '';

  constructor(target: ScrapeTarget, settings: ConversionSettings, run: PageRun, log: ComponentLogger) {
    const { labels } = target;
    const { externalLabels, honorLabels, relabelling } = settings;
    this.#target = target;
    this.#settings = settings;
    this.#run = run;
    this.#log = log;
    this.#limits = new SeriesLimits(settings);
    this.#nativeLimits = new NativeLimits(settings);
    this.#rewriting = new SeriesRewriting({ targetLabels: labels, externalLabels, honorLabels, relabelling });
    const own = new Map([...labels, ...externalLabels]);
    this.#ownLabels = [...own.keys()].map((name) => Buffer.from(name));
    own.delete('job');
    own.delete('instance');
    this.#constants = new AttributeList([...own].filter(([, value]) => value !== ''));
  }

  convert(page: Uint8Array, contentType: string, timeMs: number): Counts {
    this.#counts = { scraped: 0, kept: 0, added: 0 };
    const format = pageFormat(contentType, this.#settings.fallbackFormat);
    this.#begin();
    this.#tracker.begin();
    this.#rewriting.turn();
    const awaitsCreated =
      format === 'openmetrics' && Buffer.from(page.buffer, page.byteOffset, page.length).includes(CREATED);
    this.#run.run(this.#reader(page, format), this.#rules(false), timeMs, false, awaitsCreated);
    const { sampleLimit } = this.#settings;
    if (sampleLimit > 0 && this.#counts.kept > sampleLimit) {
      throw new PageError(`the page has more samples than sample_limit, ${sampleLimit}: ${this.#counts.kept}`);
    }
    if (this.#page && this.#tracker.isAnyGone) this.#mark(this.#page, timeMs, false);
    // The same series are in the page that is kept: nothing but their values has changed.
    if (!this.#page || !this.#tracker.isUnchanged) {
      this.#page = { compressed: zstdCompressSync(page, COMPRESSION), bytes: page.length, format };
    }
    this.#tracker.commit();
    this.#sayProblem();
    return this.#counts;
  }

  get counts(): Counts {
    return this.#counts;
  }

  convertNothing(timeMs: number): void {
    this.#begin();
    if (this.#page) this.#mark(this.#page, timeMs, true);
    this.#page = undefined;
  }

  finish(report: ScrapeReport, timeMs: number): Scraped {
    this.#report(timeMs, [
      ['up', report.isUp ? 1 : 0],
      ['scrape_duration_seconds', report.durationSeconds],
      ['scrape_samples_scraped', report.scraped],
      ['scrape_samples_post_metric_relabeling', report.kept],
      ['scrape_series_added', report.added],
      ...this.#extra(report.bodyBytes),
    ]);
    return this.#run.output.finish();
  }

  stale(timeMs: number): Scraped {
    this.convertNothing(timeMs);
    const names = [
      'up',
      'scrape_duration_seconds',
      'scrape_samples_scraped',
      'scrape_samples_post_metric_relabeling',
      'scrape_series_added',
      ...this.#extra(0).map(([name]) => name),
    ];
    this.#report(
      timeMs,
      names.map((name) => [name, undefined]),
    );
    return this.#run.output.finish();
  }

  #begin(): void {
    const { labels, discoveredLabels } = this.#target;
    this.#run.output.begin(targetResource(labels.get('job') ?? '', labels.get('instance') ?? '', discoveredLabels));
  }

  #reader(page: Uint8Array, format: PageFormat): PageReader {
    if (format !== 'protobuf') return new TextReader(page, format);
    const { scrapeNativeHistograms, alwaysScrapeClassicHistograms } = this.#target;
    return new ProtobufReader(page, {
      ignoresNative: !scrapeNativeHistograms,
      keepsClassic: alwaysScrapeClassicHistograms,
    });
  }

  /** Markers for the series of a page that was converted before: all, or those which are not in this scrape. */
  #mark(kept: KeptPage, timeMs: number, isAll: boolean): void {
    const page = zstdDecompressSync(kept.compressed, { maxOutputLength: Math.max(1, kept.bytes) });
    const rules = this.#rules(true);
    const tracker = this.#tracker;
    const { trackTimestampsStaleness } = this.#settings;
    this.#run.run(
      this.#reader(page, kept.format),
      {
        ...rules,
        problem: () => undefined,
        admit: (_reader, { low, high }, _form, _name, hasTime) =>
          (!hasTime || trackTimestampsStaleness) && (isAll || !tracker.isCurrent(low, high)),
      },
      timeMs,
      true,
      false,
    );
  }

  #rules(isStale: boolean): SampleRules {
    const { labels, discoveredLabels } = this.#target;
    return {
      form: (reader, hash, raw) => this.#form(reader, hash, raw, isStale),
      admit: (reader, hash, form, name, hasTime) => this.#admit(reader, hash, form, name, hasTime),
      constants: this.#constants,
      honorTimestamps: this.#settings.honorTimestamps,
      native: (reader) => this.#native(reader),
      resourceOf: ({ job, instance }) =>
        targetResource(job ?? labels.get('job') ?? '', instance ?? labels.get('instance') ?? '', discoveredLabels),
      problem: (message) => this.#addProblem(message),
    };
  }

  #form(reader: PageReader, hash: SeriesHash, raw: SeriesForm, isStale: boolean): SeriesForm | undefined {
    if (!isStale) this.#counts.scraped++;
    const isOfResource = raw.look();
    if (raw.hasTwice) throw new PageError(`${reader.place()}: a label is there twice`);
    const isAsItIs =
      !isOfResource &&
      this.#settings.relabelling === undefined &&
      !reader.isNameEscaped &&
      !this.#hasOwnLabel(raw) &&
      !hasEscapes(raw);
    if (isAsItIs) return raw;
    return this.#rewriting.of(reader, hash.key()) ?? undefined;
  }

  #admit(reader: PageReader, hash: SeriesHash, form: SeriesForm, name: string, hasTime: boolean): boolean {
    const { sampleLimit } = this.#settings;
    const counts = this.#counts;
    counts.kept++;
    // The rest is only counted, so that people learn how many there are.
    if (sampleLimit > 0 && counts.kept > sampleLimit) return false;
    this.#limits.check(form, name, form.isWhole ? 2 : this.#ownLabels.length, reader);
    const seen = this.#tracker.see(hash.low, hash.high);
    if (seen === NEW) counts.added++;
    if (seen !== SEEN_TWICE || hasTime) return true;
    this.#addProblem(`${reader.place()}: a series of ${name} is there twice; the first counts`);
    return false;
  }

  #native(reader: PageReader): NativeHistogram {
    const native = this.#nativeLimits.fitting(reader.histogram());
    if (native) return native;
    const { nativeHistogramBucketLimit: limit } = this.#settings;
    throw new PageError(`${reader.place()} has more buckets than native_histogram_bucket_limit, ${limit}`);
  }

  #hasOwnLabel({ bytes, labels, labelCount }: SeriesForm): boolean {
    // job and instance were looked for already.
    if (this.#ownLabels.length <= 2) return false;
    for (let index = 0; index < labelCount; index++) {
      const at = index * LABEL_STRIDE;
      // Safe: below labelCount.
      const [start, end] = [labels[at] as number, labels[at + 1] as number];
      for (const own of this.#ownLabels) if (equalBytes(bytes, start, end, own)) return true;
    }
    return false;
  }

  #extra(bodyBytes: number): [string, number][] {
    if (!this.#settings.hasExtraMetrics) return [];
    return [
      ['scrape_timeout_seconds', this.#target.timeoutMs / 1_000],
      ['scrape_sample_limit', this.#settings.sampleLimit],
      ['scrape_body_size_bytes', bodyBytes],
    ];
  }

  /** The series that a scrape itself makes; undefined is a marker. */
  #report(timeMs: number, values: readonly (readonly [name: string, value: number | undefined])[]): void {
    const { output, metadata } = this.#run;
    const { own, times } = output;
    const fields = NUMBER_DATA_POINT;
    own.close();
    metadata.clear();
    for (const [name, value] of values) {
      own.open(metadata.resolve(name, 'classic').metric);
      const { out } = own;
      const mark = out.begin(METRIC_DATA.dataPoints, 100);
      out.raw(this.#constants.asField(fields.attributes));
      times.write(out, fields.timeUnixNano, timeMs);
      if (value === undefined) out.uint32Field(fields.flags, NO_RECORDED_VALUE);
      else out.doubleField(fields.asDouble, value);
      out.end(mark);
      own.count();
    }
  }

  #addProblem(message: string): void {
    if (this.#problems++ === 0) this.#problem = message;
  }

  /** Samples that were left out, in the log when that changes. */
  #sayProblem(): void {
    const [count, problem] = [this.#problems, this.#problem];
    this.#problems = 0;
    this.#problem = '';
    // Line numbers change from page to page.
    const essence = problem.replace(/^line \d+: /, '');
    if (essence !== '' && essence !== this.#saidProblem) {
      this.#log.warn({ target: this.#target.url, samples: count, first: problem }, 'Samples of a page were left out');
    }
    this.#saidProblem = essence;
  }
}

function hasEscapes({ labels, labelCount }: SeriesForm): boolean {
  for (let at = LABEL_STRIDE - 1; at < labelCount * LABEL_STRIDE; at += LABEL_STRIDE) {
    if (((labels[at] as number) & (LABEL_NAME_ESCAPED | LABEL_VALUE_ESCAPED)) !== 0) return true;
  }
  return false;
}
