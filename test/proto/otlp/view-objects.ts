// What views say, as the objects the reference decodes to (defaults filled in, 64-bit numbers as strings): so that both can
// be compared whole.

import type { AnyValueView, JsValue } from '../../../proto/otlp/any-value.ts';
import type { AttributesView } from '../../../proto/otlp/attributes.ts';
import type { ItemCursor, ResourceView, ScopeView } from '../../../proto/otlp/envelope.ts';
import type { ChildCursor, View } from '../../../proto/otlp/item-view.ts';
import type { LogRecordView } from '../../../proto/otlp/logs.ts';
import {
  type DataPointView,
  ExponentialHistogramDataPointView,
  HistogramDataPointView,
  METRIC,
  type MetricView,
  NumberDataPointView,
  SummaryDataPointView,
} from '../../../proto/otlp/metrics.ts';
import type { ProfileView, SampleView } from '../../../proto/otlp/profiles.ts';
import type { EventView, LinkView, SpanView } from '../../../proto/otlp/spans.ts';

/** An AnyValue as the reference decodes it. */
export interface ReferenceValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly bytesValue?: Uint8Array;
  readonly arrayValue?: { readonly values?: readonly ReferenceValue[] };
  readonly kvlistValue?: { readonly values?: readonly ReferenceKeyValue[] };
}
export interface ReferenceKeyValue {
  readonly key?: string;
  readonly value?: ReferenceValue | null;
}

/** What `toJs` must make of a value. */
export function jsValueOf(value: ReferenceValue | null | undefined): JsValue {
  if (!value) return null;
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) return BigInt(value.intValue);
  if (value.doubleValue !== undefined) return value.doubleValue;
  if (value.bytesValue !== undefined) return new Uint8Array(value.bytesValue);
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(jsValueOf);
  if (!value.kvlistValue) return null;
  const map = new Map<string, JsValue>();
  for (const entry of value.kvlistValue.values ?? []) {
    const key = entry.key ?? '';
    if (!map.has(key)) map.set(key, jsValueOf(entry.value));
  }
  return map;
}

export function attributeListOf(list: readonly ReferenceKeyValue[] | undefined): [string, JsValue][] {
  return (list ?? []).map(({ key, value }) => [key ?? '', jsValueOf(value)]);
}

export function readAttributes(view: AttributesView): [string, JsValue][] {
  const found: [string, JsValue][] = [];
  view.rewind();
  while (view.next()) found.push([view.entry.key(), view.entry.value.toJs()]);
  return found;
}

function readAll<Child extends View, T>(cursor: ChildCursor<Child>, read: (child: Child) => T): T[] {
  const found: T[] = [];
  while (cursor.next()) found.push(read(cursor.item));
  return found;
}

export function readResource(view: ResourceView): object {
  return {
    attributes: readAttributes(view.attributes),
    droppedAttributesCount: view.droppedAttributesCount,
    schemaUrl: view.schemaUrl,
  };
}

export function readScope(view: ScopeView): object {
  return {
    name: view.name,
    version: view.version,
    attributes: readAttributes(view.attributes),
    droppedAttributesCount: view.droppedAttributesCount,
    schemaUrl: view.schemaUrl,
  };
}

function readEvent(view: EventView): object {
  return {
    timeUnixNano: String(view.timeUnixNano),
    name: view.name,
    attributes: readAttributes(view.attributes),
    droppedAttributesCount: view.droppedAttributesCount,
  };
}

function readLink(view: LinkView): object {
  return {
    traceId: view.traceIdHex,
    spanId: view.spanIdHex,
    traceState: view.traceState,
    attributes: readAttributes(view.attributes),
    droppedAttributesCount: view.droppedAttributesCount,
    flags: view.flags,
  };
}

export function readSpan(view: SpanView): object {
  return {
    traceId: view.traceIdHex,
    spanId: view.spanIdHex,
    traceState: view.traceState,
    parentSpanId: view.parentSpanIdHex,
    flags: view.flags,
    name: view.name,
    kind: view.kind,
    startTimeUnixNano: String(view.startTimeUnixNano),
    endTimeUnixNano: String(view.endTimeUnixNano),
    attributes: readAttributes(view.attributes),
    droppedAttributesCount: view.droppedAttributesCount,
    events: readAll(view.events(), readEvent),
    droppedEventsCount: view.droppedEventsCount,
    links: readAll(view.links(), readLink),
    droppedLinksCount: view.droppedLinksCount,
    status: { code: view.statusCode, message: view.statusMessage },
  };
}

function readBody(view: AnyValueView): JsValue {
  return view.toJs();
}

export function readLogRecord(view: LogRecordView): object {
  return {
    timeUnixNano: String(view.timeUnixNano),
    observedTimeUnixNano: String(view.observedTimeUnixNano),
    severityNumber: view.severityNumber,
    severityText: view.severityText,
    body: readBody(view.body),
    attributes: readAttributes(view.attributes),
    droppedAttributesCount: view.droppedAttributesCount,
    flags: view.flags,
    traceId: view.traceIdHex,
    spanId: view.spanIdHex,
    eventName: view.eventName,
  };
}

const DATA_NAMES = new Map<number, string>([
  [METRIC.gauge, 'gauge'],
  [METRIC.sum, 'sum'],
  [METRIC.histogram, 'histogram'],
  [METRIC.exponentialHistogram, 'exponentialHistogram'],
  [METRIC.summary, 'summary'],
]);

function readPoint(view: DataPointView): object {
  const shared = {
    attributes: readAttributes(view.attributes),
    startTimeUnixNano: String(view.startTimeUnixNano),
    timeUnixNano: String(view.timeUnixNano),
    flags: view.flags,
  };
  if (view instanceof NumberDataPointView) {
    if (view.valueType === 'none') return shared;
    return view.valueType === 'int' ? { ...shared, asInt: String(view.intValue) } : { ...shared, asDouble: view.value };
  }
  if (view instanceof SummaryDataPointView) {
    const quantileValues = readAll(view.quantileValues(), (item) => ({
      quantile: item.doubleField(1),
      value: item.doubleField(2),
    }));
    return { ...shared, count: String(view.count), sum: view.sum, quantileValues };
  }
  if (view instanceof HistogramDataPointView) {
    return {
      ...shared,
      count: String(view.count),
      ...(view.hasSum ? { sum: view.sum } : {}),
      ...(view.hasMin ? { min: view.min } : {}),
      ...(view.hasMax ? { max: view.max } : {}),
      bucketCounts: view.bucketCounts().map(String),
      explicitBounds: view.explicitBounds(),
    };
  }
  if (!(view instanceof ExponentialHistogramDataPointView)) throw new Error('a kind of point nobody knows');
  return {
    ...shared,
    count: String(view.count),
    ...(view.hasSum ? { sum: view.sum } : {}),
    ...(view.hasMin ? { min: view.min } : {}),
    ...(view.hasMax ? { max: view.max } : {}),
    scale: view.scale,
    zeroCount: String(view.zeroCount),
    zeroThreshold: view.zeroThreshold,
    positive: { offset: view.positiveOffset, bucketCounts: view.positiveBucketCounts().map(String) },
    negative: { offset: view.negativeOffset, bucketCounts: view.negativeBucketCounts().map(String) },
  };
}

export function readMetric(view: MetricView): object {
  return {
    name: view.name,
    description: view.description,
    unit: view.unit,
    metadata: readAttributes(view.metadata),
    type: DATA_NAMES.get(view.type) ?? '',
    aggregationTemporality: view.aggregationTemporality,
    isMonotonic: view.isMonotonic,
    dataPoints: readAll(view.dataPoints(), readPoint),
  };
}

function readSample(view: SampleView): object {
  return {
    stackIndex: view.stackIndex,
    attributeIndices: view.attributeIndices(),
    linkIndex: view.linkIndex,
    values: view.values().map(String),
    timestampsUnixNano: view.timestampsUnixNano().map(String),
  };
}

export function readProfile(view: ProfileView): object {
  return {
    sampleType: { typeStrindex: view.sampleType.int32Field(1), unitStrindex: view.sampleType.int32Field(2) },
    samples: readAll(view.samples(), readSample),
    timeUnixNano: String(view.timeUnixNano),
    durationNano: String(view.durationNano),
    periodType: { typeStrindex: view.periodType.int32Field(1), unitStrindex: view.periodType.int32Field(2) },
    period: String(view.period),
    profileId: view.profileIdHex,
    droppedAttributesCount: view.droppedAttributesCount,
    originalPayloadFormat: view.originalPayloadFormat,
    attributeIndices: view.attributeIndices(),
  };
}

/** Every item with its resource and scope, in order. */
export function readBatch<Item extends View>(
  cursor: ItemCursor<Item>,
  chunks: readonly Uint8Array[],
  read: (item: Item) => object,
): object[] {
  const found: object[] = [];
  cursor.reset(chunks);
  while (cursor.next()) {
    found.push({ resource: readResource(cursor.resource), scope: readScope(cursor.scope), item: read(cursor.item) });
  }
  return found;
}
