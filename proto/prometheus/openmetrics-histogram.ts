// Holds the samples of OpenMetrics' histograms to what a point of one must have.

export class OpenMetricsHistogram {
  readonly #fail: (problem: string) => never;
  #group: string | undefined;
  #timestampMs = NaN;
  #bound = NaN;
  #value = 0;
  #count = NaN;
  #hasSum = false;
  #hasNegativeSum = false;
  #hasNegativeBuckets = false;

  constructor(fail: (problem: string) => never) {
    this.#fail = fail;
  }

  /** A sample of the point `group` at that time. */
  add(group: string, timestampMs: number, suffix: string, value: number, le: string | undefined): void {
    if (group !== this.#group || !Object.is(timestampMs, this.#timestampMs)) this.#begin(group, timestampMs);
    switch (suffix) {
      case '_bucket': {
        const bound = le === '+Inf' ? Infinity : Number(le);
        if (bound <= this.#bound) this.#fail('buckets are not in the order of le');
        if (value < this.#value) this.#fail('a bucket has less than the one before');
        if (bound < 0) this.#hasNegativeBuckets = true;
        this.#bound = bound;
        this.#value = value;
        break;
      }
      case '_count':
      case '_gcount':
        this.#count = value;
        break;
      case '_sum':
      case '_gsum':
        this.#hasSum = true;
        this.#hasNegativeSum = value < 0;
        if (suffix === '_sum' && this.#hasNegativeBuckets) this.#fail('there is a sum beside buckets below 0');
        break;
      default:
    }
  }

  /** After the last sample. */
  end(): void {
    if (this.#group === undefined) return;
    const hasCount = !Number.isNaN(this.#count);
    if (this.#bound !== Infinity) this.#fail('a histogram has no bucket of +Inf');
    if (hasCount && this.#count !== this.#value) this.#fail('the count is not that of the bucket of +Inf');
    if (this.#hasSum !== hasCount) this.#fail('a histogram has only one of sum and count');
    if (this.#hasNegativeSum && !this.#hasNegativeBuckets) this.#fail('the sum is below 0 and no bucket is');
  }

  #begin(group: string, timestampMs: number): void {
    this.end();
    this.#group = group;
    this.#timestampMs = timestampMs;
    this.#bound = this.#count = NaN;
    this.#value = 0;
    this.#hasSum = this.#hasNegativeSum = this.#hasNegativeBuckets = false;
  }
}
