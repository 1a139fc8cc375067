// Requests and configurations by which the exporter is compared with the collector's.

import { V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import { attributes } from '../../support/processor.ts';
import { comparableSeries, type Request } from './messages.ts';
import { REQUESTS as SCRAPED } from '../prometheus/requests.ts';

const START = '1700000000000000000';
const TIME = '1700000060123456789';
const LATER = '1700000120999999999';
const TRACE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

const point = (labels: Readonly<Record<string, unknown>>, more: object): object => ({
  attributes: attributes(labels),
  startTimeUnixNano: START,
  timeUnixNano: TIME,
  ...more,
});

const MORE: object = {
  resourceMetrics: [
    {
      resource: {
        attributes: attributes({
          'service.name': 'more',
          'service.instance.id': 'm-1',
          'k8s.pod.name': 'pod',
          'k8s.pod.uid': 'uid',
          'a.b': 'x',
          a_b: 'y',
          empty: '',
        }),
      },
      scopeMetrics: [
        {
          scope: {
            name: 'library',
            version: '',
            attributes: attributes({ 'team.name': 'core', schema_url: 'hidden' }),
          },
          schemaUrl: 'https://opentelemetry.io/schemas/1.40.0',
          metrics: [
            {
              name: 'collisions',
              gauge: {
                dataPoints: [
                  point(
                    { 'a.b': '1', 'a-b': '2', a_b: '1', job: 'own', cluster: 'own', empty: '', Upper: 'u' },
                    { asDouble: 1 },
                  ),
                ],
              },
            },
            {
              name: 'typed',
              unit: 'm/s',
              description: 'unknown to Prometheus',
              metadata: attributes({ 'prometheus.type': 'unknown' }),
              gauge: { dataPoints: [point({}, { asInt: '-9007199254740993' })] },
            },
            {
              name: 'info',
              metadata: attributes({ 'prometheus.type': 'info' }),
              sum: { aggregationTemporality: 2, dataPoints: [point({ version: '1' }, { asInt: '1' })] },
            },
            {
              name: 'ended.counter',
              sum: {
                aggregationTemporality: 2,
                isMonotonic: true,
                dataPoints: [point({}, { asInt: '3' }), point({}, { timeUnixNano: LATER, flags: 1 })],
              },
            },
            {
              name: 'ended.histogram',
              unit: 's',
              histogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  point({}, { count: '3', sum: 3, bucketCounts: ['1', '2'], explicitBounds: [1e-7] }),
                  point({}, { timeUnixNano: LATER, flags: 1, explicitBounds: [1e-7], bucketCounts: ['0', '0'] }),
                ],
              },
            },
            {
              name: 'ended.exponential',
              exponentialHistogram: {
                aggregationTemporality: 2,
                dataPoints: [point({}, { timeUnixNano: LATER, flags: 1, scale: 2 })],
              },
            },
            {
              name: 'ended.summary',
              summary: { dataPoints: [point({}, { flags: 1, quantileValues: [{ quantile: 1e-7, value: 0 }] })] },
            },
            {
              name: 'gaps',
              exponentialHistogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  point(
                    { which: 'long' },
                    {
                      count: '6',
                      sum: -2.5,
                      scale: -4,
                      zeroThreshold: 0.25,
                      positive: { offset: 3, bucketCounts: ['1', '0', '0', '0', '0', '2', '0', '3'] },
                    },
                  ),
                  point(
                    { which: 'finer' },
                    {
                      count: '21',
                      scale: 9,
                      positive: { offset: -5, bucketCounts: ['1', '2', '3', '4', '5', '6'] },
                      exemplars: [
                        {
                          timeUnixNano: TIME,
                          asInt: '7',
                          ...TRACE,
                          filteredAttributes: attributes({ user: 'someone', 'http.route': '/a' }),
                        },
                        {
                          timeUnixNano: START,
                          asDouble: 0.5,
                          ...TRACE,
                          filteredAttributes: attributes({ long: 'x'.repeat(70) }),
                        },
                      ],
                    },
                  ),
                ],
              },
            },
            {
              name: 'orders',
              unit: '{order}',
              description: 'Out of order',
              sum: {
                aggregationTemporality: 2,
                isMonotonic: true,
                dataPoints: [point({}, { asInt: '2', timeUnixNano: LATER }), point({}, { asInt: '1' })],
              },
            },
            {
              name: 'custom',
              histogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  point(
                    { which: 'rest' },
                    { count: '12', sum: 5, bucketCounts: ['1', '0', '0', '0', '2'], explicitBounds: [1, 2, 3, 4] },
                  ),
                  point(
                    { which: 'infinite' },
                    { count: '3', bucketCounts: ['1', '2'], explicitBounds: [1, 'Infinity'] },
                  ),
                ],
              },
            },
          ],
        },
      ],
    },
    {
      // No name and no instance: no target_info.
      resource: { attributes: attributes({ 'host.name': 'anonymous' }) },
      scopeMetrics: [{ metrics: [{ name: 'anonymous', gauge: { dataPoints: [point({}, { asDouble: 2 })] } }] }],
    },
    {
      resource: { attributes: attributes({ 'service.name': '', 'service.namespace': 'n', other: 1 }) },
      scopeMetrics: [{ metrics: [{ name: 'nameless', gauge: { dataPoints: [point({}, { asDouble: 3 })] } }] }],
    },
  ],
};

/** In the order they are sent in. */
export const REQUESTS: readonly object[] = [...SCRAPED, MORE];

/** Settings besides the endpoint. */
export const SETTINGS: Readonly<Record<string, object>> = {
  defaults: {},
  everything: {
    namespace: 'test-space',
    external_labels: { cluster: 'one', '1st': 'x', __replica__: 'a' },
    send_metadata: true,
    resource_constant_labels: { included: ['k8s.*', 'host.*'], excluded: ['host.id'] },
  },
  plain: {
    translation_strategy: 'UnderscoreEscapingWithoutSuffixes',
    disable_scope_info: true,
    target_info: { enabled: false },
    resource_to_telemetry_conversion: { enabled: true, exclude_service_attributes: true },
  },
  custom_buckets: { convert_explicit_histograms_to_nhcb: true, keep_classic_histograms: true },
  v2: { protobuf_message: V2_MESSAGE },
  v2_everything: {
    protobuf_message: V2_MESSAGE,
    namespace: 'ns',
    external_labels: { cluster: 'one' },
    convert_explicit_histograms_to_nhcb: true,
    translation_strategy: 'NoUTF8EscapingWithSuffixes',
  },
  v2_no_translation: { protobuf_message: V2_MESSAGE, translation_strategy: 'NoTranslation' },
};

/** Our series as lines, without what the collector leaves out: deltas, and in 2.0 the exemplars of buckets. */
export function asTheCollectors(received: readonly { readonly request: Request }[]): string[] {
  const requests = received.map(({ request }) => ({
    ...request,
    timeseries: request.timeseries.map((series) =>
      request.symbols?.length && series.labels_refs?.some((ref) => request.symbols?.[ref]?.endsWith('_bucket') === true)
        ? { ...series, exemplars: [] }
        : series,
    ),
  }));
  return comparableSeries(requests).filter((line) => !/"(?:test-space_|ns_)?delta[._]/.test(line));
}
