// The paths of OTTL over the views in proto/otlp. Strings and numbers are compared where they lie.

import type { AnyValueView } from '../../proto/otlp/any-value.ts';
import type { AttributesView } from '../../proto/otlp/attributes.ts';
import { LOG_RECORD } from '../../proto/otlp/logs.ts';
import { type MessageView, RepeatedField } from '../../proto/otlp/message-view.ts';
import { METRIC, METRIC_DATA } from '../../proto/otlp/metrics.ts';
import { EVENT, SPAN, STATUS } from '../../proto/otlp/spans.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';
import { valueText } from '../../proto/otlp/value-text.ts';
import type { PathEntry, PathTable } from '../access.ts';
import { traceStateValue } from '../trace-state.ts';
import { Id, Time, type OttlValue } from '../value.ts';
import type { Context } from '../contexts.ts';
import { POINT_PATHS } from './point-paths.ts';
import { PROFILE_PATHS } from './profile-paths.ts';
import type { ViewItem } from './item.ts';

type Entry = PathEntry<ViewItem>;
type Entries = readonly (readonly [string, Entry])[];

const KIND_TEXT = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];

const RESOURCE: Entries = [
  ...attributes('resource.attributes', (item) => item.resource.attributes),
  ...integer('resource.dropped_attributes_count', (item) => item.resource.droppedAttributesCount),
  ...text('resource.schema_url', (item) => item.resource.schemaUrl),
];

const SCOPE: Entries = ['scope', 'instrumentation_scope'].flatMap((prefix) => [
  ...field(`${prefix}.name`, (item) => item.scope.message, 1),
  ...field(`${prefix}.version`, (item) => item.scope.message, 2),
  ...attributes(`${prefix}.attributes`, (item) => item.scope.attributes),
  ...integer(`${prefix}.dropped_attributes_count`, (item) => item.scope.droppedAttributesCount),
  ...text(`${prefix}.schema_url`, (item) => item.scope.schemaUrl),
]);

const SPAN_PATHS: Entries = [
  ...attributes('span.attributes', (item) => item.span.attributes),
  ...id('span.trace_id', (item) => item.span.message, SPAN.traceId, 16),
  ...id('span.span_id', (item) => item.span.message, SPAN.spanId, 8),
  ...id('span.parent_span_id', (item) => item.span.message, SPAN.parentSpanId, 8),
  [
    'span.trace_state',
    {
      access: { get: (item) => item.span.traceState },
      keyed: (key) => ({ get: (item) => traceStateValue(item.span.traceState, key) }),
    },
  ],
  ...field('span.name', (item) => item.span.message, SPAN.name),
  ...integer('span.kind', (item) => item.span.kind),
  ...text('span.kind.string', (item) => KIND_TEXT[item.span.kind] ?? ''),
  ...text('span.kind.deprecated_string', (item) => {
    const { kind } = item.span;
    return KIND_TEXT[kind] === undefined ? '' : `SPAN_KIND_${KIND_TEXT[kind].toUpperCase()}`;
  }),
  ...integer('span.status.code', (item) => item.span.statusCode),
  ...field('span.status.message', (item) => item.span.status, STATUS.message),
  ...time('span.start_time', (item) => item.span.startTimeUnixNano),
  ...time('span.end_time', (item) => item.span.endTimeUnixNano),
  ...integer('span.dropped_attributes_count', (item) => item.span.droppedAttributesCount),
  ...integer('span.dropped_events_count', (item) => item.span.droppedEventsCount),
  ...counted('span.events', (item) => item.span.message, SPAN.events),
  ...counted('span.links', (item) => item.span.message, SPAN.links),
  ...integer('span.dropped_links_count', (item) => item.span.droppedLinksCount),
  ...integer('span.flags', (item) => item.span.flags),
];

const EVENT_PATHS: Entries = [
  ...attributes('spanevent.attributes', (item) => item.event.attributes),
  ...field('spanevent.name', (item) => item.event.message, EVENT.name),
  ...time('spanevent.time', (item) => item.event.timeUnixNano),
  ...integer('spanevent.event_index', (item) => item.eventIndex),
  ...integer('spanevent.dropped_attributes_count', (item) => item.event.droppedAttributesCount),
];

/** pdata numbers metric types 1 to 5; the wire has other numbers. */
const METRIC_TYPES: ReadonlyMap<number, number> = new Map([
  [METRIC.gauge, 1],
  [METRIC.sum, 2],
  [METRIC.histogram, 3],
  [METRIC.exponentialHistogram, 4],
  [METRIC.summary, 5],
]);

const METRIC_PATHS: Entries = [
  ...field('metric.name', (item) => item.metric.message, METRIC.name),
  ...field('metric.description', (item) => item.metric.message, METRIC.description),
  ...field('metric.unit', (item) => item.metric.message, METRIC.unit),
  ...integer('metric.type', (item) => METRIC_TYPES.get(item.metric.type) ?? 0),
  [
    'metric.aggregation_temporality',
    {
      access: {
        get: ({ metric }) =>
          metric.type === METRIC.gauge || metric.type === METRIC.summary || metric.type === 0
            ? null
            : BigInt(metric.aggregationTemporality),
      },
      indexable: false,
    },
  ],
  [
    'metric.is_monotonic',
    {
      access: { get: ({ metric }) => (metric.type === METRIC.sum ? metric.isMonotonic : null) },
      indexable: false,
    },
  ],
  ...counted('metric.data_points', (item) => item.metric.data, METRIC_DATA.dataPoints),
  ...attributes('metric.metadata', (item) => item.metric.metadata),
];

const LOG_PATHS: Entries = [
  ...attributes('log.attributes', (item) => item.log.attributes),
  ['log.body', { access: { get: (item) => item.log.body.toJs(), attribute: (item) => item.log.body } }],
  ...text('log.body.string', (item) => valueText(item.log.body)),
  ...integer('log.severity_number', (item) => item.log.severityNumber),
  ...field('log.severity_text', (item) => item.log.message, LOG_RECORD.severityText),
  ...field('log.event_name', (item) => item.log.message, LOG_RECORD.eventName),
  ...time('log.time', (item) => item.log.timeUnixNano),
  ...time('log.observed_time', (item) => item.log.observedTimeUnixNano),
  ...id('log.trace_id', (item) => item.log.message, LOG_RECORD.traceId, 16),
  ...id('log.span_id', (item) => item.log.message, LOG_RECORD.spanId, 8),
  ...integer('log.flags', (item) => item.log.flags),
  ...integer('log.dropped_attributes_count', (item) => item.log.droppedAttributesCount),
];

const POINTS: Entries = [
  ...attributes('datapoint.attributes', (item) => item.point.attributes),
  ...time('datapoint.time', (item) => item.point.timeUnixNano),
  ...time('datapoint.start_time', (item) => item.point.startTimeUnixNano),
  ...integer('datapoint.flags', (item) => item.point.flags),
  ...POINT_PATHS,
];

/** Every context has its own paths and those of what it lies in. */
export const VIEW_PATHS: Readonly<Record<Context, PathTable<ViewItem>>> = {
  resource: new Map([...RESOURCE, cache('resource')]),
  scope: new Map([...RESOURCE, ...SCOPE, cache('scope'), cache('instrumentation_scope')]),
  span: new Map([...RESOURCE, ...SCOPE, ...SPAN_PATHS, cache('span')]),
  spanevent: new Map([...RESOURCE, ...SCOPE, ...SPAN_PATHS, ...EVENT_PATHS, cache('spanevent')]),
  metric: new Map([...RESOURCE, ...SCOPE, ...METRIC_PATHS, cache('metric')]),
  datapoint: new Map([...RESOURCE, ...SCOPE, ...METRIC_PATHS, ...POINTS, cache('datapoint')]),
  log: new Map([...RESOURCE, ...SCOPE, ...LOG_PATHS, cache('log')]),
  profile: new Map([...RESOURCE, ...SCOPE, ...PROFILE_PATHS, cache('profile')]),
};

/** Conditions write nothing, so the cache is empty. */
function cache(context: string): readonly [string, Entry] {
  return [`${context}.cache`, { access: { get: () => new Map() }, keyed: () => ({ get: () => null }) }];
}

/** A list that no expression looks into: only that it is there and how long it is can be asked. */
function counted(path: string, of: (item: ViewItem) => MessageView, number: number): Entries {
  return [[path, { access: { get: (item) => occurrences(of(item), number).map(() => null) }, indexable: false }]];
}

function occurrences(message: MessageView, number: number): readonly number[] {
  const found: number[] = [];
  const fields = new RepeatedField();
  fields.reset(message.bytes, message.repeatedStart(number), message.repeatedEnd(number), number);
  while (fields.next()) found.push(fields.start);
  return found;
}

function attributes(path: string, of: (item: ViewItem) => AttributesView): Entries {
  return [
    [
      path,
      {
        access: { get: (item) => mapOf(of(item)) },
        keyed: (key) => {
          const needle = encodeUtf8(key);
          const attribute = (item: ViewItem): AnyValueView | undefined => of(item).get(needle);
          return { attribute, get: (item) => attribute(item)?.toJs() ?? null };
        },
      },
    ],
  ];
}

/** Of keys that occur twice the first one counts, as in the collector. */
function mapOf(view: AttributesView): OttlValue {
  const map = new Map<string, OttlValue>();
  view.rewind();
  while (view.next()) {
    const key = view.entry.key();
    if (!map.has(key)) map.set(key, view.entry.value.toJs());
  }
  return map;
}

/** A string field of a message. */
function field(path: string, of: (item: ViewItem) => MessageView, number: number): Entries {
  return [
    [
      path,
      {
        access: {
          get: (item) => of(item).stringField(number),
          equalsText: (needle) => (item) => of(item).fieldEquals(number, needle),
        },
        indexable: false,
      },
    ],
  ];
}

function text(path: string, get: (item: ViewItem) => string): Entries {
  return [[path, { access: { get }, indexable: false }]];
}

function integer(path: string, number: (item: ViewItem) => number): Entries {
  return [[path, { access: { number, get: (item) => BigInt(number(item)) }, indexable: false }]];
}

/** `x` as a time and `x_unix_nano` as an integer. */
function time(path: string, nano: (item: ViewItem) => bigint): Entries {
  return [
    [path, { access: { get: (item) => new Time(BigInt.asIntN(64, nano(item))) }, indexable: false }],
    [`${path}_unix_nano`, { access: { get: (item) => BigInt.asIntN(64, nano(item)) }, indexable: false }],
  ];
}

/** An id, and its hex text under `.string`; an id of zeros has no text. */
function id(path: string, of: (item: ViewItem) => MessageView, number: number, size: number): Entries {
  const zeros = '0'.repeat(2 * size);
  return [
    [
      path,
      {
        access: {
          get: (item) => {
            const bytes = new Uint8Array(size);
            bytes.set(of(item).bytesField(number).subarray(0, size));
            return new Id(bytes);
          },
        },
        indexable: false,
      },
    ],
    ...text(`${path}.string`, (item) => {
      const hex = of(item).hexField(number);
      return hex === zeros ? '' : hex;
    }),
  ];
}
