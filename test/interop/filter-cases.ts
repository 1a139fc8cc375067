// What the filter processor is compared on: conditions of every context, inference, the older include and exclude. Not
// compared is `event_index`, which the collector's filter never sets, so that conditions on it fail there.

import { readFileSync } from 'node:fs';
import { attributes } from '../support/processor.ts';
import type { ProcessorCase } from './through-collector.ts';

type Fields = Readonly<Record<string, unknown>>;

const event = (name: string, extra: Fields = {}): object => ({
  name,
  timeUnixNano: '1700000000500000000',
  attributes: attributes({ 'exception.type': 'E', ...extra }),
});

const span = (id: number, name: string, extra: Fields, rest: object = {}): object => ({
  traceId: `${'0'.repeat(30)}${id.toString(16).padStart(2, '0')}`,
  spanId: `00000000000000${id.toString(16).padStart(2, '0')}`,
  name,
  startTimeUnixNano: '1700000000000000000',
  endTimeUnixNano: '1700000001000000000',
  attributes: attributes(extra),
  ...rest,
});

const shop = { attributes: attributes({ 'service.name': 'shop', replicas: 3, zones: ['a', 'b'] }) };
const load = { attributes: attributes({ 'service.name': 'load-test' }), droppedAttributesCount: 2 };

const point = (host: string, rest: object): object => ({
  attributes: attributes({ host }),
  timeUnixNano: '5',
  ...rest,
});

/** Profiles of every kind, some with indices that their dictionary does not have. */
// Safe: the file holds a request.
const profiles = JSON.parse(
  readFileSync(new URL('../data/ottl-profile-answers/input.json', import.meta.url), 'utf8'),
) as object;

export const FILTER_REQUESTS = {
  profiles: [profiles],
  traces: [
    {
      resourceSpans: [
        {
          resource: shop,
          scopeSpans: [
            {
              scope: { name: 'http', version: '1.0', attributes: attributes({ kind: 'server' }) },
              spans: [
                span(1, 'GET /health', { 'http.route': '/health', 'http.status_code': 200 }, { kind: 2 }),
                span(
                  2,
                  'POST /cart',
                  { 'http.route': '/cart', 'http.status_code': 500, share: 0.5, cached: true },
                  {
                    kind: 2,
                    status: { code: 2, message: 'broken' },
                    traceState: 'a=1,b=2',
                    events: [event('exception'), event('retry', { attempt: 2 })],
                  },
                ),
                span(
                  3,
                  'SELECT',
                  { 'db.system': 'postgres', tags: ['x', 1], nested: { key: 'inner' } },
                  {
                    kind: 3,
                    parentSpanId: '0000000000000002',
                    events: [event('exception')],
                  },
                ),
              ],
            },
            { scope: { name: 'empty' }, spans: [] },
          ],
        },
        { resource: load, scopeSpans: [{ spans: [span(4, 'GET /', { 'http.status_code': '404' }, { kind: 2 })] }] },
      ],
    },
  ],
  metrics: [
    {
      resourceMetrics: [
        {
          resource: shop,
          scopeMetrics: [
            {
              scope: { name: 'meter' },
              metrics: [
                {
                  name: 'cpu',
                  unit: '1',
                  gauge: { dataPoints: [point('h1', { asDouble: 0.5 }), point('h2', { asInt: '7' })] },
                },
                {
                  name: 'requests',
                  description: 'all of them',
                  sum: {
                    aggregationTemporality: 2,
                    isMonotonic: true,
                    dataPoints: [point('h1', { asInt: '100', flags: 1 }), point('h2', { asInt: '0' })],
                  },
                },
                {
                  name: 'latency',
                  histogram: {
                    aggregationTemporality: 1,
                    dataPoints: [
                      point('h1', { count: '3', sum: 6, bucketCounts: ['1', '2'], explicitBounds: [1] }),
                      point('h3', { count: '0', bucketCounts: [], explicitBounds: [] }),
                    ],
                  },
                },
                { name: 'nothing', gauge: { dataPoints: [] } },
                {
                  name: 'quantiles',
                  summary: {
                    dataPoints: [point('h1', { count: '1', sum: 1, quantileValues: [{ quantile: 0.5, value: 1 }] })],
                  },
                },
              ],
            },
          ],
        },
      ],
    },
  ],
  logs: [
    {
      resourceLogs: [
        {
          resource: shop,
          scopeLogs: [
            {
              scope: { name: 'logger' },
              logRecords: [
                {
                  timeUnixNano: '1700000000000000000',
                  severityNumber: 9,
                  severityText: 'INFO',
                  body: { stringValue: 'started' },
                },
                {
                  timeUnixNano: '1700000000000000001',
                  severityNumber: 17,
                  severityText: 'ERROR',
                  body: { kvlistValue: { values: attributes({ code: 5, text: 'no' }) } },
                  attributes: attributes({ user: 'ann', count: 2 }),
                  traceId: '0102030405060708090a0b0c0d0e0f10',
                  eventName: 'failure',
                },
                { body: { intValue: '42' }, attributes: attributes({ user: 'bob' }) },
              ],
            },
          ],
        },
      ],
    },
  ],
};

/** A list of conditions as YAML on one line. */
const list = (...conditions: readonly string[]): string => `[${conditions.map((one) => `'${one}'`).join(', ')}]`;

const TRACES: readonly string[] = [
  `{traces: {span: ${list('attributes["http.route"] == "/health"')}}}`,
  `{traces: {span: ${list('attributes["http.status_code"] >= 500', 'name == "SELECT"')}}}`,
  `{traces: {span: ${list('kind == SPAN_KIND_SERVER and status.code != STATUS_CODE_ERROR')}}}`,
  `{traces: {span: ${list('IsMatch(name, "^(GET|POST) /")')}}}`,
  `{traces: {span: ${list('IsRootSpan()')}}}`,
  `{traces: {span: ${list('attributes["nested"]["key"] == "inner"')}}}`,
  `{traces: {span: ${list('attributes["tags"][1] == 1')}}}`,
  `{traces: {span: ${list('Len(attributes["http.route"]) > 5')}}}`,
  `{traces: {span: ${list('end_time - start_time >= Duration("1s") and resource.attributes["replicas"] > 2')}}}`,
  `{traces: {span: ${list('trace_state["b"] == "2"')}}}`,
  `{traces: {span: ${list('instrumentation_scope.name == "http" and not (attributes["cached"] == true)')}}}`,
  `{traces: {span: ${list('Len(events) == 0')}}}`,
  `{traces: {span: ${list('name != nil')}}}`,
  // With resource conditions alone the collector leaves scopes that were empty before, which are taken out here.
  `{traces: {resource: ${list('attributes["service.name"] == "load-test"')}, span: ${list('false')}}}`,
  `{traces: {resource: ${list('dropped_attributes_count == 0')}, span: ${list('true')}}}`,
  `{traces: {spanevent: ${list('name == "exception"')}}}`,
  `{traces: {spanevent: ${list('attributes["attempt"] == 2')}, span: ${list('kind == SPAN_KIND_CLIENT')}}}`,
  `{trace_conditions: ${list('spanevent.name == "retry"', 'resource.attributes["service.name"] == "load-test"')}}`,
  `{trace_conditions: ${list('scope.name == "http"')}}`,
  `{trace_conditions: [{context: span, conditions: ${list('name == "SELECT"')}}, {conditions: ${list('span.kind == 2')}}]}`,
  `{spans: {include: {match_type: strict, services: [shop]}, exclude: {match_type: regexp, span_names: ["^GET"]}}}`,
  `{spans: {exclude: {match_type: strict, attributes: [{key: http.status_code, value: 500}]}}}`,
  `{spans: {include: {match_type: regexp, span_kinds: ["SERVER$"], libraries: [{name: http}]}}}`,
];

const METRICS: readonly string[] = [
  `{metrics: {metric: ${list('name == "cpu"')}}}`,
  `{metrics: {metric: ${list('is_monotonic == true and aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE')}}}`,
  `{metrics: {metric: ${list('aggregation_temporality == nil')}}}`,
  `{metrics: {metric: ${list('HasAttrOnDatapoint("host", "h2")')}}}`,
  `{metrics: {metric: ${list('HasAttrOnDatapoint("host", "h1")')}}}`,
  `{metrics: {metric: ${list('HasAttrKeyOnDatapoint("host")')}}}`,
  `{metrics: {metric: ${list('Len(data_points) > 1')}}}`,
  `{metrics: {datapoint: ${list('attributes["host"] == "h1"')}}}`,
  `{metrics: {datapoint: ${list('value_int == 0')}}}`,
  `{metrics: {datapoint: ${list('value_double > 0.1', 'count == 0')}}}`,
  `{metrics: {datapoint: ${list('metric.type == METRIC_DATA_TYPE_HISTOGRAM and sum == 6')}}}`,
  `{metrics: {datapoint: ${list('flags == FLAG_NO_RECORDED_VALUE')}}}`,
  `{metrics: {datapoint: ${list('true')}}}`,
  `{metrics: {resource: ${list('attributes["service.name"] == "shop"')}}}`,
  `{metric_conditions: ${list('metric.name == "latency"', 'datapoint.attributes["host"] == "h2"')}}`,
  `{metrics: {include: {match_type: strict, metric_names: [cpu, nothing]}}}`,
  `{metrics: {exclude: {match_type: regexp, metric_names: ["^re", "les$"]}}}`,
  `{metrics: {include: {match_type: strict, resource_attributes: [{key: service.name, value: other}]}}}`,
  `{metrics: {include: {match_type: expr}}}`,
  `{metrics: {include: {match_type: expr, expressions: ${list('MetricName == "cpu"', 'HasLabel("nothing")')}}}}`,
  `{metrics: {exclude: {match_type: expr, expressions: ${list('Label("host") == "h2"')}}}}`,
  `{metrics: {exclude: {match_type: expr, expressions: ${list('MetricType in ["Sum", "Gauge"] and not HasLabel("host")')}}}}`,
  `{metrics: {include: {match_type: expr, expressions: ${list('MetricName matches "^[a-l]"')}}, exclude: {match_type: expr, expressions: ${list('len(Label("host")) == 2')}}}}`,
  `{metrics: {include: {match_type: expr, expressions: ${list('MetricType != "Gauge"')}, resource_attributes: [{key: service.name}]}}}`,
  `{metrics: {include: {match_type: expr, expressions: ${list('let host = Label("host"); host startsWith "h" ? host endsWith "1" : MetricName contains "e"')}}}}`,
  `{metrics: {exclude: {match_type: expr, expressions: ${list('any(["h1", "h9"], # == Label("host")) || "MetricName" not in $env')}}}}`,
  `{metrics: {exclude: {match_type: expr, expressions: ${list('Label(nil) == "" and $env.MetricType == "Histogram"')}}}}`,
];

const LOGS: readonly string[] = [
  `{logs: {log_record: ${list('severity_number < SEVERITY_NUMBER_ERROR')}}}`,
  `{logs: {log_record: ${list('body["code"] == 5')}}}`,
  `{logs: {log_record: ${list('IsMatch(body, "4.")')}}}`,
  `{logs: {log_record: ${list('body == "started"', 'event_name == "failure"')}}}`,
  `{logs: {log_record: ${list('trace_id.string == "0102030405060708090a0b0c0d0e0f10"')}}}`,
  `{logs: {log_record: ${list('attributes["user"] == nil')}}}`,
  `{logs: {log_record: ${list('IsMap(body) and attributes["count"] * 2 == 4')}}}`,
  `{logs: {resource: ${list('IsList(attributes["zones"])')}}}`,
  `{log_conditions: ${list('log.attributes["user"] == "bob"', 'scope.name == "other"')}}`,
  `{logs: {include: {match_type: strict, severity_texts: [ERROR]}}}`,
  `{logs: {include: {severity_number: {min: INFO, match_undefined: true}}, exclude: {match_type: regexp, bodies: ["^st"]}}}`,
  `{logs: {exclude: {match_type: strict, record_attributes: [{key: user, value: ann}]}}}`,
];

const PROFILES: readonly string[] = [
  `{profiles: {profile: ${list('sample_type.type == "cpu"')}}}`,
  `{profiles: {profile: ${list('attributes["thread.name"] == "main" and attributes["size"] > 0')}}}`,
  `{profiles: {profile: ${list('original_payload == nil')}}}`,
  `{profiles: {profile: ${list('profile_id.string == "00000000000000000000000000000001"', 'period == 0')}}}`,
  `{profiles: {profile: ${list('true')}}}`,
  `{profiles: {resource: ${list('attributes["service.name"] == "shop"')}, profile: ${list('false')}}}`,
  `{profiles: {resource: ${list('attributes["thread.name"] == "main"')}, profile: ${list('original_payload_format == "jfr"')}}}`,
  `{profile_conditions: ${list('profile.original_payload_format == "jfr"', 'scope.name == "other"')}}`,
  `{profile_conditions: ${list('scope.attributes["kind"] == "cpu"')}}`,
  `{profile_conditions: [{context: profile, conditions: ${list('duration > 0')}}, {conditions: ${list('resource.attributes["service.name"] == "none"')}}]}`,
];

export const FILTER_CASES: readonly ProcessorCase[] = [
  ...TRACES.map((settings): ProcessorCase => ({ signal: 'traces', type: 'filter', settings })),
  ...METRICS.map((settings): ProcessorCase => ({ signal: 'metrics', type: 'filter', settings })),
  ...LOGS.map((settings): ProcessorCase => ({ signal: 'logs', type: 'filter', settings })),
  ...PROFILES.map((settings): ProcessorCase => ({ signal: 'profiles', type: 'filter', settings })),
];
