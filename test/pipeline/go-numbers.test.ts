import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFloat64, parseInt64, truncateToInt64 } from '../../pipeline/go-numbers.ts';

void test('integers as strconv.ParseInt reads them', () => {
  const cases: readonly (readonly [string, bigint | undefined])[] = [
    ['0', 0n],
    ['+7', 7n],
    ['-0012', -12n],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['9223372036854775808', undefined],
    ['', undefined],
    ['1.0', undefined],
    ['1_0', undefined],
    ['0x1', undefined],
    [' 1', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseInt64(text), expected, text);
});

void test('floating-point numbers as strconv.ParseFloat reads them', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['1', 1],
    ['-.5e1', -5],
    ['+1.', 1],
    ['0x1p4', 16],
    ['-0x.8P-1', -0.25],
    ['inf', Infinity],
    ['-Infinity', -Infinity],
    ['1e309', undefined],
    ['0x1', undefined],
    ['0xp1', undefined],
    ['.', undefined],
    ['1e', undefined],
    ['', undefined],
    ['1 ', undefined],
    ['1_000.5_0e1_0', 1000.5e10],
    ['0x_1_0p0', 16],
    ['_1', undefined],
    ['1_', undefined],
    ['1__0', undefined],
    ['1_.5', undefined],
    ['1e_5', undefined],
    ['0x1_p1', undefined],
    ['0_x1p1', undefined],
    ['0x123456789abcdef12p0', Number(0x123456789abcdef12n)],
    ['0x1.fffffffffffff7fp1023', Number.MAX_VALUE],
    ['0x1.fffffffffffff8p1023', undefined],
    ['0x1p-1074', Number.MIN_VALUE],
    ['0x1p-1075', 0],
    ['0x1.00000000000000000001p-1075', Number.MIN_VALUE],
    ['0x3p-1075', 2 * Number.MIN_VALUE],
    ['-0x0p5', -0],
  ];
  for (const [text, expected] of cases) assert.equal(parseFloat64(text), expected, text);
  assert.ok(Number.isNaN(parseFloat64('NaN')));
  assert.equal(parseFloat64('-nan'), undefined);
});

void test('a double cut to an int64', () => {
  assert.equal(truncateToInt64(-2.9), -2n);
  assert.equal(truncateToInt64(2 ** 63), -(2n ** 63n));
  assert.equal(truncateToInt64(Number.NaN), -(2n ** 63n));
});
