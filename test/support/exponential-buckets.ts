// Exponential histograms without what says nothing: sides that have no counts, and empty buckets at the end.

/** The same request, as plain JSON values. */
export function withoutEmptyBuckets(request: unknown): unknown {
  return JSON.parse(
    JSON.stringify(request, (key, value: unknown) => {
      if (key !== 'positive' && key !== 'negative') return value;
      const side = Object(value) as { readonly bucketCounts?: readonly unknown[] }; // Safe: what both are called is a message.
      const counts = side.bucketCounts ?? [];
      const end = counts.findLastIndex((count) => Number(count) !== 0) + 1;
      return end === 0 ? undefined : { ...side, bucketCounts: counts.slice(0, end) };
    }),
  );
}
