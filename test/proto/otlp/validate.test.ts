import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { SIGNALS } from '../../../pipeline/signal.ts';
import { countItems } from '../../../proto/otlp/count.ts';
import { validate } from '../../../proto/otlp/validate.ts';
import { MalformedProto, MAX_DEPTH } from '../../../proto/wire.ts';
import { ProtoWriter } from '../../../proto/wire-writer.ts';
import { requests } from '../arbitrary.ts';
import { decode, encode } from '../reference.ts';

/** Counts by looking into every object. */
function countByDecoding(node: unknown, names: ReadonlySet<string>): number {
  if (typeof node !== 'object' || node === null || node instanceof Uint8Array) return 0;
  let count = 0;
  for (const [name, value] of Object.entries(node)) {
    if (names.has(name) && Array.isArray(value)) count += value.length;
    else for (const child of Array.isArray(value) ? value : [value]) count += countByDecoding(child, names);
  }
  return count;
}

const ITEM_LISTS = new Set(['spans', 'logRecords', 'dataPoints', 'samples']);

for (const signal of SIGNALS) {
  void test(`any ${signal} request is valid, and its items are counted`, () => {
    fc.assert(
      fc.property(requests[signal], (request) => {
        const bytes = encode(signal, request);
        const expected = countByDecoding(decode(signal, bytes), ITEM_LISTS);
        assert.equal(validate(signal, bytes), expected);
        assert.equal(countItems(signal, bytes), expected);
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  void test(`a ${signal} request cut short is valid only where the reference can read it`, () => {
    fc.assert(
      fc.property(requests[signal], fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (request, share) => {
        const whole = encode(signal, request);
        const end = Math.floor(whole.length * share);
        const bytes = whole.slice(0, end);
        let isReadable = true;
        try {
          decode(signal, bytes);
        } catch {
          isReadable = false;
        }
        if (isReadable) validate(signal, bytes);
        else assert.throws(() => validate(signal, bytes), MalformedProto);
      }),
      { seed: 2, numRuns: 150 },
    );
  });
}

/** A traces request around the fields of one span. */
function spanWith(write: (span: ProtoWriter) => void): Uint8Array {
  const writer = new ProtoWriter();
  const marks = [writer.begin(1), writer.begin(2), writer.begin(2)];
  write(writer);
  for (const mark of marks.toReversed()) writer.end(mark);
  return writer.finish();
}

/** A span attribute whose value is an array in an array in an array … */
function nested(arrays: number): Uint8Array {
  return spanWith((span) => {
    const marks = [span.begin(9), span.begin(2)];
    for (let depth = 0; depth < arrays; depth++) marks.push(span.begin(5), span.begin(1));
    for (const mark of marks.toReversed()) span.end(mark);
  });
}

void describe('malformed spans', () => {
  const CASES: readonly [string, (span: ProtoWriter) => void, RegExp][] = [
    ['a trace id of 15 bytes', (span) => span.bytesField(1, new Uint8Array(15)), /id of 15 bytes, expected 16/],
    ['a span id of 16 bytes', (span) => span.bytesField(2, new Uint8Array(16)), /id of 16 bytes, expected 8/],
    ['a name as a number', (span) => span.uint32Field(5, 1), /wire type 0 for field 5 of Span/],
    ['a time as a varint', (span) => span.uint32Field(7, 1), /wire type 0 for field 7 of Span/],
    ['attributes as a fixed64', (span) => span.fixed64Field(9, 1n), /wire type 1 for field 9 of Span/],
    ['flags as bytes', (span) => span.bytesField(16, new Uint8Array(4)), /wire type 2 for field 16 of Span/],
    ['an attribute cut off', (span) => span.bytesField(9, new Uint8Array([0x0a, 5, 97])), /length past the end/],
    [
      'an attribute whose value is cut off',
      (span) => span.bytesField(9, new Uint8Array([0x0a, 1, 97, 0x12, 3, 0x0a, 5, 98])),
      /length past the end/,
    ],
    ['a kind of eleven bytes', (span) => span.raw(new Uint8Array([48, ...Array<number>(10).fill(128), 1])), /10 bytes/],
    ['an unknown field cut off', (span) => span.raw(new Uint8Array([0xa2, 0x06, 9])), /length past the end/],
    ['a group', (span) => span.raw(new Uint8Array([0x2b, 0x2c])), /group in Span/],
    ['field number 0', (span) => span.raw(new Uint8Array([0, 0])), /field number 0/],
    [
      'a nested message hidden behind a long tag',
      (span) => span.raw(new Uint8Array([0xca, 0, 1, 0xff])),
      /overlong tag/,
    ],
  ];
  for (const [name, write, reason] of CASES) {
    void test(name, () => {
      const bytes = spanWith(write);
      assert.equal(countItems('traces', bytes), 1);
      assert.throws(
        () => validate('traces', bytes),
        (error) => error instanceof MalformedProto && reason.test(error.message),
      );
    });
  }
});

void test('unknown fields and bytes that are not UTF-8 pass, as in the collector', () => {
  const bytes = spanWith((span) => {
    span.bytesField(5, new Uint8Array([0xff, 0xfe]));
    span.uint32Field(31, 1);
    span.bytesField(1000, new Uint8Array(3));
    span.fixed32Field(500, 1);
  });
  assert.equal(validate('traces', bytes), 1);
});

void test('values may be nested, but not endlessly', () => {
  assert.equal(validate('traces', nested(MAX_DEPTH / 2 - 4)), 1);
  assert.throws(() => validate('traces', nested(MAX_DEPTH)), /nested more than 100 deep/);
  assert.throws(() => validate('traces', nested(20_000)), MalformedProto);
});

/** A metrics request around one field of a histogram's data point. */
function pointWith(field: number, content: number[]): Uint8Array {
  const writer = new ProtoWriter();
  const marks = [1, 2, 2, 9, 1].map((number) => writer.begin(number));
  writer.bytesField(field, new Uint8Array(content));
  for (const mark of marks.toReversed()) writer.end(mark);
  return writer.finish();
}

void test('packed numbers must fill their field', () => {
  assert.equal(validate('metrics', pointWith(6, Array<number>(16).fill(1))), 1);
  assert.throws(() => validate('metrics', pointWith(6, Array<number>(15).fill(1))), /packed 8-byte values cut off/);
});
