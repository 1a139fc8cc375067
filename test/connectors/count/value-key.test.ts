import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { jsValueKey, valueKey } from '../../../connectors/count/value-key.ts';
import { AnyValueView, type JsValue } from '../../../proto/otlp/any-value.ts';
import { encodeAnyValue } from '../../../proto/otlp/encode-value.ts';

const DIFFERENT: readonly JsValue[] = [
  null,
  '',
  'null',
  '1',
  1n,
  1,
  -0,
  0,
  Number.NaN,
  true,
  'true',
  new Uint8Array(0),
  Uint8Array.of(1),
  'AQ==',
  [],
  [1n],
  [1],
  [Number.NaN],
  [Number.NaN, 2n],
  ['a', 'b'],
  ['a"b'],
  [['a'], 'b'],
  [['a', 'b']],
  new Map(),
  new Map([['a', 1n]]),
  new Map([['a', 1]]),
];

void test('only equal values have equal keys', () => {
  assert.equal(new Set(DIFFERENT.map(jsValueKey)).size, DIFFERENT.length);
  const joined = DIFFERENT.flatMap((a) => DIFFERENT.map((b) => jsValueKey(a) + jsValueKey(b)));
  assert.equal(new Set(joined).size, joined.length, 'also joined');
});

void test('the order of keys in a map makes no difference', () => {
  const one = new Map<string, JsValue>([
    ['a', 1n],
    ['b', ['x']],
  ]);
  assert.equal(jsValueKey(one), jsValueKey(new Map([...one].toReversed())));
});

const { value } = fc.letrec<{ value: JsValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...DIFFERENT.slice(0, 14)),
    fc.string(),
    fc.double(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 3 }).map((object) => new Map(Object.entries(object))),
  ),
}));

void test('a value of the configuration and one of the wire have the same key', () => {
  fc.assert(
    fc.property(value, (one) => {
      const view = new AnyValueView();
      view.bind(encodeAnyValue(one));
      assert.equal(valueKey(view), jsValueKey(one));
    }),
    { seed: 61, numRuns: 300 },
  );
});
