// Seeded metrics of all kinds, one point each, with any names, attributes and values, to compare the exporter with the
// collector's by: cumulative, and without what the two are known to tell differently (docs/differences.md).

import * as fc from 'fast-check';
import { encode } from '../../proto/reference.ts';

const UNITS = ['', '1', 's', 'By/s', '{thing}/h', 'odd unit', '%', 'm/furlong', '__', '/s', 'By/'];
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom(...Array.from('abZ09_.:-/ "\\\n{}=é字😀')), maxLength: 8 }),
);
const count = fc.oneof(fc.nat(20), fc.constant(0));
const finite = fc.double({ noNaN: true });
const number = fc.oneof(
  fc.double().map((asDouble) => ({ asDouble })),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map((asInt) => ({ asInt: String(asInt) })),
);
const attributes = fc.uniqueArray(
  fc.record({
    key: text,
    value: fc.oneof(
      text.map((stringValue) => ({ stringValue })),
      fc.boolean().map((boolValue) => ({ boolValue })),
      finite.map((doubleValue) => ({ doubleValue })),
      fc.uint8Array({ maxLength: 5 }).map((bytesValue) => ({ bytesValue })),
      fc
        .array(text, { maxLength: 3 })
        .map((all) => ({ arrayValue: { values: all.map((one) => ({ stringValue: one })) } })),
    ),
  }),
  { maxLength: 4, selector: ({ key }) => key },
);
const exemplars = fc.array(
  fc.record({
    timeUnixNano: fc.integer({ min: 1, max: 2 ** 50 }).map(String),
    asDouble: finite,
    traceId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    filteredAttributes: fc.uniqueArray(fc.record({ key: text, value: text.map((stringValue) => ({ stringValue })) }), {
      maxLength: 2,
      selector: ({ key }) => key,
    }),
  }),
  { maxLength: 2 },
);
const sum = (counts: readonly number[]): number => counts.reduce((total, one) => total + one, 0);
const optionalSum = fc.option(
  finite.map((value) => ({ sum: value })),
  { nil: {} },
);

const bounded = fc
  .record({
    bounds: fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 6 }),
    own: fc.array(count),
    optionalSum,
  })
  .map(({ bounds, own, optionalSum: hasSum }) => {
    const counts = Array.from({ length: bounds.length + 1 }, (_, index) => own[index] ?? 0);
    return {
      explicitBounds: bounds.toSorted((a, b) => a - b),
      bucketCounts: counts.map(String),
      count: String(sum(counts)),
      ...hasSum,
    };
  });
const range = (least: number): fc.Arbitrary<{ offset: number; bucketCounts: number[] }> =>
  fc.record({
    offset: fc.integer({ min: -1000, max: 1000 }),
    bucketCounts: fc.array(least > 0 ? fc.integer({ min: least, max: 9 }) : count, { maxLength: 20 }),
  });
const exponential = fc.integer({ min: -4, max: 12 }).chain((scale) =>
  fc
    // Where buckets are merged the collector counts those after empty ones too low.
    .record({
      positive: range(scale > 8 ? 1 : 0),
      negative: range(scale > 8 ? 1 : 0),
      zero: fc.nat(9),
      optionalSum,
      zeroThreshold: fc.constantFrom(0, 0.5),
    })
    .map(({ positive, negative, zero, optionalSum: hasSum, zeroThreshold }) => ({
      scale,
      positive,
      negative,
      zeroThreshold,
      zeroCount: String(zero),
      count: String(zero + sum(positive.bucketCounts) + sum(negative.bucketCounts)),
      ...hasSum,
    })),
);
const quantiles = fc.record({
  count: fc.nat().map(String),
  sum: finite,
  quantileValues: fc.uniqueArray(
    fc.record({ quantile: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.double() }),
    {
      maxLength: 3,
      // Not told apart once written.
      selector: ({ quantile }) => Math.abs(quantile),
    },
  ),
});

const metric = fc
  .record({
    kind: fc.constantFrom('gauge', 'sum', 'monotonic', 'histogram', 'exponentialHistogram', 'summary'),
    name: text,
    unit: fc.constantFrom(...UNITS),
    attributes,
    exemplars,
    number,
    bounded,
    exponential,
    quantiles,
    flags: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
    timeUnixNano: fc.integer({ min: 1, max: 2 ** 51 }).map(String),
  })
  .map(
    ({ kind, name, unit, number: value, bounded: histogram, exponential: buckets, quantiles: summary, ...point }) => {
      const common = {
        attributes: point.attributes,
        flags: point.flags,
        timeUnixNano: point.timeUnixNano,
        startTimeUnixNano: '1000000',
      };
      const isCumulative = { aggregationTemporality: 2 };
      const { exemplars: some } = point;
      const data = {
        gauge: { gauge: { dataPoints: [{ ...common, ...value }] } },
        sum: { sum: { ...isCumulative, dataPoints: [{ ...common, ...value }] } },
        monotonic: {
          sum: { ...isCumulative, isMonotonic: true, dataPoints: [{ ...common, ...value, exemplars: some }] },
        },
        histogram: { histogram: { ...isCumulative, dataPoints: [{ ...common, ...histogram, exemplars: some }] } },
        exponentialHistogram: {
          exponentialHistogram: { ...isCumulative, dataPoints: [{ ...common, ...buckets, exemplars: some }] },
        },
        summary: { summary: { dataPoints: [{ ...common, ...summary }] } },
      }[kind];
      return { name, unit, ...data };
    },
  );

/** Requests, encoded, of so many metrics altogether. */
export function arbitraryRequests(seed: number, metrics: number): Uint8Array[] {
  const all = fc
    .sample(metric, { seed, numRuns: metrics })
    .map((one, index) => ({ ...one, name: `m${index}${one.name}` }));
  const resources = fc.sample(attributes, { seed, numRuns: 10 });
  return resources.map((resource, index) =>
    encode('metrics', {
      resourceMetrics: [
        {
          resource: { attributes: [...resource, { key: 'service.name', value: { stringValue: `service ${index}` } }] },
          scopeMetrics: [{ scope: { name: `scope ${index}` }, metrics: all.filter((_, at) => at % 10 === index) }],
        },
      ],
    }),
  );
}
