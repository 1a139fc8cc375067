// Makes native histograms as coarse as a job wants them: native_histogram_min_bucket_factor and native_histogram_bucket_limit,
// by the rules of prometheus/prometheus scrape and model/histogram (v0.314).

import type { NativeBuckets, NativeHistogram } from '../../../proto/prometheus/page-reader.ts';
import type { ConversionSettings } from './settings.ts';

const MIN_SCHEMA = -4;
const MAX_SCHEMA = 8;
/** Between these a schema is one of exponential buckets, known or yet to come. */
const MIN_EXPONENTIAL = -9;
const MAX_EXPONENTIAL = 52;

export class NativeLimits {
  readonly #bucketLimit: number;
  readonly #maxSchema: number;

  constructor(settings: Pick<ConversionSettings, 'nativeHistogramBucketLimit' | 'nativeHistogramMinBucketFactor'>) {
    this.#bucketLimit = settings.nativeHistogramBucketLimit;
    this.#maxSchema = schemaOf(settings.nativeHistogramMinBucketFactor);
  }

  /** The histogram, coarser where it has to be; undefined where it can not be coarse enough. */
  fitting(native: NativeHistogram): NativeHistogram | undefined {
    let fit = native;
    const isExponential = native.schema >= MIN_EXPONENTIAL && native.schema <= MAX_EXPONENTIAL;
    if (this.#maxSchema < MAX_SCHEMA && isExponential && native.schema > this.#maxSchema) {
      fit = coarser(fit, this.#maxSchema);
    }
    const limit = this.#bucketLimit;
    if (limit === 0) return fit;
    while (fit.positive.counts.length + fit.negative.counts.length > limit) {
      if (fit.schema <= MIN_SCHEMA || fit.schema > MAX_SCHEMA) return undefined;
      fit = coarser(fit, fit.schema - 1);
    }
    return fit;
  }
}

/** The finest schema whose buckets grow by this factor at least; a factor of up to 1 asks for none. */
function schemaOf(factor: number): number {
  if (factor <= 1) return MAX_SCHEMA;
  return Math.max(MIN_SCHEMA, Math.min(MAX_SCHEMA, Math.floor(-Math.log2(Math.log2(factor)))));
}

function coarser(native: NativeHistogram, schema: number): NativeHistogram {
  const shift = native.schema - schema;
  return {
    ...native,
    schema,
    positive: merged(native.positive, shift),
    negative: merged(native.negative, shift),
  };
}

/** 2^shift neighbours become one bucket. A bucket's index is that of its upper bound. */
function merged({ spans, counts }: NativeBuckets, shift: number): NativeBuckets {
  const width = 2 ** shift;
  const newSpans: number[] = [];
  const newCounts: number[] = [];
  let index = 0;
  let at = 0;
  let last = 0;
  for (let span = 0; span < spans.length; span += 2) {
    index += spans[span] ?? 0;
    for (let left = spans[span + 1] ?? 0; left > 0; left--, index++, at++) {
      const to = Math.floor((index - 1) / width) + 1;
      const count = counts[at] ?? 0;
      if (newCounts.length > 0 && to === last) newCounts[newCounts.length - 1] = (newCounts.at(-1) ?? 0) + count;
      else {
        if (newCounts.length === 0) newSpans.push(to, 1);
        else if (to === last + 1) newSpans[newSpans.length - 1] = (newSpans.at(-1) ?? 0) + 1;
        else newSpans.push(to - last - 1, 1);
        newCounts.push(count);
        last = to;
      }
    }
  }
  return { spans: newSpans, counts: newCounts };
}
