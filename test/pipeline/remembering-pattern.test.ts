import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compileRe2 } from '../../pipeline/regexp.ts';
import { RememberingPattern } from '../../pipeline/remembering-pattern.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';

const PATTERN = compileRe2('^[ab]+$|ä|^.{3}$');

void test('remembered or not, as text or as bytes, the answer is the one of the pattern', () => {
  const remembering = new RememberingPattern(PATTERN);
  const short = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'ä', '\u{1f600}'), maxLength: 4 });
  const text = fc.oneof(short, fc.string({ unit: 'grapheme' }), fc.string({ minLength: 250, maxLength: 260 }));
  fc.assert(
    fc.property(text, fc.nat({ max: 9 }), (given, offset) => {
      const utf8 = encodeUtf8(given);
      const bytes = new Uint8Array(utf8.length + 20);
      bytes.set(utf8, offset);
      const expected = PATTERN.test(given);
      assert.equal(remembering.matchesUtf8(bytes, offset, offset + utf8.length), expected);
      assert.equal(remembering.matches(given), expected);
    }),
    { seed: 1, numRuns: 3_000 },
  );
});

void test('more texts than are remembered, and buffers that change afterwards', () => {
  const remembering = new RememberingPattern(compileRe2('7'));
  const bytes = new Uint8Array(8);
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < 6_000; number++) {
      const text = String(number);
      const { written } = new TextEncoder().encodeInto(text, bytes);
      assert.equal(remembering.matchesUtf8(bytes, 0, written), text.includes('7'));
      assert.equal(remembering.matches(text), text.includes('7'));
    }
  }
});
