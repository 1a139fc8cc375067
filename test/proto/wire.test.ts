import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import protobuf from 'protobufjs';
import {
  FIXED32,
  FIXED64,
  joinWords,
  LENGTH_DELIMITED,
  MalformedProto,
  ProtoReader,
  readDouble,
  readFixed64,
  readSfixed64,
  skipVarint,
  VARINT,
} from '../../proto/wire.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';

/** As the reference's 64-bit numbers are. */
function longOf(value: bigint): protobuf.Long {
  const low = Number(BigInt.asIntN(32, value));
  const high = Number(BigInt.asIntN(32, value >> 32n));
  return protobuf.util.LongBits.from({ low, high, unsigned: true }).toLong(true);
}

const SEED = { seed: 4_317 };

void test('a varint of any 64-bit value reads back, as the reference writes it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (value) => {
      const writer = new ProtoWriter(0);
      writer.int64Field(3, value);
      const reference = protobuf.Writer.create().uint32(24).uint64(longOf(value));
      assert.deepEqual([...writer.view()], [...reference.finish()]);
      const reader = new ProtoReader(writer.finish());
      assert.ok(reader.next());
      assert.equal(reader.field, 3);
      assert.equal(reader.type, VARINT);
      assert.equal(joinWords(reader.lo, reader.hi), value);
      assert.equal(skipVarint(writer.view(), 1, writer.length), writer.length);
      assert.ok(!reader.next());
    }),
    SEED,
  );
});

void test('fixed values and doubles read back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), fc.double(), fc.nat(), (int, double, word) => {
      const writer = new ProtoWriter(0);
      writer.fixed64Field(1, int);
      writer.doubleField(2, double);
      writer.fixed32Field(16, word);
      const reader = new ProtoReader(writer.finish());
      assert.ok(reader.next());
      assert.equal(reader.type, FIXED64);
      assert.equal(readSfixed64(reader.bytes, reader.start), int);
      assert.equal(readFixed64(reader.bytes, reader.start), BigInt.asUintN(64, int));
      assert.ok(reader.next());
      assert.equal(readDouble(reader.bytes, reader.start), double);
      assert.ok(reader.next());
      assert.equal(reader.field, 16);
      assert.equal(reader.type, FIXED32);
      assert.equal(reader.fixed32(), word);
    }),
    SEED,
  );
});

void test('a nested message gets its length whatever was expected', () => {
  for (const size of [0, 1, 127, 128, 16_383, 16_384, 70_000]) {
    for (const expected of [0, 127, 128, 20_000, 3_000_000]) {
      const writer = new ProtoWriter(0);
      const outer = writer.begin(1, expected);
      const inner = writer.begin(2, expected);
      writer.raw(new Uint8Array(size).fill(7));
      writer.end(inner);
      writer.end(outer);
      const nested = protobuf.Writer.create().uint32(18).bytes(new Uint8Array(size).fill(7)).finish();
      assert.deepEqual(writer.finish(), new Uint8Array(protobuf.Writer.create().uint32(10).bytes(nested).finish()));
    }
  }
});

void test('strings are UTF-8', () => {
  const writer = new ProtoWriter(0);
  writer.stringField(1, 'µ€😀'.repeat(50));
  const reader = new ProtoReader(writer.finish());
  assert.ok(reader.next());
  assert.equal(Buffer.from(reader.bytes.subarray(reader.start, reader.stop)).toString(), 'µ€😀'.repeat(50));
});

const MALFORMED: readonly [string, number[], RegExp][] = [
  ['a truncated tag', [0x80], /truncated varint/],
  ['a tag without value', [0x08], /truncated varint/],
  ['a truncated varint', [0x08, 0xff], /truncated varint/],
  ['a varint of eleven bytes', [0x08, ...Array<number>(10).fill(0x80), 0], /longer than 10 bytes/],
  ['a truncated fixed64', [0x09, 1, 2, 3], /truncated 8-byte value/],
  ['a truncated fixed32', [0x0d, 1, 2, 3], /truncated 4-byte value/],
  ['a missing length', [0x0a], /truncated length/],
  ['a length past the end', [0x0a, 2, 1], /length past the end/],
  ['a length of 2^64 - 1', [0x0a, ...Array<number>(9).fill(0xff), 1, 1], /length past the end/],
  ['field number 0', [0x00, 1], /field number 0/],
  ['a field number of more than 29 bits', [0x80, 0x80, 0x80, 0x80, 0x10, 0], /field number/],
  ['a group', [0x0b, 0x0c], /group/],
  ['the end of a group', [0x0c], /group/],
  ['wire type 6', [0x0e], /wire type 6/],
  ['wire type 7', [0x0f], /wire type 7/],
];

for (const [name, bytes, reason] of MALFORMED) {
  void test(`${name} is malformed`, () => {
    // Bytes behind the end must not be looked at.
    const buffer = new Uint8Array([...bytes, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    const reader = new ProtoReader();
    reader.reset(buffer, 0, bytes.length);
    assert.throws(
      () => {
        while (reader.next());
      },
      (error) => error instanceof MalformedProto && reason.test(error.message),
    );
  });
}

void test('a field of another wire type than expected is malformed', () => {
  const reader = new ProtoReader(new Uint8Array([0x08, 1]));
  assert.ok(reader.next());
  assert.throws(() => {
    reader.expect(LENGTH_DELIMITED);
  }, MalformedProto);
});
