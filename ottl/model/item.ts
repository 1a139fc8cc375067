// What statements change: one item with its resource and scope as plain objects.

import type { OttlValue } from '../value.ts';
import { emptyMetric, emptyPoint, type MetricModel, type PointModel } from './metric-item.ts';

/** Attributes and other maps. Their values are what OTLP knows: no times, durations or ids. */
export type ModelMap = Map<string, OttlValue>;

export interface ResourceModel {
  attributes: ModelMap;
  droppedAttributesCount: number;
  schemaUrl: string;
}

export interface ScopeModel extends ResourceModel {
  name: string;
  version: string;
}

/** Ids are empty where they are unset; times are nanoseconds since the epoch. */
export interface LogModel {
  attributes: ModelMap;
  body: OttlValue;
  severityNumber: number;
  severityText: string;
  eventName: string;
  timeUnixNano: bigint;
  observedTimeUnixNano: bigint;
  traceId: Uint8Array;
  spanId: Uint8Array;
  flags: number;
  droppedAttributesCount: number;
}

/** As in a log record; events and links are only counted. */
export interface SpanModel {
  attributes: ModelMap;
  traceId: Uint8Array;
  spanId: Uint8Array;
  parentSpanId: Uint8Array;
  traceState: string;
  name: string;
  kind: number;
  status: { code: number; message: string };
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
  droppedAttributesCount: number;
  eventCount: number;
  linkCount: number;
  droppedEventsCount: number;
  droppedLinksCount: number;
  flags: number;
}

export interface EventModel {
  attributes: ModelMap;
  name: string;
  timeUnixNano: bigint;
  droppedAttributesCount: number;
}

/** Set what the context needs before executing; the object may be reused, with its cache cleared for every item. */
export interface ModelItem {
  resource: ResourceModel;
  scope: ScopeModel;
  log: LogModel;
  span: SpanModel;
  event: EventModel;
  eventIndex: number;
  metric: MetricModel;
  point: PointModel;
  /** What statements keep for later statements on the same item. */
  cache: ModelMap;
}

/** An item in which nothing is set. */
export function modelItem(): ModelItem {
  return {
    resource: emptyResource(),
    scope: { ...emptyResource(), name: '', version: '' },
    log: emptyLog(),
    span: emptySpan(),
    event: { attributes: new Map(), name: '', timeUnixNano: 0n, droppedAttributesCount: 0 },
    eventIndex: 0,
    metric: emptyMetric(),
    point: emptyPoint(),
    cache: new Map(),
  };
}

function emptyResource(): ResourceModel {
  return { attributes: new Map(), droppedAttributesCount: 0, schemaUrl: '' };
}

function emptyLog(): LogModel {
  return {
    attributes: new Map(),
    body: null,
    severityNumber: 0,
    severityText: '',
    eventName: '',
    timeUnixNano: 0n,
    observedTimeUnixNano: 0n,
    traceId: new Uint8Array(0),
    spanId: new Uint8Array(0),
    flags: 0,
    droppedAttributesCount: 0,
  };
}

function emptySpan(): SpanModel {
  return {
    attributes: new Map(),
    traceId: new Uint8Array(0),
    spanId: new Uint8Array(0),
    parentSpanId: new Uint8Array(0),
    traceState: '',
    name: '',
    kind: 0,
    status: { code: 0, message: '' },
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    droppedAttributesCount: 0,
    eventCount: 0,
    linkCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    flags: 0,
  };
}
