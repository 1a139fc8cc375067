// The tables that `validate` reads say what the official .proto files say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import {
  ATTRIBUTE,
  BYTES_VALUE,
  FIXED32_VALUE,
  FIXED64_VALUE,
  ID_16,
  ID_8,
  MESSAGE,
  PACKED_FIXED64,
  PACKED_VARINT,
  REQUEST_SHAPES,
  type Shape,
  VARINT_VALUE,
  WRONG,
} from '../../../proto/otlp/shapes.ts';
import { SIGNALS } from '../../../pipeline/signal.ts';
import { REQUEST_TYPES } from '../reference.ts';

const FIXED64_TYPES = new Set(['fixed64', 'sfixed64', 'double']);

function expectedAction(field: protobuf.Field): [wireType: number, action: number] {
  if (field.resolvedType instanceof protobuf.Type) {
    return [2, field.resolvedType.name === 'KeyValue' ? ATTRIBUTE : MESSAGE];
  }
  if (field.type === 'string') return [2, BYTES_VALUE];
  if (field.type === 'bytes') {
    if (/^(?:trace|profile)_?id$/i.test(field.name)) return [2, ID_16];
    return [2, /span_?id$/i.test(field.name) ? ID_8 : BYTES_VALUE];
  }
  if (FIXED64_TYPES.has(field.type)) return field.repeated ? [2, PACKED_FIXED64] : [1, FIXED64_VALUE];
  if (field.type === 'fixed32') return [5, FIXED32_VALUE];
  return field.repeated ? [2, PACKED_VARINT] : [0, VARINT_VALUE];
}

function compare(shape: Shape, type: protobuf.Type, seen: Set<Shape>): void {
  if (seen.has(shape)) return;
  seen.add(shape);
  for (let number = 1; number < 32; number++) {
    const field = type.fieldsById[number];
    const where = `${type.name}.${field?.name ?? number}`;
    const actions = [...shape.actions.subarray(number * 8, number * 8 + 8)];
    if (field === undefined) {
      assert.deepEqual(
        actions,
        [VARINT_VALUE, FIXED64_VALUE, BYTES_VALUE, WRONG, WRONG, FIXED32_VALUE, WRONG, WRONG],
        `${where} is unknown and skipped`,
      );
      assert.equal(shape.children[number], undefined, where);
      continue;
    }
    const expected = Array<number>(8).fill(WRONG);
    const [wireType, action] = expectedAction(field);
    expected[wireType] = action;
    if (action === PACKED_VARINT) expected[0] = VARINT_VALUE;
    if (action === PACKED_FIXED64) expected[1] = FIXED64_VALUE;
    assert.deepEqual(actions, expected, where);
    const child = shape.children[number];
    if (field.resolvedType instanceof protobuf.Type) {
      assert.ok(child, where);
      compare(child, field.resolvedType, seen);
    } else assert.equal(child, undefined, where);
  }
  assert.ok(
    type.fieldsArray.every(({ id }) => id < 32),
    `${type.name} fits the table`,
  );
}

for (const signal of SIGNALS) {
  void test(`the shape of a ${signal} request is that of the .proto files`, () => {
    compare(REQUEST_SHAPES[signal], REQUEST_TYPES[signal], new Set());
  });
}
