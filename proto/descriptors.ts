// The OTLP messages as a table: field numbers, JSON names and types, from proto/opentelemetry (a test holds it equal).
// For the edges only, where people or JSON need objects; the data path reads bytes.

import type { OtlpSignal } from './otlp/signals.ts';

export type ScalarType =
  | 'string'
  | 'bytes'
  /** Bytes that JSON writes as hex: trace, span and profile ids. */
  | 'id'
  | 'bool'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double'
  | 'enum';

export interface Field {
  readonly number: number;
  /** As in JSON. */
  readonly name: string;
  readonly type: ScalarType | MessageName;
  /** `optional` and `oneof` fields are written even when they have their default value. */
  readonly rule: 'single' | 'repeated' | 'optional' | 'oneof';
}

function field(number: number, name: string, type: string, rule: Field['rule'] = 'single'): Field {
  // Safe: the test compares every type with the .proto files.
  return { number, name, type: type as Field['type'], rule };
}

export const MESSAGES = {
  ExportTraceServiceRequest: [field(1, 'resourceSpans', 'ResourceSpans', 'repeated')],
  ResourceSpans: [
    field(1, 'resource', 'Resource'),
    field(2, 'scopeSpans', 'ScopeSpans', 'repeated'),
    field(3, 'schemaUrl', 'string'),
  ],
  Resource: [
    field(1, 'attributes', 'KeyValue', 'repeated'),
    field(2, 'droppedAttributesCount', 'uint32'),
    field(3, 'entityRefs', 'EntityRef', 'repeated'),
  ],
  KeyValue: [field(1, 'key', 'string'), field(2, 'value', 'AnyValue'), field(3, 'keyStrindex', 'int32')],
  AnyValue: [
    field(1, 'stringValue', 'string', 'oneof'),
    field(2, 'boolValue', 'bool', 'oneof'),
    field(3, 'intValue', 'int64', 'oneof'),
    field(4, 'doubleValue', 'double', 'oneof'),
    field(5, 'arrayValue', 'ArrayValue', 'oneof'),
    field(6, 'kvlistValue', 'KeyValueList', 'oneof'),
    field(7, 'bytesValue', 'bytes', 'oneof'),
    field(8, 'stringValueStrindex', 'int32', 'oneof'),
  ],
  ArrayValue: [field(1, 'values', 'AnyValue', 'repeated')],
  KeyValueList: [field(1, 'values', 'KeyValue', 'repeated')],
  EntityRef: [
    field(1, 'schemaUrl', 'string'),
    field(2, 'type', 'string'),
    field(3, 'idKeys', 'string', 'repeated'),
    field(4, 'descriptionKeys', 'string', 'repeated'),
  ],
  ScopeSpans: [
    field(1, 'scope', 'InstrumentationScope'),
    field(2, 'spans', 'Span', 'repeated'),
    field(3, 'schemaUrl', 'string'),
  ],
  InstrumentationScope: [
    field(1, 'name', 'string'),
    field(2, 'version', 'string'),
    field(3, 'attributes', 'KeyValue', 'repeated'),
    field(4, 'droppedAttributesCount', 'uint32'),
  ],
  Span: [
    field(1, 'traceId', 'id'),
    field(2, 'spanId', 'id'),
    field(3, 'traceState', 'string'),
    field(4, 'parentSpanId', 'id'),
    field(16, 'flags', 'fixed32'),
    field(5, 'name', 'string'),
    field(6, 'kind', 'enum'),
    field(7, 'startTimeUnixNano', 'fixed64'),
    field(8, 'endTimeUnixNano', 'fixed64'),
    field(9, 'attributes', 'KeyValue', 'repeated'),
    field(10, 'droppedAttributesCount', 'uint32'),
    field(11, 'events', 'SpanEvent', 'repeated'),
    field(12, 'droppedEventsCount', 'uint32'),
    field(13, 'links', 'SpanLink', 'repeated'),
    field(14, 'droppedLinksCount', 'uint32'),
    field(15, 'status', 'Status'),
  ],
  SpanEvent: [
    field(1, 'timeUnixNano', 'fixed64'),
    field(2, 'name', 'string'),
    field(3, 'attributes', 'KeyValue', 'repeated'),
    field(4, 'droppedAttributesCount', 'uint32'),
  ],
  SpanLink: [
    field(1, 'traceId', 'id'),
    field(2, 'spanId', 'id'),
    field(3, 'traceState', 'string'),
    field(4, 'attributes', 'KeyValue', 'repeated'),
    field(5, 'droppedAttributesCount', 'uint32'),
    field(6, 'flags', 'fixed32'),
  ],
  Status: [field(2, 'message', 'string'), field(3, 'code', 'enum')],
  ExportMetricsServiceRequest: [field(1, 'resourceMetrics', 'ResourceMetrics', 'repeated')],
  ResourceMetrics: [
    field(1, 'resource', 'Resource'),
    field(2, 'scopeMetrics', 'ScopeMetrics', 'repeated'),
    field(3, 'schemaUrl', 'string'),
  ],
  ScopeMetrics: [
    field(1, 'scope', 'InstrumentationScope'),
    field(2, 'metrics', 'Metric', 'repeated'),
    field(3, 'schemaUrl', 'string'),
  ],
  Metric: [
    field(1, 'name', 'string'),
    field(2, 'description', 'string'),
    field(3, 'unit', 'string'),
    field(5, 'gauge', 'Gauge', 'oneof'),
    field(7, 'sum', 'Sum', 'oneof'),
    field(9, 'histogram', 'Histogram', 'oneof'),
    field(10, 'exponentialHistogram', 'ExponentialHistogram', 'oneof'),
    field(11, 'summary', 'Summary', 'oneof'),
    field(12, 'metadata', 'KeyValue', 'repeated'),
  ],
  Gauge: [field(1, 'dataPoints', 'NumberDataPoint', 'repeated')],
  NumberDataPoint: [
    field(7, 'attributes', 'KeyValue', 'repeated'),
    field(2, 'startTimeUnixNano', 'fixed64'),
    field(3, 'timeUnixNano', 'fixed64'),
    field(4, 'asDouble', 'double', 'oneof'),
    field(6, 'asInt', 'sfixed64', 'oneof'),
    field(5, 'exemplars', 'Exemplar', 'repeated'),
    field(8, 'flags', 'uint32'),
  ],
  Exemplar: [
    field(7, 'filteredAttributes', 'KeyValue', 'repeated'),
    field(2, 'timeUnixNano', 'fixed64'),
    field(3, 'asDouble', 'double', 'oneof'),
    field(6, 'asInt', 'sfixed64', 'oneof'),
    field(4, 'spanId', 'id'),
    field(5, 'traceId', 'id'),
  ],
  Sum: [
    field(1, 'dataPoints', 'NumberDataPoint', 'repeated'),
    field(2, 'aggregationTemporality', 'enum'),
    field(3, 'isMonotonic', 'bool'),
  ],
  Histogram: [field(1, 'dataPoints', 'HistogramDataPoint', 'repeated'), field(2, 'aggregationTemporality', 'enum')],
  HistogramDataPoint: [
    field(9, 'attributes', 'KeyValue', 'repeated'),
    field(2, 'startTimeUnixNano', 'fixed64'),
    field(3, 'timeUnixNano', 'fixed64'),
    field(4, 'count', 'fixed64'),
    field(5, 'sum', 'double', 'optional'),
    field(6, 'bucketCounts', 'fixed64', 'repeated'),
    field(7, 'explicitBounds', 'double', 'repeated'),
    field(8, 'exemplars', 'Exemplar', 'repeated'),
    field(10, 'flags', 'uint32'),
    field(11, 'min', 'double', 'optional'),
    field(12, 'max', 'double', 'optional'),
  ],
  ExponentialHistogram: [
    field(1, 'dataPoints', 'ExponentialHistogramDataPoint', 'repeated'),
    field(2, 'aggregationTemporality', 'enum'),
  ],
  ExponentialHistogramDataPoint: [
    field(1, 'attributes', 'KeyValue', 'repeated'),
    field(2, 'startTimeUnixNano', 'fixed64'),
    field(3, 'timeUnixNano', 'fixed64'),
    field(4, 'count', 'fixed64'),
    field(5, 'sum', 'double', 'optional'),
    field(6, 'scale', 'sint32'),
    field(7, 'zeroCount', 'fixed64'),
    field(8, 'positive', 'ExponentialHistogramDataPointBuckets'),
    field(9, 'negative', 'ExponentialHistogramDataPointBuckets'),
    field(10, 'flags', 'uint32'),
    field(11, 'exemplars', 'Exemplar', 'repeated'),
    field(12, 'min', 'double', 'optional'),
    field(13, 'max', 'double', 'optional'),
    field(14, 'zeroThreshold', 'double'),
  ],
  ExponentialHistogramDataPointBuckets: [field(1, 'offset', 'sint32'), field(2, 'bucketCounts', 'uint64', 'repeated')],
  Summary: [field(1, 'dataPoints', 'SummaryDataPoint', 'repeated')],
  SummaryDataPoint: [
    field(7, 'attributes', 'KeyValue', 'repeated'),
    field(2, 'startTimeUnixNano', 'fixed64'),
    field(3, 'timeUnixNano', 'fixed64'),
    field(4, 'count', 'fixed64'),
    field(5, 'sum', 'double'),
    field(6, 'quantileValues', 'SummaryDataPointValueAtQuantile', 'repeated'),
    field(8, 'flags', 'uint32'),
  ],
  SummaryDataPointValueAtQuantile: [field(1, 'quantile', 'double'), field(2, 'value', 'double')],
  ExportLogsServiceRequest: [field(1, 'resourceLogs', 'ResourceLogs', 'repeated')],
  ResourceLogs: [
    field(1, 'resource', 'Resource'),
    field(2, 'scopeLogs', 'ScopeLogs', 'repeated'),
    field(3, 'schemaUrl', 'string'),
  ],
  ScopeLogs: [
    field(1, 'scope', 'InstrumentationScope'),
    field(2, 'logRecords', 'LogRecord', 'repeated'),
    field(3, 'schemaUrl', 'string'),
  ],
  LogRecord: [
    field(1, 'timeUnixNano', 'fixed64'),
    field(11, 'observedTimeUnixNano', 'fixed64'),
    field(2, 'severityNumber', 'enum'),
    field(3, 'severityText', 'string'),
    field(5, 'body', 'AnyValue'),
    field(6, 'attributes', 'KeyValue', 'repeated'),
    field(7, 'droppedAttributesCount', 'uint32'),
    field(8, 'flags', 'fixed32'),
    field(9, 'traceId', 'id'),
    field(10, 'spanId', 'id'),
    field(12, 'eventName', 'string'),
  ],
  ExportProfilesServiceRequest: [
    field(1, 'resourceProfiles', 'ResourceProfiles', 'repeated'),
    field(2, 'dictionary', 'ProfilesDictionary'),
  ],
  ResourceProfiles: [
    field(1, 'resource', 'Resource'),
    field(2, 'scopeProfiles', 'ScopeProfiles', 'repeated'),
    field(3, 'schemaUrl', 'string'),
  ],
  ScopeProfiles: [
    field(1, 'scope', 'InstrumentationScope'),
    field(2, 'profiles', 'Profile', 'repeated'),
    field(3, 'schemaUrl', 'string'),
  ],
  Profile: [
    field(1, 'sampleType', 'ValueType'),
    field(2, 'samples', 'Sample', 'repeated'),
    field(3, 'timeUnixNano', 'fixed64'),
    field(4, 'durationNano', 'uint64'),
    field(5, 'periodType', 'ValueType'),
    field(6, 'period', 'int64'),
    field(7, 'profileId', 'id'),
    field(8, 'droppedAttributesCount', 'uint32'),
    field(9, 'originalPayloadFormat', 'string'),
    field(10, 'originalPayload', 'bytes'),
    field(11, 'attributeIndices', 'int32', 'repeated'),
  ],
  ValueType: [field(1, 'typeStrindex', 'int32'), field(2, 'unitStrindex', 'int32')],
  Sample: [
    field(1, 'stackIndex', 'int32'),
    field(2, 'attributeIndices', 'int32', 'repeated'),
    field(3, 'linkIndex', 'int32'),
    field(4, 'values', 'int64', 'repeated'),
    field(5, 'timestampsUnixNano', 'fixed64', 'repeated'),
  ],
  ProfilesDictionary: [
    field(1, 'mappingTable', 'Mapping', 'repeated'),
    field(2, 'locationTable', 'Location', 'repeated'),
    field(3, 'functionTable', 'Function', 'repeated'),
    field(4, 'linkTable', 'Link', 'repeated'),
    field(5, 'stringTable', 'string', 'repeated'),
    field(6, 'attributeTable', 'KeyValueAndUnit', 'repeated'),
    field(7, 'stackTable', 'Stack', 'repeated'),
  ],
  Mapping: [
    field(1, 'memoryStart', 'uint64'),
    field(2, 'memoryLimit', 'uint64'),
    field(3, 'fileOffset', 'uint64'),
    field(4, 'filenameStrindex', 'int32'),
    field(5, 'attributeIndices', 'int32', 'repeated'),
  ],
  Location: [
    field(1, 'mappingIndex', 'int32'),
    field(2, 'address', 'uint64'),
    field(3, 'lines', 'Line', 'repeated'),
    field(4, 'attributeIndices', 'int32', 'repeated'),
  ],
  Line: [field(1, 'functionIndex', 'int32'), field(2, 'line', 'int64'), field(3, 'column', 'int64')],
  Function: [
    field(1, 'nameStrindex', 'int32'),
    field(2, 'systemNameStrindex', 'int32'),
    field(3, 'filenameStrindex', 'int32'),
    field(4, 'startLine', 'int64'),
  ],
  Link: [field(1, 'traceId', 'id'), field(2, 'spanId', 'id')],
  KeyValueAndUnit: [field(1, 'keyStrindex', 'int32'), field(2, 'value', 'AnyValue'), field(3, 'unitStrindex', 'int32')],
  Stack: [field(1, 'locationIndices', 'int32', 'repeated')],
} as const satisfies Readonly<Record<string, readonly Field[]>>;

export type MessageName =
  | 'ExportTraceServiceRequest'
  | 'ResourceSpans'
  | 'Resource'
  | 'KeyValue'
  | 'AnyValue'
  | 'ArrayValue'
  | 'KeyValueList'
  | 'EntityRef'
  | 'ScopeSpans'
  | 'InstrumentationScope'
  | 'Span'
  | 'SpanEvent'
  | 'SpanLink'
  | 'Status'
  | 'ExportMetricsServiceRequest'
  | 'ResourceMetrics'
  | 'ScopeMetrics'
  | 'Metric'
  | 'Gauge'
  | 'NumberDataPoint'
  | 'Exemplar'
  | 'Sum'
  | 'Histogram'
  | 'HistogramDataPoint'
  | 'ExponentialHistogram'
  | 'ExponentialHistogramDataPoint'
  | 'ExponentialHistogramDataPointBuckets'
  | 'Summary'
  | 'SummaryDataPoint'
  | 'SummaryDataPointValueAtQuantile'
  | 'ExportLogsServiceRequest'
  | 'ResourceLogs'
  | 'ScopeLogs'
  | 'LogRecord'
  | 'ExportProfilesServiceRequest'
  | 'ResourceProfiles'
  | 'ScopeProfiles'
  | 'Profile'
  | 'ValueType'
  | 'Sample'
  | 'ProfilesDictionary'
  | 'Mapping'
  | 'Location'
  | 'Line'
  | 'Function'
  | 'Link'
  | 'KeyValueAndUnit'
  | 'Stack';

export const REQUEST_MESSAGE: Readonly<Record<OtlpSignal, MessageName>> = {
  traces: 'ExportTraceServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
  profiles: 'ExportProfilesServiceRequest',
};

/** Scalars are written small, messages with a capital. */
export function isScalar(type: Field['type']): type is ScalarType {
  return type.charCodeAt(0) >= 0x61;
}

const BY_NUMBER = new Map<MessageName, ReadonlyMap<number, Field>>();
const BY_NAME = new Map<MessageName, ReadonlyMap<string, Field>>();
// The keys are exactly the message names.
for (const [name, fields] of Object.entries(MESSAGES) as [MessageName, readonly Field[]][]) {
  BY_NUMBER.set(name, new Map(fields.map((one) => [one.number, one])));
  BY_NAME.set(name, new Map(fields.map((one) => [one.name, one])));
}

export function fieldsByNumber(message: MessageName): ReadonlyMap<number, Field> {
  return BY_NUMBER.get(message) ?? new Map();
}

export function fieldsByName(message: MessageName): ReadonlyMap<string, Field> {
  return BY_NAME.get(message) ?? new Map();
}
