import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnyValueView, type JsValue } from '../../../proto/otlp/any-value.ts';
import { encodeAnyValue } from '../../../proto/otlp/encode-value.ts';
import { valueText } from '../../../proto/otlp/value-text.ts';

const CASES: readonly (readonly [JsValue, string])[] = [
  [null, ''],
  ['text', 'text'],
  [true, 'true'],
  [-5n, '-5'],
  [1.5, '1.5'],
  [-0, '-0'],
  [1e21, '1e+21'],
  [1e-7, '1e-7'],
  [Number.NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [Uint8Array.of(1, 2, 255), 'AQL/'],
  [[1n, 'a<b>', null, Uint8Array.of(1)], '[1,"a<b>",null,"AQ=="]'],
  // Empty bytes are nil in Go, which shows within lists and maps.
  [new Uint8Array(0), ''],
  [[new Uint8Array(0)], '[null]'],
  [
    new Map<string, JsValue>([
      ['b', 1n],
      ['a', [true, '\u2028']],
    ]),
    String.raw`{"a":[true,"\u2028"],"b":1}`,
  ],
  // What JSON can not say makes the whole value empty.
  [[1n, Number.NaN], ''],
];

void test('values as text, as the collector has them', () => {
  const view = new AnyValueView();
  for (const [value, expected] of CASES) {
    view.bind(encodeAnyValue(value));
    assert.equal(valueText(view), expected);
  }
});
