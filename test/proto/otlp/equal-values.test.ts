import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalValues, type EqualityValue } from '../../../proto/otlp/equal-values.ts';

/** Every value equals its own copy and no other of the list. */
const different: readonly (() => EqualityValue)[] = [
  () => null,
  () => '',
  () => '1',
  () => true,
  () => false,
  () => 1n,
  () => 1,
  () => 1.5,
  () => Uint8Array.of(),
  () => Uint8Array.of(1),
  () => [],
  () => [1n],
  () => [1],
  () => [null],
  () => ['a', ['b']],
  () => new Map(),
  () => new Map([['a', null]]),
  () => new Map([['b', null]]),
  () =>
    new Map<string, EqualityValue>([
      ['a', 1n],
      ['b', [new Map([['c', 'd']])]],
    ]),
];

void test('a value equals its copy and nothing else', () => {
  for (const [i, one] of different.entries()) {
    for (const [j, other] of different.entries()) {
      assert.equal(equalValues(one(), other()), i === j, `${i} and ${j}`);
    }
  }
});

void test('the order of keys does not count, and which kind of byte array it is neither', () => {
  const one = new Map([
    ['a', 1n],
    ['b', 2n],
  ]);
  assert.ok(equalValues(one, new Map([...one].toReversed())));
  assert.ok(equalValues(Buffer.from('ab'), new Uint8Array(Buffer.from('ab'))));
});

void test('NaN equals nothing, and a value of a type of its own says itself what it equals', () => {
  assert.equal(equalValues(Number.NaN, Number.NaN), false);
  const seven = { equals: (other: unknown): boolean => other === 7n };
  assert.ok(equalValues([seven], [7n]));
  assert.equal(equalValues([seven], [8n]), false);
});
