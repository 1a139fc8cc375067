// Why points are dropped on the way to remote write.

import type { Outcome } from '../../proto/prometheus/accumulated-values.ts';

export type DropRule =
  | Exclude<Outcome, 'taken'>
  | 'invalid_name'
  | 'unspecified_temporality'
  | 'out_of_order'
  | 'delta_limit'
  | 'invalid_buckets'
  | 'duplicate_sample';

export const DROP_REASONS: Readonly<Record<DropRule, string>> = {
  invalid_name: 'the name of the metric or of an attribute leaves no valid Prometheus name',
  unspecified_temporality: 'the metric does not say whether it is delta or cumulative',
  out_of_order: 'the delta is not newer than the last one of its series',
  delta_limit: 'max_delta_series sums of deltas are kept already; raise it or send cumulative values',
  invalid_buckets: "the histogram's bounds do not grow, so that it is no native histogram with custom buckets",
  duplicate_sample: 'the series has another value of the same millisecond in the batch; the first was sent',
  buckets_do_not_add_up: "the exponential histogram's count is not the sum of its buckets, which Prometheus refuses",
  too_large: 'the point has more than 10,000 buckets, or 1 MiB',
  scale_too_coarse:
    'the exponential histogram is coarser than Prometheus knows (scale -4), or its buckets span too much',
};
