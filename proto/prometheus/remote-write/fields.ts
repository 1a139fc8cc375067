// Field numbers, content types and headers of Prometheus' remote write, 1.0 and 2.0, for who writes the messages and who reads
// them. Sources: prompb/{remote,types}.proto and prompb/io/prometheus/write/v2/types.proto of prometheus/prometheus v0.314.0,
// https://prometheus.io/docs/specs/prw/remote_write_spec/ and …/remote_write_spec_2_0/.

// prometheus.WriteRequest (1.0).

export const V1_REQUEST = { timeseries: 1, metadata: 3 } as const;
export const V1_SERIES = { labels: 1, samples: 2, exemplars: 3, histograms: 4 } as const;
export const V1_LABEL = { name: 1, value: 2 } as const;
/** Timestamps are int64, in milliseconds, as in all messages here. */
export const V1_SAMPLE = { value: 1, timestampMs: 2 } as const;
export const V1_EXEMPLAR = { labels: 1, value: 2, timestampMs: 3 } as const;
export const V1_METADATA = { type: 1, familyName: 2, help: 4, unit: 5 } as const;

// io.prometheus.write.v2.Request (2.0). Its first numbers are reserved, so that either message read as the other is empty.

/** `symbols[0]` is the empty string. */
export const V2_REQUEST = { symbols: 4, timeseries: 5 } as const;
/** `labelRefs` are packed uint32, names and values by turns. */
export const V2_SERIES = { labelRefs: 1, samples: 2, histograms: 3, exemplars: 4, metadata: 5 } as const;
export const V2_SAMPLE = { value: 1, timestampMs: 2, startTimestampMs: 3 } as const;
export const V2_EXEMPLAR = { labelRefs: 1, value: 2, timestampMs: 3 } as const;
export const V2_METADATA = { type: 1, helpRef: 3, unitRef: 4 } as const;

/** Both messages' Histogram; 1.0's has no `startTimestampMs`, and `customValues` only by custom of newer Prometheus. */
export const HISTOGRAM = {
  /** uint64; one of this and `countFloat`. */
  countInt: 1,
  countFloat: 2,
  sum: 3,
  /** sint32, −4 to 8, or CUSTOM_BUCKETS_SCHEMA. */
  schema: 4,
  zeroThreshold: 5,
  /** uint64; one of this and `zeroCountFloat`. */
  zeroCountInt: 6,
  zeroCountFloat: 7,
  negativeSpans: 8,
  /** Packed sint64: each bucket's count less the one before it. */
  negativeDeltas: 9,
  /** Packed doubles, of float histograms. */
  negativeCounts: 10,
  positiveSpans: 11,
  positiveDeltas: 12,
  positiveCounts: 13,
  resetHint: 14,
  timestampMs: 15,
  /** Packed doubles: the upper bounds of custom buckets, without +Inf. */
  customValues: 16,
  startTimestampMs: 17,
} as const;
/** `offset` is sint32, `length` uint32. */
export const BUCKET_SPAN = { offset: 1, length: 2 } as const;

export const RESET_HINT = { unknown: 0, yes: 1, no: 2, gauge: 3 } as const;

/** MetricMetadata.MetricType of 1.0, Metadata.MetricType of 2.0. */
export const METRIC_TYPE = {
  unknown: 0,
  counter: 1,
  gauge: 2,
  histogram: 3,
  gaugeHistogram: 4,
  summary: 5,
  info: 6,
  stateset: 7,
} as const;

/** Exponential schemas (the scale of OpenTelemetry) that a native histogram may have. */
export const MIN_SCHEMA = -4;
export const MAX_SCHEMA = 8;
/** The schema of native histograms with custom buckets. */
export const CUSTOM_BUCKETS_SCHEMA = -53;

/** The value that ends a series: not any NaN, this one's bits (model/value/value.go, StaleNaN). As two words, low first. */
export const STALE_NAN_WORDS = [2, 0x7ff0_0000] as const;

/** The messages by the names that Prometheus' configuration and the content type have for them. */
export const V1_MESSAGE = 'prometheus.WriteRequest';
export const V2_MESSAGE = 'io.prometheus.write.v2.Request';
export type RemoteWriteMessage = typeof V1_MESSAGE | typeof V2_MESSAGE;

/** What a sender says of its requests. */
export const CONTENT_TYPE: Readonly<Record<RemoteWriteMessage, string>> = {
  [V1_MESSAGE]: 'application/x-protobuf',
  [V2_MESSAGE]: `application/x-protobuf;proto=${V2_MESSAGE}`,
};
export const VERSION_HEADER = 'x-prometheus-remote-write-version';
export const VERSION: Readonly<Record<RemoteWriteMessage, string>> = {
  [V1_MESSAGE]: '0.1.0',
  [V2_MESSAGE]: '2.0.0',
};

/** What a receiver of 2.0 answers: how much it wrote, also where it refuses the rest. */
export const WRITTEN_HEADERS = {
  samples: 'x-prometheus-remote-write-samples-written',
  histograms: 'x-prometheus-remote-write-histograms-written',
  exemplars: 'x-prometheus-remote-write-exemplars-written',
} as const;
