// The inputs of the collector's golden files for verbosity `detailed`, rebuilt from what the files show.

import type { Signal } from '../../../pipeline/signal.ts';

/** 2020-02-11 20:26:12.000000321 UTC and the second after. */
const START = '1581452772000000321';
const END = '1581452773000000789';
const MIDDLE = '1581452773000000123';
const TRACE_ID = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex');
const SPAN_ID = Buffer.from('1112131415161718', 'hex');

const str = (stringValue: string): object => ({ stringValue });
const int = (intValue: number): object => ({ intValue: String(intValue) });
const map = (entries: Readonly<Record<string, object>>): object => ({ kvlistValue: { values: attributes(entries) } });

function attributes(entries: Readonly<Record<string, object>>): object[] {
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}

const RESOURCE = { attributes: attributes({ 'resource-attr': str('resource-attr-val-1') }) };
const ENTITY_RESOURCE = {
  attributes: attributes({
    'service.name': str('my-service'),
    'service.version': str('1.0.0'),
    'host.name': str('server-01'),
  }),
  entityRefs: [
    {
      type: 'service',
      schemaUrl: 'https://opentelemetry.io/schemas/1.21.0',
      idKeys: ['service.name'],
      descriptionKeys: ['service.version'],
    },
    { type: 'host', idKeys: ['host.name'] },
  ],
};
const TEST_SCOPE = { name: 'test-scope' };

const traces = (resource: object, spans: object[], scope = {}): object => ({
  resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }],
});
const logs = (resource: object, logRecords: object[], scope = {}): object => ({
  resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }],
});
const metrics = (resource: object, list: object[], scope = {}): object => ({
  resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: list }] }],
});

const SPAN_ONE = {
  traceId: TRACE_ID,
  spanId: SPAN_ID,
  name: 'operationA',
  traceState: 'ot=th:0',
  startTimeUnixNano: START,
  endTimeUnixNano: END,
  droppedAttributesCount: 1,
  droppedEventsCount: 1,
  status: { code: 2, message: 'status-cancelled' },
  events: [
    {
      name: 'event-with-attr',
      timeUnixNano: MIDDLE,
      droppedAttributesCount: 2,
      attributes: attributes({ 'span-event-attr': str('span-event-attr-val') }),
    },
    { name: 'event', timeUnixNano: MIDDLE, droppedAttributesCount: 2 },
  ],
};
const SPAN_TWO = {
  name: 'operationB',
  startTimeUnixNano: START,
  endTimeUnixNano: END,
  droppedLinksCount: 3,
  links: [
    { droppedAttributesCount: 4, attributes: attributes({ 'span-link-attr': str('span-link-attr-val') }) },
    { droppedAttributesCount: 4 },
  ],
};

const LOG_ONE = {
  timeUnixNano: END,
  severityNumber: 9,
  severityText: 'Info',
  body: str('This is a log message'),
  attributes: attributes({ app: str('server'), instance_num: int(1) }),
  traceId: Buffer.from('08040201000000000000000000000000', 'hex'),
  spanId: Buffer.from('0102040800000000', 'hex'),
};
const LOG_TWO = {
  timeUnixNano: END,
  severityNumber: 9,
  severityText: 'Info',
  body: str('something happened'),
  attributes: attributes({ customer: str('acme'), env: str('dev') }),
};

const TIMES = { startTimeUnixNano: START, timeUnixNano: END };
const LABEL_1 = { 'label-1': str('label-value-1') };
const LABEL_2 = { 'label-2': str('label-value-2') };
const LABEL_3 = { 'label-3': str('label-value-3') };
const EXEMPLAR = {
  timeUnixNano: MIDDLE,
  traceId: TRACE_ID,
  spanId: SPAN_ID,
  filteredAttributes: attributes({ 'exemplar-attachment': str('exemplar-attachment-value') }),
};

const point = (labels: Readonly<Record<string, object>>, value: object): object => ({
  ...TIMES,
  attributes: attributes(labels),
  ...value,
});
const INT_POINTS = [point(LABEL_1, { asInt: '123' }), point(LABEL_2, { asInt: '456' })];
const DOUBLE_POINTS = [
  point({ ...LABEL_1, ...LABEL_2 }, { asDouble: 1.23 }),
  point({ ...LABEL_1, ...LABEL_3 }, { asDouble: 4.56 }),
];
const CUMULATIVE = 2;

const GAUGE_INT = { name: 'gauge-int', unit: '1', gauge: { dataPoints: INT_POINTS } };
const GAUGE_DOUBLE = { name: 'gauge-double', unit: '1', gauge: { dataPoints: DOUBLE_POINTS } };
const SUM_INT = {
  name: 'sum-int',
  unit: '1',
  sum: { isMonotonic: true, aggregationTemporality: CUMULATIVE, dataPoints: INT_POINTS },
};
const SUM_DOUBLE = {
  name: 'sum-double',
  unit: '1',
  sum: { isMonotonic: true, aggregationTemporality: CUMULATIVE, dataPoints: DOUBLE_POINTS },
};
const HISTOGRAM = {
  name: 'histogram',
  unit: '1',
  histogram: {
    aggregationTemporality: CUMULATIVE,
    dataPoints: [
      point({ ...LABEL_1, ...LABEL_3 }, { count: '1', sum: 15 }),
      point(LABEL_2, {
        count: '1',
        sum: 15,
        min: 15,
        max: 15,
        explicitBounds: [1],
        bucketCounts: ['0', '1'],
        exemplars: [{ ...EXEMPLAR, asDouble: 15 }],
      }),
    ],
  },
};
const EXPONENTIAL = {
  name: 'exponential-histogram',
  unit: '1',
  exponentialHistogram: {
    aggregationTemporality: 1,
    dataPoints: [
      point(
        { ...LABEL_1, ...LABEL_3 },
        {
          count: '5',
          sum: 0.15,
          scale: 1,
          zeroCount: '1',
          positive: { offset: 1, bucketCounts: ['1', '1'] },
          negative: { offset: -1, bucketCounts: ['1', '1'] },
        },
      ),
      point(LABEL_2, {
        count: '3',
        sum: 1.25,
        min: 0,
        max: 1,
        scale: -1,
        zeroCount: '1',
        positive: { offset: -1, bucketCounts: ['1', '1'] },
        exemplars: [{ ...EXEMPLAR, asInt: '15' }],
      }),
    ],
  },
};
const SUMMARY = {
  name: 'summary',
  unit: '1',
  summary: {
    dataPoints: [
      point({ ...LABEL_1, ...LABEL_3 }, { count: '1', sum: 15 }),
      point(LABEL_2, { count: '1', sum: 15, quantileValues: [{ quantile: 0.01, value: 15 }] }),
    ],
  },
};

/** Golden file, below test/data/golden-core/debugexporter, to the request it was made from. */
export const INPUTS: Readonly<Record<string, readonly [Signal, object]>> = {
  'traces/empty': ['traces', {}],
  'traces/two_spans': ['traces', traces(RESOURCE, [SPAN_ONE, SPAN_TWO])],
  'traces/traces_with_entity_refs': [
    'traces',
    traces(
      ENTITY_RESOURCE,
      [{ traceId: TRACE_ID, spanId: Buffer.from('0102030405060708', 'hex'), name: 'test-span' }],
      TEST_SCOPE,
    ),
  ],
  'logs/empty': ['logs', {}],
  'logs/one_record': ['logs', logs(RESOURCE, [LOG_ONE])],
  'logs/two_records': ['logs', logs(RESOURCE, [LOG_ONE, LOG_TWO])],
  'logs/log_with_event_name': ['logs', logs({}, [{ ...LOG_ONE, eventName: 'event_name' }])],
  'logs/embedded_maps': [
    'logs',
    logs({}, [
      {
        timeUnixNano: END,
        severityNumber: 9,
        severityText: 'INFO',
        body: map({ key1: str('val1'), key2: map({ key21: str('val21'), key22: str('val22') }) }),
        attributes: attributes({
          key1: map({ key11: str('val11'), key12: str('val12'), key13: map({ key131: str('val131') }) }),
          key2: str('val2'),
        }),
      },
    ]),
  ],
  'logs/logs_with_entity_refs': [
    'logs',
    logs(
      ENTITY_RESOURCE,
      [
        {
          timeUnixNano: END,
          severityNumber: 9,
          severityText: 'Info',
          body: str('This is a test log message'),
          attributes: attributes({ 'test.attribute': str('test-value') }),
        },
      ],
      TEST_SCOPE,
    ),
  ],
  'metrics/empty': ['metrics', {}],
  'metrics/invalid_metric_type': ['metrics', metrics(RESOURCE, [{ name: 'sum-int', unit: '1' }])],
  'metrics/two_metrics': ['metrics', metrics(RESOURCE, [GAUGE_INT, GAUGE_DOUBLE])],
  'metrics/metrics_with_all_types': [
    'metrics',
    metrics(RESOURCE, [GAUGE_INT, GAUGE_DOUBLE, SUM_INT, SUM_DOUBLE, HISTOGRAM, EXPONENTIAL, SUMMARY]),
  ],
  'metrics/metrics_with_metadata': [
    'metrics',
    metrics(
      { attributes: attributes({ 'service.name': str('test-service') }) },
      [
        {
          name: 'test-metric-metadata',
          description: 'A test metric with metadata',
          unit: '1',
          metadata: attributes({ 'meta.key': str('meta-value'), 'meta.id': int(101) }),
          gauge: { dataPoints: [{ asInt: '1' }] },
        },
      ],
      TEST_SCOPE,
    ),
  ],
  'metrics/metrics_with_entity_refs': [
    'metrics',
    metrics(
      ENTITY_RESOURCE,
      [
        {
          name: 'test-metric',
          description: 'A test metric',
          unit: '1',
          gauge: {
            dataPoints: [{ asDouble: 123.45, attributes: attributes({ 'test.attribute': str('test-value') }) }],
          },
        },
      ],
      TEST_SCOPE,
    ),
  ],
  'profiles/empty': ['profiles', {}],
  'profiles/two_profiles': [
    'profiles',
    {
      dictionary: {
        mappingTable: [
          {},
          { memoryStart: '2', memoryLimit: '3', fileOffset: '4', filenameStrindex: 5, attributeIndices: [7, 8] },
        ],
        locationTable: [
          {},
          { address: '1' },
          { address: '2' },
          {
            mappingIndex: 3,
            address: '4',
            lines: [{ functionIndex: 1, line: '2', column: '3' }],
            attributeIndices: [6, 7],
          },
        ],
        functionTable: [{}, { nameStrindex: 2, systemNameStrindex: 3, filenameStrindex: 4, startLine: '5' }],
        linkTable: [{}, { traceId: Buffer.from('0302030405060708090a0b0c0d0e0f10', 'hex'), spanId: SPAN_ID }],
        stringTable: ['', 'key', 'intValue', 'foobar'],
        attributeTable: [
          {},
          { keyStrindex: 1, value: str('value-1') },
          { keyStrindex: 1, value: str('value-2') },
          { keyStrindex: 2, unitStrindex: 5 },
        ],
      },
      resourceProfiles: [
        {
          resource: RESOURCE,
          scopeProfiles: [
            {
              profiles: [
                {
                  profileId: TRACE_ID,
                  timeUnixNano: START,
                  durationNano: '1000000000',
                  droppedAttributesCount: 1,
                  samples: [{ values: ['4'], attributeIndices: [1] }],
                },
                {
                  profileId: Buffer.from('0202030405060708090a0b0c0d0e0f10', 'hex'),
                  timeUnixNano: START,
                  durationNano: '1000000000',
                  samples: [{ values: ['9'], attributeIndices: [2] }],
                },
              ],
            },
          ],
        },
      ],
    },
  ],
};
