// OTLP requests as objects in a form that two sides can be compared by, whether they were decoded by protobufjs or parsed
// from OTLP/JSON.

/** A span with its resource and scope, ids in hex, everything sorted that has no order. */
export interface FlatSpan {
  readonly resource: unknown;
  readonly scope: unknown;
  readonly span: Readonly<Record<string, unknown>>;
}

interface Request {
  readonly resourceSpans?: readonly {
    readonly resource?: object;
    readonly scopeSpans?: readonly { readonly scope?: object; readonly spans?: readonly object[] }[];
  }[];
}

/** All spans of requests decoded by protobufjs or parsed from OTLP/JSON, by span id. */
export function flatSpans(requests: readonly object[]): FlatSpan[] {
  const flat: FlatSpan[] = [];
  for (const request of requests as readonly Request[]) {
    for (const { resource, scopeSpans = [] } of request.resourceSpans ?? []) {
      for (const { scope, spans = [] } of scopeSpans) {
        for (const span of spans) {
          flat.push({
            resource: normal(resource ?? {}),
            scope: normal(scope ?? {}),
            // Safe: normal keeps an object an object.
            span: normal(span) as FlatSpan['span'],
          });
        }
      }
    }
  }
  return flat.sort((a, b) => String(a.span['spanId']).localeCompare(String(b.span['spanId'])));
}

/** Ids and other bytes as hex, 64-bit numbers as text, attributes by key, defaults left out. */
export function normal(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) {
    const list = value.map(normal);
    return list.every(isKeyValue) ? list.sort((a, b) => a.key.localeCompare(b.key)) : list;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, item]) => !isOneofName(key, item) && !isDefault(key, item))
    .map(([key, item]): [string, unknown] => [key, valueOf(key, item)]);
  return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)));
}

/** OTLP/JSON writes 64-bit numbers as text or number, and ids in either case. */
function valueOf(key: string, item: unknown): unknown {
  if (WIDE.has(key)) return Array.isArray(item) ? item.map(String) : String(item);
  if (IDS.has(key) && typeof item === 'string') return item.toLowerCase();
  return normal(item);
}

const WIDE: ReadonlySet<string> = new Set([
  'startTimeUnixNano',
  'endTimeUnixNano',
  'timeUnixNano',
  'observedTimeUnixNano',
  'intValue',
  'asInt',
  'count',
  'zeroCount',
  'bucketCounts',
]);
const IDS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId']);

function isKeyValue(value: unknown): value is { readonly key: string } {
  return typeof value === 'object' && value !== null && 'key' in value && typeof value.key === 'string';
}

/** protobufjs names the set member of a oneof under the oneof's name. */
function isOneofName(key: string, value: unknown): boolean {
  return (key === 'value' || key === 'data' || key.startsWith('_')) && typeof value === 'string';
}

/** Not told apart in proto3: absent, and set to the default. Values of attributes are, being members of a oneof. */
function isDefault(key: string, value: unknown): boolean {
  if (key.endsWith('Value')) return false;
  return (
    value === undefined ||
    value === 0 ||
    value === '' ||
    (Array.isArray(value) && value.length === 0) ||
    (value instanceof Uint8Array && value.length === 0) ||
    (key === 'status' && typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  );
}
