// The messages of OTLP as tables for `validate`: for each tag byte what its value must be. Kept equal to the official
// .proto files by test/proto/otlp/shapes.test.ts.

import type { OtlpSignal } from './signals.ts';

/** What a tag's value is. WRONG: a known field with another wire type, a group, or field number 0. */
export const WRONG = 0;
export const VARINT_VALUE = 1;
export const FIXED64_VALUE = 2;
export const FIXED32_VALUE = 3;
/** String, bytes, or an unknown length-delimited field. */
export const BYTES_VALUE = 4;
export const MESSAGE = 5;
/** Ids must be absent, empty, or exactly this long, as the collector has it. */
export const ID_16 = 6;
export const ID_8 = 7;
export const PACKED_VARINT = 8;
export const PACKED_FIXED64 = 9;
/** A key value: nine in ten nested messages, so `validate` has a short cut for it. */
export const ATTRIBUTE = 10;

export interface Shape {
  readonly name: string;
  /** By tag: what its value is. Tags of fields 1 to 31 lie here; larger fields are unknown in every OTLP message. */
  readonly actions: Uint8Array;
  /** By field number: the nested message. */
  readonly children: (Shape | undefined)[];
}

/** Tags below this are in the table. */
export const TABLE_TAGS = 256;

type FieldKind = 'varint' | 'fixed64' | 'fixed32' | 'bytes' | 'id16' | 'id8' | 'varints' | 'fixed64s';
/** `[field number, kind or nested message]` */
type Field = readonly [number, FieldKind | Shape];

const WIRE_TYPE_OF: Readonly<Record<FieldKind, number>> = {
  varint: 0,
  fixed64: 1,
  fixed32: 5,
  bytes: 2,
  id16: 2,
  id8: 2,
  varints: 2,
  fixed64s: 2,
};
const ACTION_OF: Readonly<Record<FieldKind, number>> = {
  varint: VARINT_VALUE,
  fixed64: FIXED64_VALUE,
  fixed32: FIXED32_VALUE,
  bytes: BYTES_VALUE,
  id16: ID_16,
  id8: ID_8,
  varints: PACKED_VARINT,
  fixed64s: PACKED_FIXED64,
};

function shape(name: string): Shape {
  const actions = new Uint8Array(TABLE_TAGS);
  for (let field = 1; field < TABLE_TAGS / 8; field++) {
    actions[field * 8] = VARINT_VALUE;
    actions[field * 8 + 1] = FIXED64_VALUE;
    actions[field * 8 + 2] = BYTES_VALUE;
    actions[field * 8 + 5] = FIXED32_VALUE;
  }
  return { name, actions, children: Array.from({ length: TABLE_TAGS / 8 }, () => undefined) };
}

function fill(target: Shape, fields: readonly Field[]): Shape {
  for (const [field, kind] of fields) {
    target.actions.fill(WRONG, field * 8, field * 8 + 8);
    if (typeof kind === 'string') {
      target.actions[field * 8 + WIRE_TYPE_OF[kind]] = ACTION_OF[kind];
      // A repeated number may also come unpacked.
      if (kind === 'varints') target.actions[field * 8] = VARINT_VALUE;
      if (kind === 'fixed64s') target.actions[field * 8 + 1] = FIXED64_VALUE;
    } else {
      target.actions[field * 8 + 2] = kind === KEY_VALUE ? ATTRIBUTE : MESSAGE;
      target.children[field] = kind;
    }
  }
  return target;
}

const message = (name: string, fields: readonly Field[]): Shape => fill(shape(name), fields);

export const KEY_VALUE = shape('KeyValue');
export const ANY_VALUE = shape('AnyValue');
fill(KEY_VALUE, [
  [1, 'bytes'],
  [2, ANY_VALUE],
  [3, 'varint'],
]);
fill(ANY_VALUE, [
  [1, 'bytes'],
  [2, 'varint'],
  [3, 'varint'],
  [4, 'fixed64'],
  [5, message('ArrayValue', [[1, ANY_VALUE]])],
  [6, message('KeyValueList', [[1, KEY_VALUE]])],
  [7, 'bytes'],
  [8, 'varint'],
]);

const SCOPE = message('InstrumentationScope', [
  [1, 'bytes'],
  [2, 'bytes'],
  [3, KEY_VALUE],
  [4, 'varint'],
]);
const ENTITY_REF = message('EntityRef', [
  [1, 'bytes'],
  [2, 'bytes'],
  [3, 'bytes'],
  [4, 'bytes'],
]);
const RESOURCE = message('Resource', [
  [1, KEY_VALUE],
  [2, 'varint'],
  [3, ENTITY_REF],
]);

/** Request, resource and scope level look alike in all signals. */
function request(name: string, item: Shape, more: readonly Field[] = []): Shape {
  const scope = message(`Scope${name}`, [
    [1, SCOPE],
    [2, item],
    [3, 'bytes'],
  ]);
  const resource = message(`Resource${name}`, [
    [1, RESOURCE],
    [2, scope],
    [3, 'bytes'],
  ]);
  return message(`Export${name}ServiceRequest`, [[1, resource], ...more]);
}

const SPAN = message('Span', [
  [1, 'id16'],
  [2, 'id8'],
  [3, 'bytes'],
  [4, 'id8'],
  [5, 'bytes'],
  [6, 'varint'],
  [7, 'fixed64'],
  [8, 'fixed64'],
  [9, KEY_VALUE],
  [10, 'varint'],
  [
    11,
    message('Event', [
      [1, 'fixed64'],
      [2, 'bytes'],
      [3, KEY_VALUE],
      [4, 'varint'],
    ]),
  ],
  [12, 'varint'],
  [
    13,
    message('Link', [
      [1, 'id16'],
      [2, 'id8'],
      [3, 'bytes'],
      [4, KEY_VALUE],
      [5, 'varint'],
      [6, 'fixed32'],
    ]),
  ],
  [14, 'varint'],
  [
    15,
    message('Status', [
      [2, 'bytes'],
      [3, 'varint'],
    ]),
  ],
  [16, 'fixed32'],
]);

const LOG_RECORD = message('LogRecord', [
  [1, 'fixed64'],
  [2, 'varint'],
  [3, 'bytes'],
  [5, ANY_VALUE],
  [6, KEY_VALUE],
  [7, 'varint'],
  [8, 'fixed32'],
  [9, 'id16'],
  [10, 'id8'],
  [11, 'fixed64'],
  [12, 'bytes'],
]);

const EXEMPLAR = message('Exemplar', [
  [2, 'fixed64'],
  [3, 'fixed64'],
  [4, 'id8'],
  [5, 'id16'],
  [6, 'fixed64'],
  [7, KEY_VALUE],
]);
const NUMBER_DATA_POINT = message('NumberDataPoint', [
  [2, 'fixed64'],
  [3, 'fixed64'],
  [4, 'fixed64'],
  [5, EXEMPLAR],
  [6, 'fixed64'],
  [7, KEY_VALUE],
  [8, 'varint'],
]);
const HISTOGRAM_DATA_POINT = message('HistogramDataPoint', [
  [2, 'fixed64'],
  [3, 'fixed64'],
  [4, 'fixed64'],
  [5, 'fixed64'],
  [6, 'fixed64s'],
  [7, 'fixed64s'],
  [8, EXEMPLAR],
  [9, KEY_VALUE],
  [10, 'varint'],
  [11, 'fixed64'],
  [12, 'fixed64'],
]);
const BUCKETS = message('Buckets', [
  [1, 'varint'],
  [2, 'varints'],
]);
const EXPONENTIAL_HISTOGRAM_DATA_POINT = message('ExponentialHistogramDataPoint', [
  [1, KEY_VALUE],
  [2, 'fixed64'],
  [3, 'fixed64'],
  [4, 'fixed64'],
  [5, 'fixed64'],
  [6, 'varint'],
  [7, 'fixed64'],
  [8, BUCKETS],
  [9, BUCKETS],
  [10, 'varint'],
  [11, EXEMPLAR],
  [12, 'fixed64'],
  [13, 'fixed64'],
  [14, 'fixed64'],
]);
const SUMMARY_DATA_POINT = message('SummaryDataPoint', [
  [2, 'fixed64'],
  [3, 'fixed64'],
  [4, 'fixed64'],
  [5, 'fixed64'],
  [
    6,
    message('ValueAtQuantile', [
      [1, 'fixed64'],
      [2, 'fixed64'],
    ]),
  ],
  [7, KEY_VALUE],
  [8, 'varint'],
]);
const METRIC = message('Metric', [
  [1, 'bytes'],
  [2, 'bytes'],
  [3, 'bytes'],
  [5, message('Gauge', [[1, NUMBER_DATA_POINT]])],
  [
    7,
    message('Sum', [
      [1, NUMBER_DATA_POINT],
      [2, 'varint'],
      [3, 'varint'],
    ]),
  ],
  [
    9,
    message('Histogram', [
      [1, HISTOGRAM_DATA_POINT],
      [2, 'varint'],
    ]),
  ],
  [
    10,
    message('ExponentialHistogram', [
      [1, EXPONENTIAL_HISTOGRAM_DATA_POINT],
      [2, 'varint'],
    ]),
  ],
  [11, message('Summary', [[1, SUMMARY_DATA_POINT]])],
  [12, KEY_VALUE],
]);

const VALUE_TYPE = message('ValueType', [
  [1, 'varint'],
  [2, 'varint'],
]);
const SAMPLE = message('Sample', [
  [1, 'varint'],
  [2, 'varints'],
  [3, 'varint'],
  [4, 'varints'],
  [5, 'fixed64s'],
]);
const PROFILE = message('Profile', [
  [1, VALUE_TYPE],
  [2, SAMPLE],
  [3, 'fixed64'],
  [4, 'varint'],
  [5, VALUE_TYPE],
  [6, 'varint'],
  [7, 'id16'],
  [8, 'varint'],
  [9, 'bytes'],
  [10, 'bytes'],
  [11, 'varints'],
]);
const LINE = message('Line', [
  [1, 'varint'],
  [2, 'varint'],
  [3, 'varint'],
]);
const DICTIONARY = message('ProfilesDictionary', [
  [
    1,
    message('Mapping', [
      [1, 'varint'],
      [2, 'varint'],
      [3, 'varint'],
      [4, 'varint'],
      [5, 'varints'],
    ]),
  ],
  [
    2,
    message('Location', [
      [1, 'varint'],
      [2, 'varint'],
      [3, LINE],
      [4, 'varints'],
    ]),
  ],
  [
    3,
    message('Function', [
      [1, 'varint'],
      [2, 'varint'],
      [3, 'varint'],
      [4, 'varint'],
    ]),
  ],
  [
    4,
    message('Link', [
      [1, 'id16'],
      [2, 'id8'],
    ]),
  ],
  [5, 'bytes'],
  [
    6,
    message('KeyValueAndUnit', [
      [1, 'varint'],
      [2, ANY_VALUE],
      [3, 'varint'],
    ]),
  ],
  [7, message('Stack', [[1, 'varints']])],
]);

/** The request message of each signal. */
export const REQUEST_SHAPES: Readonly<Record<OtlpSignal, Shape>> = {
  traces: request('Trace', SPAN),
  logs: request('Logs', LOG_RECORD),
  metrics: request('Metrics', METRIC),
  profiles: request('Profiles', PROFILE, [[2, DICTIONARY]]),
};
