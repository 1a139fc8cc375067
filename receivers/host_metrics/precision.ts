// Rounding as the collector's host_metrics has it, so that values are equal to the last digit.

/** Ticks of `perSecond` to a second as seconds, rounded to what one tick is. */
export function scaleToSeconds(ticks: number, perSecond: number): number {
  return Math.round((ticks / perSecond) * perSecond) / perSecond;
}

/** A ratio, rounded to as many digits as the larger of both has; NaN for 0/0. */
export function roundedRatio(numerator: number, denominator: number): number {
  const ratio = numerator / denominator;
  if (denominator === 0) return ratio;
  const digits = Math.max(Math.floor(Math.log10(Math.max(numerator, denominator))) + 1, 1);
  const scale = 10 ** digits;
  return Math.round(ratio * scale) / scale;
}
