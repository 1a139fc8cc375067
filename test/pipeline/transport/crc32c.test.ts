import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { crc32c } from '../../../pipeline/transport/crc32c.ts';

/** Bit by bit, as the definition has it. */
function slow(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

void test('the check value of the catalogue', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(0)), 0);
});

void test('any length at any alignment, whole or in two parts', () => {
  const bytes = fc.uint8Array({ maxLength: 400 });
  fc.assert(
    fc.property(bytes, fc.nat({ max: 20 }), fc.nat({ max: 400 }), (all, skip, cut) => {
      const part = all.subarray(Math.min(skip, all.length));
      assert.equal(crc32c(part), slow(part));
      assert.equal(crc32c(part.subarray(cut), crc32c(part.subarray(0, cut))), slow(part));
    }),
    { seed: 7, numRuns: 300 },
  );
});
