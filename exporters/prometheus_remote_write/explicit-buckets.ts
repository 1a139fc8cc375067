// Histograms with explicit bounds as native histograms with custom buckets (NHCB): what Prometheus' convertnhcb makes of
// them.

/** What both a data point and a sum of deltas are read as. */
export interface ClassicHistogram {
  readonly bounds: readonly number[];
  /** Not cumulative; may lack the last ones. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
  readonly hasSum: boolean;
}

/**
 * Bounds without +Inf, with a count more than there are bounds, and the total that the counts come to: where the point
 * counts more than its buckets have, the rest lies above the last bound. Undefined where the bounds do not grow.
 */
export function withRest({
  bounds,
  counts,
  count,
  sum,
  hasSum,
}: ClassicHistogram):
  | { readonly bounds: number[]; readonly counts: number[]; readonly count: number; readonly sum: number }
  | undefined {
  const finite: number[] = [];
  const own: number[] = [];
  let total = 0;
  for (const [index, bound] of bounds.entries()) {
    if (bound === Infinity) break;
    if (!(index === 0 || bound > (bounds[index - 1] ?? 0)) || Number.isNaN(bound)) return undefined;
    finite.push(bound);
    own.push(counts[index] ?? 0);
    total += counts[index] ?? 0;
  }
  let rest = counts[finite.length] ?? 0;
  if (total + rest < count) rest = count - total;
  own.push(rest);
  return { bounds: finite, counts: own, count: total + rest, sum: hasSum ? sum : 0 };
}
