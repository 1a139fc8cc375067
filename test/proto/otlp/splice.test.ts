// A splice does what decoding, editing and encoding would do, and leaves alone what it does not change.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { encodeAnyValue } from '../../../proto/otlp/encode-value.ts';
import { EncodedAttribute } from '../../../proto/otlp/encoded-attribute.ts';
import { LOG_RECORD } from '../../../proto/otlp/logs.ts';
import type { MessageDraft } from '../../../proto/otlp/message-draft.ts';
import type { MessageView } from '../../../proto/otlp/message-view.ts';
import { METRIC } from '../../../proto/otlp/metrics.ts';
import { REQUEST_SHAPES, type Shape } from '../../../proto/otlp/shapes.ts';
import { SPAN, SpanCursor, STATUS } from '../../../proto/otlp/spans.ts';
import {
  DROP,
  KEEP,
  spliceLogRecords,
  spliceMetrics,
  spliceProfiles,
  spliceSpans,
} from '../../../proto/otlp/splice.ts';
import { encodeUtf8 } from '../../../proto/otlp/text.ts';
import { validate } from '../../../proto/otlp/validate.ts';
import { ProtoReader } from '../../../proto/wire.ts';
import { ProtoWriter } from '../../../proto/wire-writer.ts';
import { KEYS, requests } from '../arbitrary.ts';
import { decode, encode } from '../reference.ts';

const RUNS = { seed: 5, numRuns: 150 };

interface KeyValue {
  key?: string;
  value?: object;
}
interface Holder {
  attributes?: KeyValue[];
  name?: string;
  traceState?: string;
  status?: object;
  severityText?: string;
  kind?: number;
  unit?: string;
  events?: Holder[];
  [field: string]: unknown;
}

/** One change of attributes, as the attributes processor knows them. */
type Action = readonly ['insert' | 'update' | 'upsert' | 'delete', string, string];
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.tuple(
    fc.constantFrom('insert' as const, 'update' as const, 'upsert' as const, 'delete' as const),
    fc.constantFrom(...KEYS),
    fc.constantFrom('', 'short', 'long '.repeat(40)),
  ),
  { maxLength: 4 },
);

function applyToDraft(draft: MessageDraft, list: readonly Action[]): void {
  for (const [kind, key, value] of list) {
    const { attributes } = draft;
    const encoded = encodeUtf8(key);
    if (kind === 'delete') attributes.delete(encoded);
    else {
      const constant = encodeAnyValue(value);
      // Both ways to hand over a value, the one encoded before and the other.
      attributes[kind](encoded, constant, value === 'short' ? undefined : new EncodedAttribute(encoded, constant));
    }
  }
}

function applyToObject(holder: Holder, list: readonly Action[]): void {
  for (const [kind, key, value] of list) {
    const attributes = (holder.attributes ??= []);
    const index = attributes.findIndex((entry) => (entry.key ?? '') === key);
    if (kind === 'delete') {
      if (index >= 0) attributes.splice(index, 1);
    } else if (index < 0) {
      if (kind !== 'update') attributes.push({ key, value: { stringValue: value } });
    } else if (kind !== 'insert') attributes[index] = { key, value: { stringValue: value } };
  }
}

/** Applies actions to a resource or scope that may be absent. */
function applyToInner(outer: Holder, name: string, list: readonly Action[]): void {
  const inner: Holder = { ...(outer[name] as Holder | undefined) };
  applyToObject(inner, list);
  if (outer[name] !== undefined || (inner.attributes ?? []).length > 0) outer[name] = inner;
}

function listOf(holder: Holder, name: string): Holder[] {
  return (holder[name] as Holder[] | undefined) ?? [];
}

/** The request with lists filtered and entries edited in place; what is empty afterwards is left out where `prune` says so. */
function editObject(
  request: Record<string, unknown>,
  lists: readonly [string, string, string],
  edit: {
    readonly resource: (outer: Holder) => boolean;
    readonly scope: (inner: Holder) => boolean;
    readonly item: (item: Holder) => boolean;
    readonly prune: boolean;
  },
): object {
  const [resources, scopes, items] = lists;
  const kept = listOf(request, resources).filter((outer) => {
    if (!edit.resource(outer)) return false;
    outer[scopes] = listOf(outer, scopes).filter((inner) => {
      if (!edit.scope(inner)) return false;
      inner[items] = listOf(inner, items).filter(edit.item);
      return !edit.prune || listOf(inner, items).length > 0;
    });
    return !edit.prune || listOf(outer, scopes).length > 0;
  });
  return { ...request, [resources]: kept };
}

const NAME = encodeUtf8('renamed');

void test('resource, scope, span and event edits equal decode, edit, encode', () => {
  fc.assert(
    fc.property(
      requests.traces,
      fc.record({ resource: actions, scope: actions, item: actions, event: actions, prune: fc.boolean() }),
      fc.record({ kind: fc.nat(5), rename: fc.boolean(), status: fc.boolean(), emptyResource: fc.boolean() }),
      (request, plan, rule) => {
        const bytes = encode('traces', request);
        const status = new ProtoWriter();
        status.stringField(STATUS.message, 'set');
        status.int32Field(STATUS.code, 2);
        const splicer = spliceSpans({
          pruneEmpty: plan.prune,
          resource(draft, resource) {
            if (rule.emptyResource && resource.attributes.count() === 0) return DROP;
            applyToDraft(draft, plan.resource);
            return KEEP;
          },
          scope(draft, scope) {
            if (scope.version === '') return KEEP;
            applyToDraft(draft, plan.scope);
            return KEEP;
          },
          item(draft, span) {
            if (span.kind === rule.kind) return DROP;
            applyToDraft(draft, plan.item);
            if (rule.rename) {
              draft.setString(SPAN.name, encodeUtf8('first'));
              draft.remove(SPAN.traceState);
              draft.setString(SPAN.name, NAME);
            }
            if (rule.status) draft.setBytes(SPAN.status, status.view());
            return KEEP;
          },
          child(draft, event) {
            if (event.timeUnixNano % 2n === 1n) return DROP;
            applyToDraft(draft, plan.event);
            return KEEP;
          },
        });
        const expected = editObject(decode('traces', bytes), ['resourceSpans', 'scopeSpans', 'spans'], {
          prune: plan.prune,
          resource(outer) {
            const { attributes = [] } = (outer['resource'] as Holder | undefined) ?? {};
            if (rule.emptyResource && attributes.length === 0) return false;
            applyToInner(outer, 'resource', plan.resource);
            return true;
          },
          scope(inner) {
            const { version = '' } = (inner['scope'] as Holder | undefined) ?? {};
            if (version !== '') applyToInner(inner, 'scope', plan.scope);
            return true;
          },
          item(span) {
            if ((span.kind ?? 0) === rule.kind) return false;
            applyToObject(span, plan.item);
            if (rule.rename) {
              span.name = 'renamed';
              delete span.traceState;
            }
            if (rule.status) span.status = { message: 'set', code: 2 };
            span.events = (span.events ?? []).filter((event) => {
              if (BigInt((event['timeUnixNano'] as string | undefined) ?? 0) % 2n === 1n) return false;
              applyToObject(event, plan.event);
              return true;
            });
            return true;
          },
        });
        const [edited = new Uint8Array(0)] = splicer.run([bytes]);
        assert.deepEqual(decode('traces', edited), decode('traces', encode('traces', expected)));
        assert.equal(splicer.itemsAfter([edited], validate('traces', bytes)), validate('traces', edited));
      },
    ),
    RUNS,
  );
});

/** One attribute: its fields in any order, each any number of times, which few encoders write and all decoders read. */
const oddAttributes = fc.array(
  fc.oneof(
    fc.constantFrom('', 'a', 'b', 'long '.repeat(30)).map((key) => ({ field: 1, bytes: encodeUtf8(key) })),
    fc.constantFrom('', 'short', 'long '.repeat(30)).map((value) => ({ field: 2, bytes: encodeAnyValue(value) })),
    fc.constant({ field: 99, bytes: encodeUtf8('unknown') }),
  ),
  { maxLength: 4 },
);

void test('attributes laid out in an unusual way are found and edited like all others', () => {
  const keys = ['', 'a', 'b', 'long '.repeat(30)];
  const oddActions = fc.array(
    fc.tuple(
      fc.constantFrom('insert' as const, 'update' as const, 'upsert' as const, 'delete' as const),
      fc.constantFrom(...keys),
      fc.constantFrom('', 'short', 'other '.repeat(30)),
    ),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(fc.array(oddAttributes, { maxLength: 5 }), oddActions, (layout, plan) => {
      const writer = new ProtoWriter();
      const request = [1, 2, 2].map((field) => writer.begin(field));
      for (const fields of layout) {
        const attribute = writer.begin(SPAN.attributes);
        for (const { field, bytes } of fields) writer.bytesField(field, bytes);
        writer.end(attribute);
      }
      for (const mark of request.toReversed()) writer.end(mark);
      const bytes = writer.finish();
      const splicer = spliceSpans({
        item(draft) {
          applyToDraft(draft, plan);
          return KEEP;
        },
      });
      const expected = editObject(decode('traces', bytes), ['resourceSpans', 'scopeSpans', 'spans'], {
        prune: false,
        resource: () => true,
        scope: () => true,
        item(span) {
          applyToObject(span, plan);
          return true;
        },
      });
      const [edited = new Uint8Array(0)] = splicer.run([bytes]);
      assert.deepEqual(decode('traces', edited), decode('traces', encode('traces', expected)));
    }),
    RUNS,
  );
});

void test('log record edits equal decode, edit, encode', () => {
  fc.assert(
    fc.property(requests.logs, actions, fc.boolean(), fc.nat(24), (request, plan, prune, severity) => {
      const bytes = encode('logs', request);
      const splicer = spliceLogRecords({
        pruneEmpty: prune,
        item(draft, record) {
          if (record.severityNumber < severity) return DROP;
          applyToDraft(draft, plan);
          draft.setString(LOG_RECORD.severityText, NAME);
          return KEEP;
        },
      });
      const expected = editObject(decode('logs', bytes), ['resourceLogs', 'scopeLogs', 'logRecords'], {
        prune,
        resource: () => true,
        scope: () => true,
        item(record) {
          if (((record['severityNumber'] as number | undefined) ?? 0) < severity) return false;
          applyToObject(record, plan);
          record.severityText = 'renamed';
          return true;
        },
      });
      const [edited = new Uint8Array(0)] = splicer.run([bytes]);
      assert.deepEqual(decode('logs', edited), decode('logs', encode('logs', expected)));
    }),
    RUNS,
  );
});

const DATA = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;

void test('metric and data point edits equal decode, edit, encode', () => {
  fc.assert(
    fc.property(requests.metrics, actions, fc.boolean(), fc.boolean(), (request, plan, prune, rename) => {
      const bytes = encode('metrics', request);
      const splicer = spliceMetrics({
        pruneEmpty: prune,
        item(draft, metric) {
          if (metric.unit === '') return DROP;
          if (rename) draft.setString(METRIC.name, NAME);
          return KEEP;
        },
        child(draft, point) {
          if (point.timeUnixNano % 2n === 1n) return DROP;
          applyToDraft(draft, plan);
          return KEEP;
        },
      });
      const expected = editObject(decode('metrics', bytes), ['resourceMetrics', 'scopeMetrics', 'metrics'], {
        prune,
        resource: () => true,
        scope: () => true,
        item(metric) {
          if ((metric.unit ?? '') === '') return false;
          if (rename) metric.name = 'renamed';
          const data = DATA.map((kind) => metric[kind] as { dataPoints?: Holder[] } | undefined).find(Boolean);
          if (data === undefined) return true;
          data.dataPoints = (data.dataPoints ?? []).filter((point) => {
            if (BigInt((point['timeUnixNano'] as string | undefined) ?? 0) % 2n === 1n) return false;
            applyToObject(point, plan);
            return true;
          });
          return !prune || data.dataPoints.length > 0;
        },
      });
      const [edited = new Uint8Array(0)] = splicer.run([bytes]);
      assert.deepEqual(decode('metrics', edited), decode('metrics', encode('metrics', expected)));
    }),
    RUNS,
  );
});

void test('profiles are dropped and keep their dictionary', () => {
  fc.assert(
    fc.property(requests.profiles, (request) => {
      const bytes = encode('profiles', request);
      const splicer = spliceProfiles({ pruneEmpty: true, item: (_draft, profile) => profile.period > 0n });
      const expected = editObject(decode('profiles', bytes), ['resourceProfiles', 'scopeProfiles', 'profiles'], {
        prune: true,
        resource: () => true,
        scope: () => true,
        item: (profile) => BigInt((profile['period'] as string | undefined) ?? 0) > 0n,
      });
      const [edited = new Uint8Array(0)] = splicer.run([bytes]);
      assert.deepEqual(decode('profiles', edited), decode('profiles', encode('profiles', expected)));
    }),
    RUNS,
  );
});

function spanOfKind(kind: number): Uint8Array {
  const attributes = [{ key: 'kept', value: { intValue: 7 } }];
  return encode('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ kind, name: 'a', attributes }] }] }] });
}

void test('where nothing changes the same chunks come back, and chunks that are emptied go', () => {
  const chunks = [spanOfKind(1), spanOfKind(2), spanOfKind(3)];
  const same = spliceSpans({
    item(draft) {
      draft.attributes.upsert(encodeUtf8('kept'), encodeAnyValue(7n));
      draft.attributes.delete(encodeUtf8('absent'));
      draft.attributes.update(encodeUtf8('absent'), encodeAnyValue(7n));
      return KEEP;
    },
  });
  assert.equal(same.run(chunks), chunks);
  assert.equal(same.itemsAfter(chunks, 3), 3);

  const filter = spliceSpans({ pruneEmpty: true, item: (_draft, span) => span.kind !== 2 });
  const kept = filter.run(chunks);
  assert.equal(kept.length, 2);
  assert.equal(kept[0], chunks[0]);
  assert.equal(kept[1], chunks[2]);
  assert.equal(filter.itemsAfter(kept, 3), 2);
});

/** The same request with an unknown field at the end of every message. */
function sprinkle(bytes: Uint8Array, shape: Shape): Uint8Array {
  const reader = new ProtoReader(bytes);
  const writer = new ProtoWriter();
  while (reader.next()) {
    const child = shape.children[reader.field];
    if (child === undefined) writer.raw(bytes, reader.tagAt, reader.pos);
    else writer.bytesField(reader.field, sprinkle(bytes.slice(reader.start, reader.stop), child));
  }
  writer.stringField(1234, MARKER);
  return writer.finish();
}

const MARKER = '«unknown»';

function countMarkers(chunks: readonly Uint8Array[]): number {
  return chunks.reduce(
    (sum, chunk) => sum + Buffer.from(chunk).toString('latin1').split('\u00c2\u00abunknown').length - 1,
    0,
  );
}

function add(draft: MessageDraft): boolean {
  draft.attributes.add(encodeUtf8('added'), encodeAnyValue(1n));
  return KEEP;
}

void test('unknown fields survive at every level', () => {
  fc.assert(
    fc.property(requests.traces, (request) => {
      const bytes = sprinkle(encode('traces', request), REQUEST_SHAPES.traces);
      const splicer = spliceSpans({
        resource: add,
        scope: add,
        item(draft) {
          draft.setString(SPAN.name, NAME);
          return add(draft);
        },
        child: add,
      });
      const edited = splicer.run([bytes]);
      // A resource or scope that was absent is new, and has no unknown field.
      assert.equal(countMarkers(edited), countMarkers([bytes]));
      assert.ok(countMarkers([bytes]) > 0);
      for (const chunk of edited) validate('traces', chunk);
    }),
    RUNS,
  );
});

function bytesOf(message: MessageView): Buffer {
  return Buffer.from(message.bytes.subarray(message.start, message.end));
}

void test('spans nobody touches stay byte for byte', () => {
  const before = new SpanCursor();
  const after = new SpanCursor();
  fc.assert(
    fc.property(requests.traces, (request) => {
      const chunks = [sprinkle(encode('traces', request), REQUEST_SHAPES.traces)];
      const splicer = spliceSpans({
        item(draft, span) {
          if (span.kind > 2) draft.setString(SPAN.name, NAME);
          return KEEP;
        },
      });
      before.reset(chunks);
      after.reset(splicer.run(chunks));
      while (before.next()) {
        assert.ok(after.next());
        if (before.item.kind > 2) assert.equal(after.item.name, 'renamed');
        else assert.deepEqual(bytesOf(after.item.message), bytesOf(before.item.message));
      }
      assert.ok(!after.next());
    }),
    RUNS,
  );
});
