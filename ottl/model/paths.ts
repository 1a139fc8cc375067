// The paths of OTTL over objects, which can be read and written; the names are those of the views.

import { jsValueText } from '../../proto/otlp/value-text.ts';
import type { PathTable } from '../access.ts';
import type { StatementContext } from '../contexts.ts';
import { toJsValue } from '../text-of-value.ts';
import { setTraceStateValue, traceStateValue } from '../trace-state.ts';
import { OttlEvaluationError } from '../value.ts';
import { counted, enumerated, field, id, integer, map, text, time, wrongType, type Entry } from './entries.ts';
import type { ModelItem } from './item.ts';
import { METRIC_PATHS, POINT_PATHS } from './metric-paths.ts';

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];

const resource = (item: ModelItem) => item.resource;
const scope = (item: ModelItem) => item.scope;
const span = (item: ModelItem) => item.span;
const status = (item: ModelItem) => item.span.status;
const event = (item: ModelItem) => item.event;
const log = (item: ModelItem) => item.log;

const RESOURCE: readonly Entry[] = [
  map('resource.attributes', resource, 'attributes'),
  integer('resource.dropped_attributes_count', resource, 'droppedAttributesCount'),
  text('resource.schema_url', resource, 'schemaUrl'),
];

const SCOPE: readonly Entry[] = ['scope', 'instrumentation_scope'].flatMap((prefix) => [
  text(`${prefix}.name`, scope, 'name'),
  text(`${prefix}.version`, scope, 'version'),
  map(`${prefix}.attributes`, scope, 'attributes'),
  integer(`${prefix}.dropped_attributes_count`, scope, 'droppedAttributesCount'),
  text(`${prefix}.schema_url`, scope, 'schemaUrl'),
]);

const SPAN: readonly Entry[] = [
  map('span.attributes', span, 'attributes'),
  ...id('span.trace_id', span, { name: 'traceId', size: 16 }),
  ...id('span.span_id', span, { name: 'spanId', size: 8 }),
  ...id('span.parent_span_id', span, { name: 'parentSpanId', size: 8 }),
  [
    'span.trace_state',
    {
      access: text('', span, 'traceState')[1].access,
      keyed: (key) => ({
        get: (item) => traceStateValue(item.span.traceState, key),
        set(item, value) {
          if (typeof value !== 'string') throw wrongType('string', value);
          item.span.traceState = setTraceStateValue(item.span.traceState, key, value);
        },
      }),
    },
  ],
  text('span.name', span, 'name'),
  enumerated('span.kind', span, 'kind'),
  kind('span.kind.string', (name) => name),
  kind('span.kind.deprecated_string', (name) => `SPAN_KIND_${name.toUpperCase()}`),
  enumerated('span.status.code', status, 'code'),
  text('span.status.message', status, 'message'),
  ...time('span.start_time', span, 'startTimeUnixNano'),
  ...time('span.end_time', span, 'endTimeUnixNano'),
  integer('span.dropped_attributes_count', span, 'droppedAttributesCount'),
  counted('span.events', (item) => item.span.eventCount),
  counted('span.links', (item) => item.span.linkCount),
  integer('span.dropped_events_count', span, 'droppedEventsCount'),
  integer('span.dropped_links_count', span, 'droppedLinksCount'),
  integer('span.flags', span, 'flags'),
];

const EVENT: readonly Entry[] = [
  map('spanevent.attributes', event, 'attributes'),
  text('spanevent.name', event, 'name'),
  ...time('spanevent.time', event, 'timeUnixNano'),
  field('spanevent.event_index', { get: (item) => BigInt(item.eventIndex) }),
  integer('spanevent.dropped_attributes_count', event, 'droppedAttributesCount'),
];

const LOG: readonly Entry[] = [
  map('log.attributes', log, 'attributes'),
  [
    'log.body',
    {
      access: {
        get: (item) => item.log.body,
        set: (item, value) => {
          item.log.body = toJsValue(value);
        },
      },
    },
  ],
  field('log.body.string', {
    get: (item) => jsValueText(toJsValue(item.log.body)),
    set(item, value) {
      if (typeof value !== 'string') throw wrongType('string', value);
      item.log.body = value;
    },
  }),
  enumerated('log.severity_number', log, 'severityNumber'),
  text('log.severity_text', log, 'severityText'),
  text('log.event_name', log, 'eventName'),
  ...time('log.time', log, 'timeUnixNano'),
  ...time('log.observed_time', log, 'observedTimeUnixNano'),
  ...id('log.trace_id', log, { name: 'traceId', size: 16 }),
  ...id('log.span_id', log, { name: 'spanId', size: 8 }),
  integer('log.flags', log, 'flags'),
  integer('log.dropped_attributes_count', log, 'droppedAttributesCount'),
];

/** Every context has its own paths, those of what it lies in, and its cache. */
export const MODEL_PATHS: Readonly<Record<StatementContext, PathTable<ModelItem>>> = {
  resource: new Map([...RESOURCE, cache('resource')]),
  scope: new Map([...RESOURCE, ...SCOPE, cache('scope'), cache('instrumentation_scope')]),
  span: new Map([...RESOURCE, ...SCOPE, ...SPAN, cache('span')]),
  spanevent: new Map([...RESOURCE, ...SCOPE, ...SPAN, ...EVENT, cache('spanevent')]),
  metric: new Map([...RESOURCE, ...SCOPE, ...METRIC_PATHS, cache('metric')]),
  datapoint: new Map([...RESOURCE, ...SCOPE, ...METRIC_PATHS, ...POINT_PATHS, cache('datapoint')]),
  log: new Map([...RESOURCE, ...SCOPE, ...LOG, cache('log')]),
};

function cache(context: string): Entry {
  return map(`${context}.cache`, (item) => item, 'cache');
}

/** A span's kind as a name. */
function kind(path: string, written: (name: string) => string): Entry {
  const names = KINDS.map(written);
  return field(path, {
    get: (item) => names[item.span.kind] ?? '',
    set(item, value) {
      if (typeof value !== 'string') throw wrongType('string', value);
      const found = names.indexOf(value);
      if (found < 0) throw new OttlEvaluationError(`unknown span kind string, '${value}'`);
      item.span.kind = found;
    },
  });
}
