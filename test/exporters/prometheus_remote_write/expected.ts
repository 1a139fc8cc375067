// What a receiver of remote write should have, read from decoded requests.

import { type Histogram, type Request, STALE } from './messages.ts';

export interface ExpectedHistogram {
  readonly timeMs: number;
  readonly isStale: boolean;
  readonly count: number;
  readonly sum: number;
  /** Lower and upper bound and count of the filled buckets, growing. */
  readonly buckets: readonly (readonly [number, number, number])[];
}

export interface ExpectedSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly { readonly timeMs: number; readonly value: number; readonly isStale: boolean }[];
  readonly histograms: readonly ExpectedHistogram[];
}

/** Every series, those of several requests together. */
export function seriesOf(requests: readonly Request[]): ExpectedSeries[] {
  const all = new Map<
    string,
    { labels: Record<string, string>; samples: ExpectedSeries['samples'][number][]; histograms: ExpectedHistogram[] }
  >();
  for (const { symbols = [], timeseries } of requests) {
    for (const series of timeseries) {
      const refs = series.labels_refs ?? [];
      const texts = series.labels?.length
        ? series.labels.flatMap(({ name, value }) => [name, value])
        : refs.map((ref) => symbols[ref] ?? '');
      const labels: Record<string, string> = {};
      for (let index = 0; index < texts.length; index += 2) labels[texts[index] ?? ''] = texts[index + 1] ?? '';
      const key = JSON.stringify(texts);
      const known = all.get(key) ?? { labels, samples: [], histograms: [] };
      all.set(key, known);
      for (const { value, timestamp } of series.samples) {
        known.samples.push({ timeMs: Number(timestamp), value, isStale: value === STALE });
      }
      known.histograms.push(...series.histograms.map(histogramOf));
    }
  }
  return [...all.values()];
}

function histogramOf(histogram: Histogram): ExpectedHistogram {
  const { schema, custom_values: bounds } = histogram;
  const positive = bucketsOf(histogram.positive_spans, histogram.positive_deltas);
  const negative = bucketsOf(histogram.negative_spans, histogram.negative_deltas);
  const power = (index: number): number => 2 ** (index * 2 ** -schema);
  const range = (index: number): readonly [number, number] =>
    schema === -53 ? [bounds[index - 1] ?? -Infinity, bounds[index] ?? Infinity] : [power(index - 1), power(index)];
  const zeroes = Number(histogram.zero_count_int);
  const { zero_threshold: threshold } = histogram;
  return {
    timeMs: Number(histogram.timestamp),
    isStale: histogram.sum === STALE,
    count: Number(histogram.count_int),
    sum: histogram.sum,
    buckets: [
      ...negative.toReversed().map(([index, count]) => [-range(index)[1], -range(index)[0], count] as const),
      ...(zeroes > 0 ? [[-threshold, threshold, zeroes] as const] : []),
      ...positive.map(([index, count]) => [...range(index), count] as const),
    ],
  };
}

/** Index and count of the filled buckets. */
function bucketsOf(
  spans: Histogram['positive_spans'],
  deltas: Histogram['positive_deltas'],
): (readonly [number, number])[] {
  const filled: [number, number][] = [];
  let index = 0;
  let at = 0;
  let count = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let left = length; left > 0; left--) {
      count += Number(deltas[at++] ?? 0);
      if (count !== 0) filled.push([index, count]);
      index += 1;
    }
  }
  return filled;
}
