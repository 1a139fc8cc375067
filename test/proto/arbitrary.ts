// Arbitrary OTLP requests of the four signals, as plain objects for `encode` of reference.ts: absent fields, empty messages,
// nested values, several resources and scopes.

import * as fc from 'fast-check';
import type { Signal } from '../../pipeline/signal.ts';

const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(String);
const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map(String);
const uint32 = fc.integer({ min: 0, max: 0xff_ff_ff_ff });
const int32 = fc.integer({ min: -0x80_00_00_00, max: 0x7f_ff_ff_ff });
const index = fc.nat(40);
const double = fc.double({ noNaN: true });
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ minLength: 120, maxLength: 140 }),
);
const bytesOf = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const id16 = bytesOf(16);
const id8 = bytesOf(8);

/** Any subset of the fields, possibly none. */
const some = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<object> =>
  fc.record(fields, { requiredKeys: [] });
const few = <T>(item: fc.Arbitrary<T>, maxLength = 3): fc.Arbitrary<T[]> => fc.array(item, { maxLength });

/** Keys from a small set, so that edits and look-ups meet them. */
export const KEYS = ['service.name', 'http.route', 'a', 'b', ''] as const;
const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...KEYS) }, { weight: 1, arbitrary: text });

const { anyValue } = fc.letrec<{ anyValue: object; keyValue: object }>((tie) => ({
  anyValue: fc.oneof(
    { depthSize: 'small', withCrossShrink: true, maxDepth: 4 },
    text.map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    int64.map((intValue) => ({ intValue })),
    double.map((doubleValue) => ({ doubleValue })),
    fc.uint8Array({ maxLength: 8 }).map((bytesValue) => ({ bytesValue })),
    fc.constant({}),
    few(tie('anyValue')).map((values) => ({ arrayValue: { values } })),
    few(tie('keyValue')).map((values) => ({ kvlistValue: { values } })),
  ),
  keyValue: fc.record({ key, value: tie('anyValue') }, { requiredKeys: ['key'] }),
}));

export { anyValue };

/** Unique keys, as the specification demands. */
export const attributes = fc.uniqueArray(fc.record({ key, value: anyValue }), {
  maxLength: 5,
  selector: (entry) => entry.key,
});

const entityRef = some({ schemaUrl: text, type: text, idKeys: few(text), descriptionKeys: few(text) });
const resource = some({ attributes, droppedAttributesCount: uint32, entityRefs: few(entityRef, 2) });
const scope = some({ name: text, version: text, attributes, droppedAttributesCount: uint32 });

const event = some({ timeUnixNano: uint64, name: text, attributes, droppedAttributesCount: uint32 });
const link = some({
  traceId: id16,
  spanId: id8,
  traceState: text,
  attributes,
  droppedAttributesCount: uint32,
  flags: uint32,
});
const span = some({
  traceId: id16,
  spanId: id8,
  traceState: text,
  parentSpanId: id8,
  flags: uint32,
  name: text,
  kind: fc.integer({ min: 0, max: 5 }),
  startTimeUnixNano: uint64,
  endTimeUnixNano: uint64,
  attributes,
  droppedAttributesCount: uint32,
  events: few(event, 2),
  droppedEventsCount: uint32,
  links: few(link, 2),
  droppedLinksCount: uint32,
  status: some({ message: text, code: fc.integer({ min: 0, max: 2 }) }),
});

const logRecord = some({
  timeUnixNano: uint64,
  observedTimeUnixNano: uint64,
  severityNumber: fc.integer({ min: 0, max: 24 }),
  severityText: text,
  body: anyValue,
  attributes,
  droppedAttributesCount: uint32,
  flags: uint32,
  traceId: id16,
  spanId: id8,
  eventName: text,
});

const number = fc.oneof(
  double.map((asDouble) => ({ asDouble })),
  int64.map((asInt) => ({ asInt })),
  fc.constant({}),
);
const exemplar = fc
  .tuple(some({ filteredAttributes: attributes, timeUnixNano: uint64, spanId: id8, traceId: id16 }), number)
  .map(([fields, value]) => ({ ...fields, ...value }));
const point = { attributes, startTimeUnixNano: uint64, timeUnixNano: uint64, flags: uint32 };
const numberDataPoint = fc
  .tuple(some({ ...point, exemplars: few(exemplar, 2) }), number)
  .map(([fields, value]) => ({ ...fields, ...value }));
const histogramDataPoint = some({
  ...point,
  count: uint64,
  sum: double,
  bucketCounts: few(uint64, 5),
  explicitBounds: few(double, 5),
  exemplars: few(exemplar, 2),
  min: double,
  max: double,
});
const buckets = some({ offset: int32, bucketCounts: few(uint64, 5) });
const exponentialHistogramDataPoint = some({
  ...point,
  count: uint64,
  sum: double,
  scale: int32,
  zeroCount: uint64,
  positive: buckets,
  negative: buckets,
  exemplars: few(exemplar, 2),
  min: double,
  max: double,
  zeroThreshold: double,
});
const summaryDataPoint = some({
  ...point,
  count: uint64,
  sum: double,
  quantileValues: few(some({ quantile: double, value: double })),
});
const temporality = fc.integer({ min: 0, max: 2 });
const metricData = fc.oneof(
  some({ dataPoints: few(numberDataPoint) }).map((gauge) => ({ gauge })),
  some({ dataPoints: few(numberDataPoint), aggregationTemporality: temporality, isMonotonic: fc.boolean() }).map(
    (sum) => ({ sum }),
  ),
  some({ dataPoints: few(histogramDataPoint), aggregationTemporality: temporality }).map((histogram) => ({
    histogram,
  })),
  some({ dataPoints: few(exponentialHistogramDataPoint), aggregationTemporality: temporality }).map(
    (exponentialHistogram) => ({ exponentialHistogram }),
  ),
  some({ dataPoints: few(summaryDataPoint) }).map((summary) => ({ summary })),
  fc.constant({}),
);
const metric = fc
  .tuple(some({ name: text, description: text, unit: text, metadata: attributes }), metricData)
  .map(([fields, data]) => ({ ...fields, ...data }));

const valueType = some({ typeStrindex: index, unitStrindex: index });
const sample = some({
  stackIndex: index,
  attributeIndices: few(index),
  linkIndex: index,
  values: few(int64),
  timestampsUnixNano: few(uint64),
});
const profile = some({
  sampleType: valueType,
  samples: few(sample),
  timeUnixNano: uint64,
  durationNano: uint64,
  periodType: valueType,
  period: int64,
  profileId: id16,
  droppedAttributesCount: uint32,
  originalPayloadFormat: text,
  originalPayload: fc.uint8Array({ maxLength: 8 }),
  attributeIndices: few(index),
});
const dictionary = some({
  mappingTable: few(
    some({
      memoryStart: uint64,
      memoryLimit: uint64,
      fileOffset: uint64,
      filenameStrindex: index,
      attributeIndices: few(index),
    }),
    2,
  ),
  locationTable: few(
    some({
      mappingIndex: index,
      address: uint64,
      lines: few(some({ functionIndex: index, line: int64, column: int64 }), 2),
      attributeIndices: few(index),
    }),
    2,
  ),
  functionTable: few(
    some({ nameStrindex: index, systemNameStrindex: index, filenameStrindex: index, startLine: int64 }),
    2,
  ),
  linkTable: few(some({ traceId: id16, spanId: id8 }), 2),
  stringTable: few(text),
  attributeTable: few(some({ keyStrindex: index, value: anyValue, unitStrindex: index }), 2),
  stackTable: few(some({ locationIndices: few(index) }), 2),
});

const schemaUrl = text;

/** A request of the signal; lists are short, so that failures stay readable. */
export const requests: Readonly<Record<Signal, fc.Arbitrary<object>>> = {
  traces: some({
    resourceSpans: few(some({ resource, schemaUrl, scopeSpans: few(some({ scope, schemaUrl, spans: few(span, 4) })) })),
  }),
  metrics: some({
    resourceMetrics: few(
      some({ resource, schemaUrl, scopeMetrics: few(some({ scope, schemaUrl, metrics: few(metric, 4) })) }),
    ),
  }),
  logs: some({
    resourceLogs: few(
      some({ resource, schemaUrl, scopeLogs: few(some({ scope, schemaUrl, logRecords: few(logRecord, 4) })) }),
    ),
  }),
  profiles: some({
    resourceProfiles: few(
      some({ resource, schemaUrl, scopeProfiles: few(some({ scope, schemaUrl, profiles: few(profile) })) }),
    ),
    dictionary,
  }),
};
