import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import protobuf from 'protobufjs';
import { MESSAGES, REQUEST_MESSAGE, type Field } from '../../proto/descriptors.ts';
import { decodeMessage, type ProtoValue } from '../../proto/objects.ts';
import { MalformedProto } from '../../proto/wire.ts';
import { SIGNALS } from '../../pipeline/signal.ts';
import { requests } from './arbitrary.ts';
import { decode, encode, REQUEST_TYPES } from './reference.ts';

/** `SpanEvent` for opentelemetry.proto.trace.v1.Span.Event. */
function shortName(type: protobuf.ReflectionObject): string {
  const parts = type.fullName.split('.');
  const parent = parts.at(-2) ?? '';
  return (/^[A-Z]/.test(parent) ? parent : '') + type.name;
}

function expectedField(field: protobuf.Field): Field {
  field.resolve();
  const { resolvedType } = field;
  const isId = field.type === 'bytes' && /(?:trace|span|profile)id$/i.test(field.name);
  const type =
    resolvedType instanceof protobuf.Enum ? 'enum' : resolvedType ? shortName(resolvedType) : isId ? 'id' : field.type;
  const isOptional = field.partOf?.name.startsWith('_') === true;
  const rule = field.repeated ? 'repeated' : isOptional ? 'optional' : field.partOf ? 'oneof' : 'single';
  // The comparison is the test: a wrong type shows as a difference.
  return { number: field.id, name: field.name, type, rule } as Field;
}

void test('the table says what the official files say', () => {
  const seen = new Map<string, readonly Field[]>();
  const visit = (type: protobuf.Type): void => {
    const name = shortName(type);
    if (seen.has(name)) return;
    seen.set(name, type.fieldsArray.map(expectedField));
    for (const field of type.fieldsArray) if (field.resolvedType instanceof protobuf.Type) visit(field.resolvedType);
  };
  for (const signal of SIGNALS) visit(REQUEST_TYPES[signal]);
  assert.deepEqual(Object.keys(MESSAGES).toSorted(), [...seen.keys()].toSorted());
  for (const [name, fields] of Object.entries(MESSAGES)) {
    const byNumber = (a: Field, b: Field): number => a.number - b.number;
    assert.deepEqual([...fields].toSorted(byNumber), [...(seen.get(name) ?? [])].toSorted(byNumber), name);
  }
});

/** As the reference prints it: 64-bit numbers as decimal strings. */
function plain(value: ProtoValue | undefined): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value instanceof Uint8Array)
    return value instanceof Uint8Array ? Buffer.from(value) : value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

/** The reference adds the names of chosen oneofs, which are no fields. */
function withoutOneofs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOneofs);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value);
  const entries = Object.entries(value).filter(
    ([key, one]) => !(typeof one === 'string' && one in value && key !== one && /^(?:value|data|_\w+)$/.test(key)),
  );
  return Object.fromEntries(entries.map(([key, one]) => [key, withoutOneofs(one)]));
}

for (const signal of SIGNALS) {
  void test(`${signal} become the objects that the reference decodes`, () => {
    fc.assert(
      fc.property(requests[signal], (request) => {
        const bytes = encode(signal, request);
        assert.deepEqual(plain(decodeMessage(REQUEST_MESSAGE[signal], bytes)), withoutOneofs(decode(signal, bytes)));
      }),
      { seed: 11, numRuns: 150 },
    );
  });
}

void test('a message that comes in parts is one message', () => {
  // Concatenation merges (protobuf encoding, "Last One Wins"): of these requests' bytes, and of resources within one.
  const part = (fields: object): Uint8Array => {
    const whole = encode('traces', { resourceSpans: [{ resource: fields }] });
    // Without the tags and lengths of ResourceSpans.
    return whole.subarray(2);
  };
  const key = (name: string): object => ({ key: name, value: { stringValue: name } });
  const parts = Buffer.concat([
    part({ attributes: [key('a')], droppedAttributesCount: 1 }),
    part({ attributes: [key('b')], droppedAttributesCount: 2 }),
  ]);
  const merged = decodeMessage('ResourceSpans', parts);
  assert.deepEqual(merged, {
    resource: { attributes: [key('a'), key('b')], droppedAttributesCount: 2 },
  });
  // Of a oneof the last member wins, also when an earlier part has set another.
  const text = Buffer.from([0x12, 3, 0x0a, 1, 0x78]);
  const truth = Buffer.from([0x12, 2, 0x10, 1]);
  assert.deepEqual(decodeMessage('KeyValue', Buffer.concat([text, truth])), { value: { boolValue: true } });
  assert.deepEqual(decodeMessage('KeyValue', Buffer.concat([truth, text])), { value: { stringValue: 'x' } });
});

void test('truncated messages are malformed, whatever they are', () => {
  fc.assert(
    fc.property(requests.traces, fc.nat(), (request, cut) => {
      const bytes = encode('traces', request);
      if (bytes.length === 0) return;
      try {
        decodeMessage('ExportTraceServiceRequest', bytes.subarray(0, cut % bytes.length));
      } catch (error) {
        assert.ok(error instanceof MalformedProto);
      }
    }),
    { seed: 12, numRuns: 300 },
  );
});
